//! A yes is for one weight: a lost one is repeated, and none is good for the next step.

use crate::policy::{HOME, one_region};
use crate::world::{World, status_of};
use haldane_core::state::Stage;
use haldane_core::time::Span;
use haldane_flagger_model::HookKind::{ConfirmPromotion, ConfirmTrafficIncrease, Event, Rollback, Rollout};
use haldane_flagger_model::Phase::{Progressing, Promoting, Succeeded, WaitingPromotion};
use haldane_flagger_model::Webhook;

/// A world at `weight` whose next question would be answered yes.
async fn ready_at(weight: u32) -> World {
    let mut world = World::start(one_region()).await;
    world.climb_to(weight).await;
    world.poll_until("advance").await;
    world
}

#[tokio::test]
async fn after_the_weight_moved_the_next_question_is_held_until_the_new_window_was_observed() {
    let mut world = ready_at(5).await;
    let report = world.tick().await;
    assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(200));
    assert_eq!((world.effect().weight, world.rollout().permission), (50, None));
    for _ in 0..3 {
        let report = world.tick().await;
        assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(403));
        assert_eq!(world.effect().weight, 50);
        world.advance(Span::from_s(10));
    }
    world.climb_to(100).await;
    let since = world.clock.now();
    assert_eq!(world.stage(), Stage::Step { index: 2, since });
}

#[tokio::test]
async fn a_lost_yes_is_the_same_yes_again_and_skips_no_step() {
    let mut world = ready_at(5).await;
    for _ in 0..3 {
        // Flagger never gets these answers.
        assert_eq!(world.ask("confirm-traffic-increase").await.status, 200);
    }
    let given = world.rollout().permission.unwrap();
    assert_eq!(given.weight, 5);
    world.advance(Span::from_s(2));
    assert_eq!(world.ask("confirm-traffic-increase").await.status, 200);
    assert_eq!(world.rollout().permission, Some(given), "given once");
    let report = world.tick().await;
    assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(200));
    assert_eq!(world.effect().weight, 50);
    world.tick().await;
    assert_eq!(world.effect().weight, 50);
}

#[tokio::test]
async fn a_yes_lost_a_tick_ago_is_given_again_once_the_traffic_shows_that_nothing_moved() {
    for weight in [0, 5] {
        let mut world = if weight == 0 {
            let mut world = World::start(one_region()).await;
            world.admit().await;
            world.tick().await;
            world.poll_until("advance").await;
            world
        } else {
            ready_at(weight).await
        };
        assert_eq!(world.ask("confirm-traffic-increase").await.status, 200);
        world.advance(Span::from_s(10));
        let report = world.tick().await;
        assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(403));
        assert_eq!((world.effect().weight, world.effect().failed_checks), (weight, 0));
        world.poll().await;
        let report = world.tick().await;
        assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(200));
        assert!(world.effect().weight > weight);
    }
}

#[tokio::test]
async fn a_yes_asked_for_again_later_than_a_retry_without_any_event_is_held() {
    let mut world = ready_at(5).await;
    assert_eq!(world.ask("confirm-traffic-increase").await.status, 200);
    let deaf = vec![Webhook::new(
        ConfirmTrafficIncrease,
        format!("{}/hooks/{HOME}/confirm-traffic-increase", world.base()),
    )];
    world.home().flagger.edit(|spec| spec.webhooks = deaf);
    world.advance(Span::from_s(2));
    assert_eq!(world.ask("confirm-traffic-increase").await.status, 200);
    world.advance(Span::from_s(1));
    let report = world.tick().await;
    assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(403));
    assert_eq!((world.effect().weight, world.effect().failed_checks), (5, 0));
    let reply = world.ask("confirm-traffic-increase").await;
    assert!(reply.body.contains("no event says that it happened"), "{}", reply.body);
    world.tell_in(HOME, "Rollback hook rollback not signaling a rollback").await;
    world.tick().await;
    assert_eq!(world.effect().weight, 5, "an event that says nothing of the weight is no answer");
    world.tell_in(HOME, "Advance api.fnp canary weight 50").await;
    assert_eq!((world.rollout().weight(), world.rollout().permission), (Some(50), None));
}

/// The one event that says where the weight went is lost, as when Haldane restarts in that very second; the events of
/// later ticks arrive, but tell nothing of it.
#[tokio::test]
async fn one_lost_event_skips_no_step() {
    for (weight, next) in [(0, 5), (5, 50)] {
        let mut world = World::start(one_region()).await;
        if weight == 0 {
            world.admit().await;
            world.tick().await;
            world.poll_until("advance").await;
        } else {
            world = ready_at(weight).await;
        }
        let all = world.webhooks(HOME);
        let mut deaf = all.clone();
        deaf.retain(|h| h.kind == ConfirmTrafficIncrease);
        world.home().flagger.edit(|spec| spec.webhooks = deaf);
        world.tick().await;
        assert_eq!(world.effect().weight, next);
        world.home().flagger.edit(|spec| spec.webhooks = all);
        for round in 0..12 {
            world.advance(Span::from_s(10));
            if round % 3 == 2 {
                world.poll_now(HOME).await;
            }
            let report = world.tick().await;
            assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(403), "round {round}");
            assert_eq!((world.effect().weight, world.effect().failed_checks), (next, 0));
        }
    }
}

#[tokio::test]
async fn a_moved_weight_that_nobody_reports_is_held_by_the_traffic_itself() {
    let mut world = ready_at(5).await;
    let mut deaf = world.webhooks(HOME);
    deaf.retain(|h| h.kind != Event);
    world.home().flagger.edit(|spec| spec.webhooks = deaf);
    world.tick().await;
    assert_eq!(world.effect().weight, 50);
    for _ in 0..6 {
        world.healthy_poll().await;
        let report = world.tick().await;
        assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(403));
        assert_eq!(world.effect().weight, 50);
    }
    assert_eq!(world.rollout().weight(), Some(5));
    let reasons = world.reasons_in(HOME);
    assert!(reasons.iter().any(|r| r.contains("the canary gets 50 % of the requests")), "{reasons:?}");
}

#[tokio::test]
async fn a_yes_dies_when_the_decision_becomes_hold_or_rollback() {
    let mut world = ready_at(5).await;
    assert_eq!(world.ask("confirm-traffic-increase").await.status, 200);
    world.silent_poll().await;
    assert_eq!(world.ask("confirm-traffic-increase").await.status, 403);
    world.tick().await;
    assert_eq!(world.effect().weight, 5);
    world.sick_poll().await;
    assert_eq!(world.ask("confirm-traffic-increase").await.status, 403);
}

#[tokio::test]
async fn at_the_top_weight_both_hooks_share_one_permission() {
    let mut world = ready_at(100).await;
    assert_eq!(world.ask("confirm-traffic-increase").await.status, 200);
    let given = world.rollout().permission;
    assert_eq!(given.map(|p| p.weight), Some(100));
    assert_eq!(world.ask("confirm-promotion").await.status, 200);
    assert_eq!(world.rollout().permission, given);
    let report = world.tick().await;
    assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(200));
    assert_eq!(status_of(&report, ConfirmPromotion), Some(200));
    assert_eq!(world.effect().phase, Promoting);
}

#[tokio::test]
async fn promotion_asked_below_the_top_is_held() {
    let world = ready_at(50).await;
    let reply = world.ask("confirm-promotion").await;
    assert_eq!(reply.status, 403);
    assert!(reply.body.contains("the last weight reported is 50 %"), "{}", reply.body);
    assert_eq!(world.rollout().permission, None);
}

#[tokio::test]
async fn the_zero_weight_of_waiting_promotion_confuses_nobody() {
    let mut world = World::start(one_region()).await;
    world.climb_to(100).await;
    let mut hooks = world.webhooks(HOME);
    hooks.retain(|h| h.kind != ConfirmTrafficIncrease);
    world.home().flagger.edit(|spec| spec.webhooks = hooks);
    let report = world.tick().await;
    assert_eq!(status_of(&report, ConfirmPromotion), Some(403));
    for _ in 0..2 {
        assert_eq!(world.effect().phase, WaitingPromotion);
        assert_eq!((world.home().flagger.status().canary_weight, world.effect().weight), (0, 100));
        assert_eq!(world.rollout().weight(), Some(100));
        world.healthy_poll().await;
        let report = world.tick().await;
        assert_eq!(status_of(&report, Rollback), Some(403));
        assert_eq!(status_of(&report, Rollout), Some(200));
        assert_eq!(world.effect().failed_checks, 0);
    }
    world.until_phase(HOME, Succeeded).await;
    assert!(matches!(world.stage(), Stage::Promoted { .. }));
}

#[tokio::test]
async fn a_lost_yes_to_the_promotion_is_given_again_in_waiting_promotion() {
    let mut world = World::start(one_region()).await;
    world.climb_to(100).await;
    let mut hooks = world.webhooks(HOME);
    hooks.retain(|h| h.kind != ConfirmTrafficIncrease);
    world.home().flagger.edit(|spec| spec.webhooks = hooks);
    world.tick().await;
    world.poll_until("advance").await;
    assert_eq!(world.ask("confirm-promotion").await.status, 200);
    world.advance(Span::from_s(30));
    assert_eq!(world.effect().phase, WaitingPromotion);
    world.tick().await;
    assert_eq!(world.effect().phase, Promoting);
}

#[tokio::test]
async fn a_whole_rollout_asks_and_gets_each_permission_once() {
    let mut world = World::start(one_region()).await;
    world.until_phase(HOME, Succeeded).await;
    let facts = world.store().facts(crate::policy::SERVICE, 0).await.unwrap();
    let given = |weight: u32| {
        let permitted = |body: &str| {
            let entry: haldane_core::fact::Entry = serde_json::from_str(body).unwrap();
            matches!(entry.fact, haldane_core::fact::Fact::Permitted { weight: w, .. } if w == weight)
        };
        facts.iter().filter(|f| permitted(&f.body)).count()
    };
    assert_eq!([0, 5, 50, 100].map(given), [1, 1, 1, 1]);
    assert_eq!(world.effect().failed_checks, 0);
    assert_ne!(world.effect().phase, Progressing);
}
