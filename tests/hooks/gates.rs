//! `/gate/*` and `/rollback/*`, row by row as flagger-loadtester 0.38 answers them, and what Flagger makes of it.

use crate::policy::{HOME, one_region};
use crate::world::{NEW, World, status_of};
use haldane_flagger_model::HookKind::{ConfirmRollout, PostRollout, Rollback};
use haldane_flagger_model::Phase::{Failed, Progressing, Waiting};
use haldane_flagger_model::Webhook;
use reqwest::Method;

const API: &str = r#"{"name":"api","namespace":"fnp","phase":"Progressing","metadata":{"any":"thing"}}"#;
const WEB: &str = r#"{"name":"web","namespace":"fnp"}"#;

impl World {
    async fn gate(&self, path: &str, body: &str) -> (u16, String) {
        let reply = self.post(path, body.to_owned()).await;
        (reply.status, reply.body)
    }
}

fn said(status: u16, body: &str) -> (u16, String) {
    (status, body.to_owned())
}

#[tokio::test]
async fn approve_and_halt_ignore_the_body() {
    let world = World::start(one_region()).await;
    for body in [API, "", "{"] {
        assert_eq!(world.gate("/gate/approve", body).await, said(200, "OK"));
        assert_eq!(world.gate("/gate/halt", body).await, said(403, "Forbidden"));
    }
}

#[tokio::test]
async fn a_gate_is_closed_until_it_is_opened_and_open_until_it_is_closed() {
    let world = World::start(one_region()).await;
    for _ in 0..2 {
        assert_eq!(world.gate("/gate/check", API).await, said(403, "Forbidden"));
        assert_eq!(world.gate("/gate/open", API).await, said(202, ""));
        assert_eq!(world.gate("/gate/open", API).await, said(202, ""));
        for _ in 0..3 {
            assert_eq!(world.gate("/gate/check", API).await, said(200, "Approved"));
        }
        assert_eq!(world.gate("/gate/check", WEB).await, said(403, "Forbidden"));
        assert_eq!(world.gate("/gate/close", API).await, said(202, ""));
        assert_eq!(world.gate("/gate/close", API).await, said(202, ""));
    }
}

#[tokio::test]
async fn rollback_gates_are_closed_until_opened_and_are_not_the_other_gates() {
    let world = World::start(one_region()).await;
    assert_eq!(world.gate("/rollback/check", API).await, said(403, "Forbidden"));
    assert_eq!(world.gate("/gate/open", API).await, said(202, ""));
    assert_eq!(world.gate("/rollback/check", API).await, said(403, "Forbidden"));
    assert_eq!(world.gate("/rollback/open", API).await, said(202, ""));
    assert_eq!(world.gate("/gate/close", API).await, said(202, ""));
    assert_eq!(world.gate("/rollback/check", API).await, said(200, "Approved"));
    assert_eq!(world.gate("/rollback/check", WEB).await, said(403, "Forbidden"));
    assert_eq!(world.gate("/rollback/close", API).await, said(202, ""));
    assert_eq!(world.gate("/rollback/check", API).await, said(403, "Forbidden"));
}

/// In the loadtester a Canary named "rollback.api" could open the rollback gate of "api".
#[tokio::test]
async fn no_name_reaches_anothers_rollback_gate() {
    let world = World::start(one_region()).await;
    world.gate("/gate/open", r#"{"name":"rollback.api","namespace":"fnp"}"#).await;
    assert_eq!(world.gate("/rollback/check", API).await, said(403, "Forbidden"));
}

#[tokio::test]
async fn a_body_that_names_no_canary_is_a_400_without_a_body() {
    let world = World::start(one_region()).await;
    for path in
        ["/gate/check", "/gate/open", "/gate/close", "/rollback/check", "/rollback/open", "/rollback/close"]
    {
        for body in ["", "{", "null", r#"{"name":"api"}"#] {
            assert_eq!(world.gate(path, body).await, said(400, ""), "{path} {body}");
        }
        let long = format!("{{\"name\":\"{}\"}}", "x".repeat(70_000));
        assert_eq!(world.gate(path, &long).await, said(400, ""), "{path}");
    }
}

#[tokio::test]
async fn any_method_will_do() {
    let world = World::start(one_region()).await;
    for method in [Method::GET, Method::PUT, Method::POST, Method::DELETE] {
        let of = |path: &'static str| world.send(method.clone(), path, API);
        assert_eq!(of("/gate/check").await.status, 403, "{method}");
        assert_eq!(of("/gate/open").await.status, 202, "{method}");
        assert_eq!(of("/gate/check").await.status, 200, "{method}");
        assert_eq!(of("/gate/close").await.status, 202, "{method}");
        assert_eq!(of("/gate/approve").await.status, 200, "{method}");
        assert_eq!(of("/rollback/check").await.status, 403, "{method}");
    }
}

#[tokio::test]
async fn other_actions_are_not_there() {
    let world = World::start(one_region()).await;
    for path in ["/gate/toggle", "/gate/", "/rollback/approve", "/rollback/halt"] {
        assert_eq!(world.gate(path, API).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn flagger_waits_at_a_closed_gate_starts_at_an_open_one_and_closes_it_at_the_end() {
    let mut world = World::start(one_region()).await;
    let base = world.base();
    let hooks = vec![
        Webhook::new(ConfirmRollout, format!("{base}/gate/check")),
        Webhook::new(Rollback, format!("{base}/rollback/check")),
        Webhook::new(PostRollout, format!("{base}/gate/close")),
    ];
    world.home().flagger.edit(|spec| spec.webhooks = hooks);
    world.deploy(NEW);
    world.tick().await;
    assert_eq!(world.effect().phase, Waiting);
    world.gate("/gate/open", API).await;
    world.tick().await;
    world.tick().await;
    let report = world.tick().await;
    assert_eq!(status_of(&report, Rollback), Some(403));
    assert_eq!((world.effect().weight, world.effect().phase), (5, Progressing));
    world.gate("/rollback/open", API).await;
    let report = world.tick().await;
    assert_eq!(status_of(&report, Rollback), Some(200));
    assert_eq!(status_of(&report, PostRollout), Some(202));
    assert_eq!((world.effect().weight, world.effect().phase), (0, Failed));
    assert_eq!(world.gate("/gate/check", API).await, said(403, "Forbidden"));
    assert!(world.rollout_in(HOME).is_none(), "manual gates are nobody's rollout");
}

#[tokio::test]
async fn gates_are_closed_again_after_a_restart() {
    let mut world = World::start(one_region()).await;
    world.gate("/gate/open", API).await;
    world.stop_haldane().await;
    world.start_haldane().await;
    assert_eq!(world.gate("/gate/check", API).await, said(403, "Forbidden"));
}
