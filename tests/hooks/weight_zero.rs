//! Before the first traffic: the preflight, and hooks that Flagger repeats on every tick there.

use crate::policy::{HOME, one_region};
use crate::traffic::Traffic;
use crate::world::{NEW, World, status_of};
use haldane_core::state::Stage;
use haldane_core::time::Span;
use haldane_flagger_model::HookKind::{ConfirmRollout, ConfirmTrafficIncrease, Event, PreRollout};
use haldane_flagger_model::Phase::{Progressing, Waiting};
use haldane_flagger_model::Webhook;

#[tokio::test]
async fn the_first_traffic_waits_for_every_query_and_pre_rollout_never_does() {
    let mut world = World::start(one_region()).await;
    world.admit().await;
    for _ in 0..3 {
        let report = world.tick().await;
        assert_eq!(status_of(&report, PreRollout), Some(200));
        assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(403));
        world.advance(Span::from_s(10));
    }
    world.silent_poll().await;
    let report = world.tick().await;
    assert_eq!(status_of(&report, PreRollout), Some(200));
    assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(403));
    let reply = world.ask("confirm-traffic-increase").await;
    assert!(reply.body.contains("10.0.0.1:9797 cannot be reached"), "{}", reply.body);
    assert_eq!((world.effect().weight, world.effect().failed_checks), (0, 0));
    world.healthy_poll().await;
    world.tick().await;
    assert_eq!(world.effect().weight, 5);
}

#[tokio::test]
async fn a_query_that_answered_once_and_is_silent_again_holds_the_first_traffic() {
    let mut world = World::start(one_region()).await;
    world.admit().await;
    world.tick().await;
    world.healthy_poll().await;
    world.silent_poll().await;
    world.tick().await;
    assert_eq!(world.effect().weight, 0);
}

#[tokio::test]
async fn the_first_traffic_waits_for_the_event_hook_to_be_heard() {
    let mut world = World::start(one_region()).await;
    let mut deaf = world.webhooks(HOME);
    deaf.retain(|h| h.kind != Event);
    world.home().flagger.edit(|spec| spec.webhooks = deaf);
    world.admit().await;
    for _ in 0..3 {
        world.round().await;
    }
    assert_eq!((world.effect().weight, world.effect().failed_checks), (0, 0));
    let reply = world.ask("confirm-traffic-increase").await;
    assert!(reply.body.contains("the event hook has not been heard"), "{}", reply.body);
    let all = world.webhooks(HOME);
    world.home().flagger.edit(|spec| spec.webhooks = all);
    world.round().await;
    assert_eq!(world.effect().weight, 5);
}

#[tokio::test]
async fn a_lost_yes_to_confirm_rollout_is_given_again_though_no_canary_pod_has_answered_yet() {
    let mut world = World::start(one_region()).await;
    world.deploy(NEW);
    assert_eq!(world.ask("confirm-rollout").await.status, 200);
    assert_eq!(world.stage(), Stage::Admitted);
    let id = world.rollout().id;
    // Flagger never got that answer: the canary still has no pods, and only another yes will give it some.
    world.home().traffic = Traffic::Silent;
    world.poll().await;
    let report = world.tick().await;
    assert_eq!(status_of(&report, ConfirmRollout), Some(200));
    assert_eq!(world.effect().phase, Progressing);
    assert_eq!(world.rollout().id, id, "it is the same run");
    assert_eq!(world.rollouts_stored().await.len(), 1);
}

#[tokio::test]
async fn a_manual_gate_beside_ours_can_wait_as_long_as_it_likes() {
    let mut world = World::start(one_region()).await;
    let mut hooks = world.webhooks(HOME);
    hooks.push(Webhook::new(ConfirmRollout, format!("{}/gate/check", world.base())));
    world.home().flagger.edit(|spec| spec.webhooks = hooks);
    world.deploy(NEW);
    for _ in 0..5 {
        world.silent_poll().await;
        world.tick().await;
        assert_eq!(world.effect().phase, Waiting);
    }
    let canary = r#"{"name":"api","namespace":"fnp"}"#;
    assert_eq!(world.post("/gate/open", canary).await.status, 202);
    world.tick().await;
    assert_eq!(world.effect().phase, Progressing);
    world.home().traffic = Traffic::Healthy;
    world.climb_to(5).await;
}

#[tokio::test]
async fn a_lost_yes_to_confirm_rollout_is_not_given_again_once_another_region_is_in_trouble() {
    let mut world = World::start(crate::policy::side_by_side()).await;
    world.climb_in(crate::policy::AWAY, 5).await;
    assert_eq!(world.ask("confirm-rollout").await.status, 200);
    world.place(crate::policy::AWAY).traffic = Traffic::Sick;
    world.poll_until_in(crate::policy::AWAY, "rollback").await;
    world.deploy(NEW);
    let report = world.tick().await;
    assert_eq!(status_of(&report, ConfirmRollout), Some(403));
    assert_eq!(world.effect().phase, Waiting);
}
