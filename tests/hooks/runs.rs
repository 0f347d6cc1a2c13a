//! Which run is meant: Flagger's payloads name none, and a verdict must never outlive the run it was found in.

use crate::policy::{HOME, SERVICE, one_region};
use crate::traffic::Traffic;
use crate::world::{NEW, World, status_of};
use haldane_core::state::Stage;
use haldane_core::time::{Span, Timestamp};
use haldane_flagger_model::HookKind::{ConfirmRollout, ConfirmTrafficIncrease, Event, Rollback, Rollout};
use haldane_flagger_model::Phase::{self, Failed, Initialized, Progressing, Succeeded};
use haldane_flagger_model::{Health, Webhook};

/// A world whose run at 5 % has been convicted; Flagger has not asked yet.
async fn convicted() -> World {
    let mut world = World::start(one_region()).await;
    world.climb_to(5).await;
    world.home().traffic = Traffic::Sick;
    world.poll_until("rollback").await;
    world.home().traffic = Traffic::Healthy;
    world
}

#[tokio::test]
async fn the_old_runs_verdict_does_not_answer_the_rollback_hook_of_a_new_revision() {
    let mut world = convicted().await;
    let old = world.rollout();
    world.deploy("2.0.1");
    let report = world.tick().await;
    assert!(report.has_event("New revision detected! Restarting analysis for api.fnp"));
    assert_eq!(world.effect().weight, 0);
    let new = world.rollout();
    assert!(new.id != old.id && new.breach.is_none() && new.stage == Stage::Admitted, "{new:?}");
    world.advance(Span::from_s(10));
    world.tick().await;
    world.advance(Span::from_s(10));
    let report = world.tick().await;
    assert_eq!(status_of(&report, Rollback), Some(403));
    assert_eq!((world.effect().phase, world.effect().failed_checks), (Progressing, 0));
    let ended = world.store().rollout(&old.id.0).await.unwrap().unwrap();
    assert_eq!(ended.outcome.as_deref(), Some("superseded"));
}

#[tokio::test]
async fn a_new_revision_whose_event_was_lost_is_known_by_its_checksum() {
    let mut world = convicted().await;
    let old = world.rollout();
    let all = world.webhooks(HOME);
    let mut deaf = all.clone();
    deaf.retain(|h| h.kind != Event);
    world.home().flagger.edit(|spec| spec.webhooks = deaf);
    world.deploy("2.0.1");
    let report = world.tick().await;
    assert!(report.has_event("New revision detected! Restarting analysis for api.fnp"));
    assert_eq!(world.rollout().id, old.id, "nobody has said so");
    world.home().flagger.edit(|spec| {
        spec.ready_after_ticks = 0;
        spec.webhooks = all;
    });
    world.advance(Span::from_s(10));
    for _ in 0..2 {
        let report = world.tick().await;
        assert_ne!(status_of(&report, Rollback), Some(200));
        assert_eq!((world.effect().weight, world.effect().failed_checks), (0, 0));
        assert_eq!(world.effect().phase, Progressing);
    }
    let new = world.rollout();
    assert!(new.id != old.id && new.breach.is_none(), "{new:?}");
    assert_eq!(new.stage, Stage::Admitted, "Flagger said that it starts");
    let ended = world.store().rollout(&old.id.0).await.unwrap().unwrap();
    assert_eq!(ended.outcome.as_deref(), Some("superseded"));
}

#[tokio::test]
async fn a_permission_dies_with_the_run_it_was_given_in() {
    let mut world = World::start(one_region()).await;
    world.climb_to(5).await;
    world.poll_until("advance").await;
    assert_eq!(world.ask("confirm-traffic-increase").await.status, 200);
    world.deploy("2.0.1");
    world.tick().await;
    assert_eq!(world.effect().weight, 0);
    assert_eq!(world.rollout().permission, None);
    for _ in 0..3 {
        world.advance(Span::from_s(10));
        world.tick().await;
        assert_eq!(world.effect().weight, 0, "the new run's preflight has not passed");
    }
    world.climb_to(5).await;
}

#[tokio::test]
async fn a_restarted_run_goes_its_whole_way_under_its_own_name() {
    let mut world = World::start(one_region()).await;
    world.climb_to(50).await;
    let old = world.rollout();
    world.home().flagger.deploy("2.0.1");
    for _ in 0..60 {
        world.round().await;
        if world.effect().phase == Succeeded {
            break;
        }
    }
    assert_eq!(world.effect().phase, Succeeded);
    assert!(matches!(world.stage(), Stage::Promoted { .. }) && world.rollout().id != old.id);
    let outcomes: Vec<_> = world.rollouts_stored().await.into_iter().map(|r| r.outcome).collect();
    assert_eq!(outcomes, [Some("promoted".to_owned()), Some("superseded".to_owned())]);
}

#[tokio::test]
async fn confirm_rollout_says_that_no_run_is_under_way_and_the_open_ones_orders_die() {
    for phase in [Initialized, Succeeded, Failed] {
        let mut world = convicted().await;
        let old = world.rollout();
        let checksum = world.home().flagger.status().checksum();
        let payload = serde_json::json!({
            "name": "api", "namespace": "fnp", "phase": phase.name(), "checksum": checksum,
            "metadata": {"release": NEW},
        });
        world.advance(Span::from_s(10));
        let reply = world.post("/hooks/us-east/confirm-rollout", payload.to_string()).await;
        assert_eq!(reply.status, 200, "{phase}");
        let ended = world.store().rollout(&old.id.0).await.unwrap().unwrap();
        assert_eq!(ended.outcome.as_deref(), Some("unknown"), "{phase}");
        assert!(ended.closed.is_some());
        let new = world.rollout();
        assert!(new.id != old.id && new.breach.is_none() && new.permission.is_none(), "{phase}");
        assert_eq!(world.ask("rollback").await.status, 403, "{phase}");
    }
}

#[tokio::test]
async fn a_run_never_heard_of_is_opened_at_an_unknown_step_and_holds_for_a_named_reason() {
    let mut world = World::start(one_region()).await;
    let all = world.webhooks(HOME);
    world.home().flagger.edit(|spec| spec.webhooks.clear());
    world.deploy(NEW);
    while world.effect().weight < 50 {
        world.tick().await;
    }
    world.home().flagger.edit(|spec| spec.webhooks = all);
    world.tick().await;
    assert_eq!((world.stage(), world.effect().weight), (Stage::Unknown, 50));
    for _ in 0..5 {
        world.healthy_poll().await;
        let report = world.tick().await;
        assert_eq!(status_of(&report, Rollback), Some(403));
        assert_eq!(status_of(&report, Rollout), Some(200));
        assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(403));
        assert_eq!((world.effect().weight, world.effect().failed_checks), (50, 0));
    }
    let reply = world.ask("confirm-traffic-increase").await;
    assert!(reply.body.starts_with("hold: nobody has said which step this run is in"), "{}", reply.body);
    // Once somebody says it, the run is judged like any other.
    world.tell_in(HOME, "Advance api.fnp canary weight 50").await;
    world.climb_to(100).await;
}

#[tokio::test]
async fn a_weight_that_is_no_step_of_the_policy_is_held_by_name() {
    let mut world = World::start(one_region()).await;
    world.home().flagger.edit(|spec| spec.step_weights = vec![20, 100]);
    world.climb_to(20).await;
    for _ in 0..6 {
        world.round().await;
    }
    assert_eq!((world.effect().weight, world.effect().failed_checks), (20, 0));
    let reply = world.ask("confirm-traffic-increase").await;
    assert_eq!(reply.body, "hold: weight 20 % is no step of the policy");
}

#[tokio::test]
async fn the_same_spec_tried_again_is_another_run() {
    let mut world = convicted().await;
    let first = world.rollout();
    world.tick().await;
    assert_eq!(world.effect().phase, Failed);
    let since = world.clock.now();
    assert_eq!(world.stage(), Stage::RolledBack { since, ours: true });
    world.advance(Span::from_s(10));
    // Back to the old version and forward again: the same release, the same checksum.
    let flagger = world.flagger(HOME);
    world.home().flagger = flagger;
    world.deploy(NEW);
    let report = world.tick().await;
    assert_eq!(status_of(&report, ConfirmRollout), Some(200));
    let second = world.rollout();
    assert!(first.id != second.id && second.release == first.release && second.breach.is_none());
    world.climb_to(5).await;
    assert_eq!(world.rollout().id, second.id);
}

#[tokio::test]
async fn a_failed_promotion_is_its_own_outcome_and_no_rollback() {
    let mut world = World::start(one_region()).await;
    world.until_phase(HOME, Phase::Promoting).await;
    world.home().flagger.cluster().set_primary_health(Health::Stuck);
    world.tick().await;
    assert_eq!((world.effect().phase, world.effect().weight), (Failed, 100));
    let since = world.clock.now();
    assert_eq!(world.stage(), Stage::FailedPromotion { since });
    let stored = world.rollouts_stored().await;
    assert_eq!(stored[0].outcome.as_deref(), Some("failed-promotion"));
    let page = world.get("/").await.body;
    assert!(
        page.contains("serves the NEW version with all traffic") && !page.contains("rolled back"),
        "{page}"
    );
}

#[tokio::test]
async fn a_failed_promotion_is_no_rollback_either_when_the_event_of_its_beginning_was_lost() {
    let mut world = World::start(one_region()).await;
    world.climb_to(100).await;
    world.poll_until("advance").await;
    let all = world.webhooks(HOME);
    let mut deaf = all.clone();
    deaf.retain(|h| h.kind != Event);
    world.home().flagger.edit(|spec| spec.webhooks = deaf);
    world.tick().await;
    assert_eq!(world.effect().phase, Phase::Promoting);
    world.home().flagger.edit(|spec| spec.webhooks = all);
    world.home().flagger.cluster().set_primary_health(Health::Stuck);
    world.tick().await;
    assert_eq!((world.effect().phase, world.effect().weight), (Failed, 100));
    let since = world.clock.now();
    assert_eq!(world.stage(), Stage::FailedPromotion { since });
}

#[tokio::test]
async fn post_rollout_alone_ends_a_run_whose_events_were_lost() {
    let mut world = World::start(one_region()).await;
    world.until_phase(HOME, Phase::Promoting).await;
    let mut deaf = world.webhooks(HOME);
    deaf.retain(|h| h.kind != Event);
    world.home().flagger.edit(|spec| spec.webhooks = deaf);
    world.until_phase(HOME, Succeeded).await;
    assert!(matches!(world.stage(), Stage::Promoted { .. }));
}

#[tokio::test]
async fn hooks_of_a_service_that_ended_open_nothing_by_themselves() {
    let mut world = World::start(one_region()).await;
    world.until_phase(HOME, Succeeded).await;
    let facts = world.store().facts(SERVICE, 0).await.unwrap().len();
    for _ in 0..3 {
        world.advance(Span::from_s(10));
        world.tick().await;
    }
    assert_eq!(world.tell_in(HOME, "Promotion completed! Scaling down api.fnp").await.status, 200);
    assert_eq!(world.ask("post-rollout").await.status, 200);
    assert_eq!(world.store().facts(SERVICE, 0).await.unwrap().len(), facts);
    assert_eq!(world.rollouts_stored().await.len(), 1);
}

#[tokio::test]
async fn a_flagger_without_the_rollback_hook_is_held_and_not_rolled_back() {
    let mut world = convicted().await;
    let cti = format!("{}/hooks/{HOME}/confirm-traffic-increase", world.base());
    let hooks = vec![Webhook::new(ConfirmTrafficIncrease, cti)];
    world.home().flagger.edit(|spec| spec.webhooks = hooks);
    for _ in 0..3 {
        world.round().await;
        assert_eq!((world.effect().weight, world.effect().phase), (5, Progressing));
    }
}

/// An event as Flagger writes it, in the state's terms: what was said, and when.
async fn said(world: &World, message: &str, at: Timestamp) {
    let timestamp = at.as_us().div_euclid(1000).to_string();
    let body = serde_json::json!({
        "name": "api", "namespace": "fnp", "phase": "Succeeded",
        "metadata": {"eventMessage": message, "eventType": "Normal", "timestamp": timestamp},
    });
    assert_eq!(world.post(&format!("/hooks/{HOME}/event"), body.to_string()).await.status, 200);
}

#[tokio::test]
async fn the_late_end_of_an_earlier_run_does_not_promote_the_one_that_has_just_begun() {
    let mut world = World::start(one_region()).await;
    world.climb_to(5).await;
    let (end, weight) = (world.clock.now(), "Advance api.fnp canary weight 50");
    said(&world, "Canary failed! Scaling down api.fnp", end).await;
    assert!(matches!(world.stage(), Stage::RolledBack { .. }), "{:?}", world.stage());
    let flagger = world.flagger(HOME);
    world.home().flagger = flagger;
    world.advance(Span::from_s(10));
    assert_eq!(world.ask("confirm-rollout").await.status, 200);
    let (new, stage) = (world.rollout().id, world.stage());
    for (message, when) in [
        ("Canary failed! Scaling down api.fnp", end),
        ("Promotion completed! Scaling down api.fnp", end + Span::from_s(1)),
        (weight, end - Span::from_s(1)),
    ] {
        said(&world, message, when).await;
        assert_eq!((world.rollout().id, world.stage()), (new.clone(), stage), "{message}");
    }
}

#[tokio::test]
async fn an_event_from_the_future_makes_no_later_event_late() {
    let mut world = World::start(one_region()).await;
    world.climb_to(5).await;
    let now = world.clock.now();
    said(&world, "Advance api.fnp canary weight 50", now + Span::from_min(600)).await;
    assert!(matches!(world.stage(), Stage::Step { index: 1, .. }), "{:?}", world.stage());
    said(&world, "Canary failed! Scaling down api.fnp", now + Span::from_s(1)).await;
    assert!(matches!(world.stage(), Stage::RolledBack { .. }), "{:?}", world.stage());
}
