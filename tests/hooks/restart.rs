//! A restart in the middle of a run: whatever was given stays given, and nothing else does.

use crate::policy::{HOME, SERVICE, one_region};
use crate::traffic::Traffic;
use crate::world::{World, status_of};
use haldane::report::replay::replay;
use haldane_core::time::Span;
use haldane_flagger_model::HookKind::{ConfirmTrafficIncrease, Rollback};
use haldane_flagger_model::Phase::{Failed, Progressing, Succeeded};

impl World {
    async fn restart(&mut self) {
        self.stop_haldane().await;
        self.start_haldane().await;
    }
}

#[tokio::test]
async fn a_restart_changes_no_bit_of_what_is_known() {
    let mut world = World::start(one_region()).await;
    world.climb_to(50).await;
    world.healthy_poll().await;
    let (state, look) = (world.published().state.clone(), world.published().look.clone());
    world.restart().await;
    assert_eq!(world.published().state, state);
    assert_eq!(world.published().look, look);
}

#[tokio::test]
async fn a_yes_lost_in_a_restart_is_given_again_and_skips_no_step() {
    let mut world = World::start(one_region()).await;
    world.climb_to(5).await;
    world.poll_until("advance").await;
    assert_eq!(world.ask("confirm-traffic-increase").await.status, 200);
    let given = world.rollout().permission;
    world.restart().await;
    assert_eq!(world.rollout().permission, given);
    assert_eq!(world.ask("confirm-traffic-increase").await.status, 200);
    assert_eq!(world.rollout().permission, given, "given once");
    world.tick().await;
    assert_eq!(world.effect().weight, 50);
    world.restart().await;
    let report = world.tick().await;
    assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(403));
    assert_eq!(world.effect().weight, 50);
}

#[tokio::test]
async fn a_weight_moved_while_haldane_was_away_is_not_left_on_an_old_yes() {
    let mut world = World::start(one_region()).await;
    world.climb_to(5).await;
    world.poll_until("advance").await;
    assert_eq!(world.ask("confirm-traffic-increase").await.status, 200);
    // The yes arrived, but the event that says so did not.
    world.stop_haldane().await;
    world.home().flagger.edit(|spec| spec.webhooks.clear());
    world.tick().await;
    assert_eq!(world.effect().weight, 50);
    world.start_haldane().await;
    let mut deaf = world.webhooks(HOME);
    deaf.retain(|h| h.kind == ConfirmTrafficIncrease);
    world.home().flagger.edit(|spec| spec.webhooks = deaf);
    world.advance(Span::from_s(10));
    let report = world.tick().await;
    assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(403));
    assert_eq!(world.effect().weight, 50);
}

#[tokio::test]
async fn a_breach_found_before_a_restart_rolls_back_after_it_once_the_region_is_polled_again() {
    let mut world = World::start(one_region()).await;
    world.climb_to(5).await;
    world.home().traffic = Traffic::Sick;
    world.poll_until("rollback").await;
    world.stop_haldane().await;
    world.tick().await;
    assert_eq!((world.effect().weight, world.effect().phase), (5, Progressing), "nobody answered");
    world.advance(Span::from_min(5));
    world.start_haldane().await;
    // Ticks without an answer cost checks only through pre-rollout and rollout, which this Flagger asks, too.
    assert_eq!(world.effect().failed_checks, 1);
    let report = world.tick().await;
    assert_eq!(status_of(&report, Rollback), Some(403), "the look is too old");
    world.poll().await;
    let report = world.tick().await;
    assert_eq!(status_of(&report, Rollback), Some(200));
    assert_eq!((world.effect().weight, world.effect().phase), (0, Failed));
}

#[tokio::test]
async fn a_run_with_a_restart_in_every_step_is_promoted_and_replays_bit_for_bit() {
    let mut world = World::start(one_region()).await;
    world.climb_to(5).await;
    world.restart().await;
    world.climb_to(50).await;
    world.restart().await;
    world.climb_to(100).await;
    world.restart().await;
    world.until_phase(HOME, Succeeded).await;
    let id = world.rollout().id;
    let replayed = replay(world.store(), &id.0).await.unwrap();
    assert!(replayed.agrees() && replayed.looks > 10, "{:?}", replayed.differing);
    assert!(!world.store().facts(SERVICE, 0).await.unwrap().is_empty());
}
