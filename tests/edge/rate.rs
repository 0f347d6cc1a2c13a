//! Too many calls: what is not read neither advances, nor rolls back, nor costs a failed check.

use crate::keys::{AWAY_SECRET, HOME_SECRET, Keyed, With};
use crate::policy::{AWAY, HOME, SERVICE, in_mode, side_by_side};
use crate::traffic::Traffic;
use crate::world::{Effect, World, status_of};
use haldane::http::{Edge, Limits};
use haldane_core::policy::{Policy, Sources};
use haldane_core::time::Span;
use haldane_flagger_model::{HookKind, Phase, Webhook};

const API: &str = r#"{"name":"api","namespace":"fnp"}"#;

/// Every hook that asks, and every hook that tells, is over its budget; it takes a second to earn the next call.
async fn spent(keyed: &Keyed, region: &str, secret: &str) {
    for hook in ["rollback", "event"] {
        let ask = || keyed.call(&format!("/hooks/{region}/{hook}"), API).basic_auth("x", Some(secret));
        let mut calls = 0;
        while !ask().send().await.unwrap().text().await.unwrap().contains("too many calls") {
            calls += 1;
            assert!(calls < 100, "{hook} has no limit");
        }
    }
}

fn slow() -> Limits {
    Limits { calls_per_s: 1, ..Limits::default() }
}

/// At 5 % with this decision, having had no reason to run out of calls.
async fn at_five(policy: (Policy, Sources), traffic: Traffic, decision: &str) -> Keyed {
    let mut keyed = Keyed::with(slow(), policy).await;
    keyed.world.climb_to(5).await;
    keyed.world.home().traffic = traffic;
    keyed.world.poll_until(decision).await;
    keyed
}

/// One tick with every hook of these; all over budget.
async fn tick_over_budget(keyed: &mut Keyed, kinds: &[HookKind]) -> Vec<Option<u16>> {
    keyed.present(HOME, With::UserInfo(HOME_SECRET));
    keyed.world.home().flagger.edit(|spec| spec.webhooks.retain(|h| kinds.contains(&h.kind)));
    spent(keyed, HOME, HOME_SECRET).await;
    let report = keyed.world.tick().await;
    kinds.iter().map(|kind| status_of(&report, *kind)).collect()
}

#[tokio::test]
async fn a_call_too_many_does_not_advance_what_may_advance() {
    let mut keyed = at_five(side_by_side(), Traffic::Healthy, "advance").await;
    let (before, facts) = (keyed.world.effect(), keyed.held().await.0);
    let kinds = [HookKind::Rollback, HookKind::Rollout, HookKind::ConfirmTrafficIncrease, HookKind::Event];
    let statuses = tick_over_budget(&mut keyed, &kinds).await;
    assert_eq!(statuses, [Some(403), Some(200), Some(403), Some(200)]);
    assert_eq!(keyed.world.effect(), before);
    assert_eq!(keyed.held().await.0, facts, "nothing was told");
    keyed.world.advance(Span::from_s(10));
    keyed.world.tick().await;
    assert_eq!(keyed.world.effect(), Effect { weight: 50, ..before }, "the next tick goes on");
}

#[tokio::test]
async fn a_call_too_many_rolls_nothing_back_and_costs_no_check_until_there_is_budget_again() {
    let mut keyed = at_five(side_by_side(), Traffic::Sick, "rollback").await;
    let before = keyed.world.effect();
    let kinds = [HookKind::Rollback, HookKind::Rollout, HookKind::ConfirmTrafficIncrease];
    let statuses = tick_over_budget(&mut keyed, &kinds).await;
    assert_eq!(statuses, [Some(403), Some(200), Some(403)]);
    assert_eq!(keyed.world.effect(), before);
    keyed.world.advance(Span::from_s(10));
    keyed.world.tick().await;
    assert_eq!(keyed.world.effect().phase, Phase::Failed, "the breach was not forgotten");
}

#[tokio::test]
async fn a_call_too_many_starts_no_rollout_and_costs_no_check_at_weight_zero() {
    let mut keyed = Keyed::with(slow(), side_by_side()).await;
    keyed.world.deploy("2.0.0");
    let statuses = tick_over_budget(&mut keyed, &[HookKind::ConfirmRollout]).await;
    assert_eq!(statuses, [Some(403)]);
    assert_eq!(keyed.world.effect(), Effect { weight: 0, failed_checks: 0, phase: Phase::Waiting });
    keyed.world.advance(Span::from_s(10));
    keyed.world.tick().await;
    keyed.world.tick().await;
    let statuses =
        tick_over_budget(&mut keyed, &[HookKind::PreRollout, HookKind::ConfirmTrafficIncrease]).await;
    assert_eq!(statuses, [Some(200), Some(403)]);
    assert_eq!(keyed.world.effect(), Effect { weight: 0, failed_checks: 0, phase: Phase::Progressing });
}

#[tokio::test]
async fn a_call_too_many_does_not_promote() {
    let mut keyed = Keyed::with(slow(), side_by_side()).await;
    keyed.world.climb_to(100).await;
    keyed.world.poll_until("advance").await;
    let halt = Webhook::new(HookKind::ConfirmRollout, "http://127.0.0.1:9/");
    keyed.world.home().flagger.edit(|spec| spec.webhooks.push(halt));
    assert_eq!(tick_over_budget(&mut keyed, &[HookKind::ConfirmPromotion]).await, [Some(403)]);
    let effect = Effect { weight: 100, failed_checks: 0, phase: Phase::WaitingPromotion };
    assert_eq!(keyed.world.effect(), effect);
}

#[tokio::test]
async fn in_shadow_mode_a_call_too_many_holds_nothing() {
    let (mut policy, sources) = in_mode("shadow");
    policy.service = SERVICE.to_owned();
    let mut keyed = at_five((policy, sources), Traffic::Sick, "rollback").await;
    let kinds = [HookKind::Rollback, HookKind::ConfirmTrafficIncrease];
    assert_eq!(tick_over_budget(&mut keyed, &kinds).await, [Some(403), Some(200)]);
    assert_eq!(keyed.world.effect().weight, 50);
}

#[tokio::test]
async fn one_regions_calls_are_not_anothers_and_questions_do_not_drown_events() {
    let keyed = Keyed::with(slow(), side_by_side()).await;
    let line = async |region: &str, hook: &str, secret: &str| {
        let call = keyed.call(&format!("/hooks/{region}/{hook}"), API).basic_auth("x", Some(secret));
        call.send().await.unwrap().text().await.unwrap()
    };
    while !line(HOME, "rollback", HOME_SECRET).await.contains("too many calls") {}
    assert!(!line(HOME, "event", HOME_SECRET).await.contains("too many"));
    assert!(!line(AWAY, "rollback", AWAY_SECRET).await.contains("too many"));
    let told = line(HOME, "confirm-promotion", HOME_SECRET).await;
    assert_eq!(told, "hold: too many calls from us-east, this one was not read");
    let page = keyed.world.get("/metrics").await.body;
    let counted = r#"haldane_hook_over_rate_total{region="us-east",hook="rollback"} 1"#;
    assert!(page.contains(counted), "{page}");
}

#[tokio::test]
async fn without_credentials_the_peers_address_has_the_budget() {
    let edge = |_: &_| Edge { limits: slow(), ..Edge::default() };
    let world = World::behind(edge, side_by_side()).await;
    let mut said = String::new();
    for _ in 0..11 {
        said = world.post("/hooks/us-east/rollback", API).await.body;
    }
    assert_eq!(said, "hold: too many calls from 127.0.0.1, this one was not read");
    assert!(world.post("/hooks/eu-central/rollback", API).await.body.contains("too many"));
}

#[tokio::test]
async fn fifty_canaries_that_tick_at_once_are_all_read() {
    let keyed = Keyed::start().await;
    for _ in 0..50 {
        for hook in ["rollback", "rollout", "confirm-traffic-increase", "event", "event", "event"] {
            let call = keyed.call(&format!("/hooks/us-east/{hook}"), API).basic_auth("x", Some(HOME_SECRET));
            let said = call.send().await.unwrap().text().await.unwrap();
            assert!(!said.contains("too many"), "{hook}");
        }
    }
}
