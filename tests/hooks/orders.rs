//! A person's orders, by their effect on Flagger: weight, failed checks, phase.

use crate::policy::{HOME, in_mode, one_region};
use crate::traffic::Traffic;
use crate::world::{NEW, Reply, World};
use haldane::http::Edge;
use haldane::report::replay::replay;
use haldane::secrets::SecretDir;
use haldane_core::policy::{Policy, Sources};
use haldane_core::state::Stage;
use haldane_core::time::Span;
use haldane_flagger_model::Phase::{Failed, Progressing, Succeeded};
use haldane_store::StoredFact;
use serde_json::{Value, json};
use std::fs;

pub(crate) const TOKEN: &str = "ann-0123456789abcdef";

/// A world whose service takes ann's orders.
pub(crate) async fn taking_orders(mode: &str) -> (World, tempfile::TempDir) {
    taking_orders_of(in_mode(mode)).await
}

/// The same with this policy.
pub(crate) async fn taking_orders_of(policy: (Policy, Sources)) -> (World, tempfile::TempDir) {
    let tokens = tempfile::tempdir().unwrap();
    fs::write(tokens.path().join("ann"), TOKEN).unwrap();
    let place = tokens.path().to_owned();
    let edge = move |clock: &haldane_clock::Clock| Edge {
        operators: Some(SecretDir::open(&place, clock.clone()).unwrap()),
        ..Edge::default()
    };
    (World::behind(edge, policy).await, tokens)
}

impl World {
    async fn order_as(&self, bearer: Option<&str>, id: &str, body: String) -> Reply {
        let mut call = self.http.post(format!("{}/api/v1/rollouts/{id}/orders", self.base())).body(body);
        if let Some(bearer) = bearer {
            call = call.bearer_auth(bearer);
        }
        let response = call.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Reply { status, headers, body: response.text().await.unwrap() }
    }

    async fn order_of(&self, id: &str, order: &str, weight: Option<u32>) -> Reply {
        let mut body = json!({"order": order, "reason": "because <b>ann</b> says so"});
        if let Some(weight) = weight {
            body["weight"] = json!(weight);
        }
        self.order_as(Some(TOKEN), id, body.to_string()).await
    }

    async fn order(&self, order: &str, weight: Option<u32>) -> Reply {
        self.order_of(&self.rollout().id.0, order, weight).await
    }

    async fn facts(&self) -> Vec<StoredFact> {
        self.store().facts(crate::policy::SERVICE, 0).await.unwrap()
    }
}

fn told(reply: &Reply) -> String {
    let value: Value = serde_json::from_str(&reply.body).unwrap();
    value["error"].as_str().or(value["headline"].as_str()).unwrap().to_owned()
}

#[tokio::test]
async fn an_approval_lets_one_weight_pass_and_only_one_while_metrics_are_down() {
    let (mut world, _tokens) = taking_orders("enforce").await;
    world.climb_to(5).await;
    world.advance(Span::from_min(30));
    world.tick().await;
    assert_eq!(world.effect().weight, 5, "no look is fresh");
    let reply = world.order("approve", Some(5)).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(told(&reply), "us-east may leave 5 % for 50 %, approved by ann: because <b>ann</b> says so.");
    for _ in 0..5 {
        world.advance(Span::from_s(10));
        world.tick().await;
        assert_eq!((world.effect().weight, world.effect().failed_checks), (50, 0));
    }
    assert_eq!(world.order("approve", Some(5)).await.status, 409, "the weight has changed");
}

#[tokio::test]
async fn approved_at_zero_percent_a_run_gets_its_first_traffic_without_preflight() {
    let (mut world, _tokens) = taking_orders("enforce").await;
    world.admit().await;
    world.tick().await;
    assert_eq!(world.effect().weight, 0);
    assert_eq!(world.order("approve", Some(0)).await.status, 200);
    world.tick().await;
    assert_eq!(world.effect().weight, 5);
    world.tick().await;
    assert_eq!(world.effect().weight, 5);
}

#[tokio::test]
async fn a_hold_holds_what_evidence_would_let_go_on_until_it_is_resumed() {
    let (mut world, _tokens) = taking_orders("enforce").await;
    world.climb_to(5).await;
    assert_eq!(world.order("hold", None).await.status, 200);
    for _ in 0..20 {
        world.round().await;
        assert_eq!((world.effect().weight, world.effect().failed_checks), (5, 0));
    }
    assert_eq!(world.order("approve", Some(5)).await.status, 409, "resume first");
    assert_eq!(world.order("resume", None).await.status, 200);
    world.tick().await;
    assert_eq!(world.effect().weight, 50);
}

#[tokio::test]
async fn a_hold_does_not_keep_a_breach_from_rolling_back() {
    let (mut world, _tokens) = taking_orders("enforce").await;
    world.climb_to(5).await;
    world.order("hold", None).await;
    world.home().traffic = Traffic::Sick;
    world.poll_until("rollback").await;
    world.tick().await;
    assert_eq!((world.effect().weight, world.effect().phase), (0, Failed));
}

#[tokio::test]
async fn an_ordered_rollback_takes_one_tick_in_enforce_and_in_guard_also_with_the_source_dead() {
    for mode in ["enforce", "guard"] {
        let (mut world, _tokens) = taking_orders(mode).await;
        world.climb_to(50).await;
        world.advance(Span::from_min(30));
        assert_eq!(world.order("rollback", None).await.status, 200);
        world.tick().await;
        let effect = world.effect();
        assert_eq!((effect.weight, effect.failed_checks, effect.phase), (0, 0, Failed), "{mode}");
        assert!(matches!(world.stage(), Stage::RolledBackByOrder { .. }), "{mode}");
        let stored = world.rollouts_stored().await;
        assert_eq!(stored[0].outcome.as_deref(), Some("rolled-back-by-order"));
        assert_eq!(world.order("rollback", None).await.status, 409, "the run is over");
    }
}

#[tokio::test]
async fn in_shadow_mode_every_order_is_refused_and_nothing_comes_of_it() {
    let (mut world, _tokens) = taking_orders("shadow").await;
    world.climb_to(5).await;
    for (order, weight) in [("approve", Some(5)), ("hold", None), ("resume", None), ("rollback", None)] {
        let reply = world.order(order, weight).await;
        assert!(
            reply.status == 409 && told(&reply).contains("a policy on trial acts on nothing"),
            "{reply:?}"
        );
    }
    world.until_phase(HOME, Succeeded).await;
    assert_eq!(world.effect().failed_checks, 0);
}

#[tokio::test]
async fn an_order_for_an_old_run_is_refused_and_names_the_current_one() {
    let (mut world, _tokens) = taking_orders("enforce").await;
    world.climb_to(5).await;
    let old = world.rollout().id.0;
    world.home().flagger.deploy("3.0.0");
    world.round().await;
    let current = world.rollout().id.0;
    assert_ne!(old, current);
    let before = world.facts().await.len();
    for order in ["hold", "rollback"] {
        let reply = world.order_of(&old, order, None).await;
        assert!(reply.status == 409 && told(&reply).contains(&current), "{reply:?}");
    }
    assert_eq!(world.facts().await.len(), before);
    world.tick().await;
    assert_eq!(world.effect().phase, Progressing);
}

#[tokio::test]
async fn the_same_order_twice_is_one_fact_and_a_restart_keeps_it_and_replays() {
    let (mut world, _tokens) = taking_orders("enforce").await;
    world.climb_to(5).await;
    let first = world.order("hold", None).await;
    let facts = world.facts().await;
    let second = world.order("hold", None).await;
    assert_eq!((first.status, &first.body), (second.status, &second.body));
    assert_eq!(world.facts().await, facts);
    let (state, look) = (world.published().state.clone(), world.published().look.clone());
    world.stop_haldane().await;
    world.start_haldane().await;
    assert_eq!((&world.published().state, &world.published().look), (&state, &look));
    for _ in 0..8 {
        world.round().await;
        assert_eq!(world.effect().weight, 5, "held");
    }
    assert_eq!(world.order("rollback", None).await.status, 200);
    world.stop_haldane().await;
    world.start_haldane().await;
    world.tick().await;
    assert_eq!((world.effect().weight, world.effect().phase), (0, Failed), "no poll since the restart");
    let id = world.rollout().id.0;
    assert!(replay(world.store(), &id).await.unwrap().agrees());
    let page = world.get(&format!("/rollouts/{id}")).await.body;
    assert!(page.contains("ann ordered hold: because &#60;b&#62;ann&#60;/b&#62; says so"), "{page}");
    assert!(page.contains("was rolled back by order of ann") && !page.contains("<b>ann"), "{page}");
}

#[tokio::test]
async fn what_cannot_be_recorded_has_not_been_ordered() {
    let (mut world, _tokens) = taking_orders("enforce").await;
    world.climb_to(5).await;
    let aside = world.db().with_extension("aside");
    fs::rename(world.db(), &aside).unwrap();
    let reply = world.order("rollback", None).await;
    assert_eq!(reply.status, 503, "{}", reply.body);
    world.tick().await;
    assert_eq!((world.effect().weight, world.effect().phase), (5, Progressing));
    fs::rename(&aside, world.db()).unwrap();
    world.round().await;
    assert_eq!((world.effect().weight, world.effect().phase), (5, Progressing), "nor later");
    assert_eq!(world.order("rollback", None).await.status, 200);
    world.tick().await;
    assert_eq!(world.effect().phase, Failed);
}

#[tokio::test]
async fn whoever_has_no_token_orders_nothing_and_refusals_are_counted() {
    let (mut world, _tokens) = taking_orders("enforce").await;
    world.climb_to(5).await;
    let id = world.rollout().id.0;
    let hold = || json!({"order": "hold", "reason": "x"}).to_string();
    for bearer in [None, Some(""), Some("ann"), Some("ann-0123456789abcdeF")] {
        let reply = world.order_as(bearer, &id, hold()).await;
        assert!(reply.status == 401 && told(&reply).contains("no operator has this token"), "{reply:?}");
        assert_eq!(reply.headers["www-authenticate"], "Bearer");
    }
    let long = json!({"order": "hold", "reason": "x".repeat(5000)}).to_string();
    let bad = [
        (400, json!({"order": "hold", "reason": "x", "by": "bob"}).to_string()),
        (400, json!({"order": "hold", "weight": 5, "reason": "x"}).to_string()),
        (400, json!({"order": "approve", "reason": "x"}).to_string()),
        (400, json!({"order": "promote", "reason": "x"}).to_string()),
        (400, json!({"order": "hold", "reason": " "}).to_string()),
        (400, json!({"order": "hold", "reason": "a\nb"}).to_string()),
        (400, "hold".to_owned()),
        (413, long),
    ];
    for (status, body) in bad {
        let reply = world.order_as(Some(TOKEN), &id, body).await;
        assert!(reply.status == status && !told(&reply).is_empty(), "{reply:?}");
    }
    assert_eq!(world.order_of("fnp.api.mars.1", "hold", None).await.status, 404);
    assert!(world.rollout().orders.is_empty());
    let metrics = world.get("/metrics").await.body;
    assert!(metrics.contains("haldane_order_refusals_total{status=\"401\"} 4"), "{metrics}");
}

#[tokio::test]
async fn without_operator_tokens_no_order_is_taken() {
    let mut world = World::start(one_region()).await;
    world.deploy(NEW);
    world.tick().await;
    let reply = world.order("hold", None).await;
    assert!(
        reply.status == 403 && told(&reply).contains("start haldane with --operator-tokens"),
        "{reply:?}"
    );
}
