//! Regions: whose trouble holds whom, and whose turn it is.

use crate::policy::{AWAY, HOME, in_order, side_by_side};
use crate::traffic::Traffic;
use crate::world::{NEW, POLL, THRESHOLD, World, status_of};
use haldane_core::report::Decision;
use haldane_core::state::Stage;
use haldane_flagger_model::HookKind::{ConfirmRollout, ConfirmTrafficIncrease, Rollback, Rollout};
use haldane_flagger_model::Phase::{Failed, Progressing, Promoting, Succeeded, Waiting};
use haldane_flagger_model::{Health, Webhook};

/// Both regions at 5 % of the same release, as far as both may be.
async fn both_at_5() -> World {
    let mut world = World::start(side_by_side()).await;
    world.climb_to(5).await;
    world.climb_in(AWAY, 5).await;
    world
}

/// The first region promoted and baked, the second at 5 %.
async fn second_at_5() -> World {
    let mut world = World::start(in_order()).await;
    world.until_phase(HOME, Succeeded).await;
    world.climb_in(AWAY, 5).await;
    world
}

fn assert_held_by(world: &World, region: &str, why: &str) {
    let reasons = world.reasons_in(region);
    assert!(reasons.iter().any(|r| r == why), "{reasons:?}");
}

#[tokio::test]
async fn flaggers_own_rollback_in_one_region_holds_the_others() {
    let mut world = both_at_5().await;
    world.poll_until_in(AWAY, "advance").await;
    let mut hooks = world.webhooks(HOME);
    hooks.retain(|h| h.kind != Rollout);
    hooks.push(Webhook::new(Rollout, format!("{}/gate/halt", world.base())));
    world.home().flagger.edit(|spec| spec.webhooks = hooks);
    for _ in 0..=THRESHOLD {
        world.tick().await;
    }
    assert_eq!(world.effect().phase, Failed);
    let since = world.clock.now();
    assert_eq!(world.stage(), Stage::RolledBack { since, ours: false });
    let report = world.tick_in(AWAY).await;
    assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(403));
    assert_eq!(status_of(&report, Rollback), Some(403));
    assert_eq!((world.effect_in(AWAY).weight, world.effect_in(AWAY).failed_checks), (5, 0));
    for _ in 0..3 {
        world.round_in(AWAY).await;
        assert_held_by(&world, AWAY, "us-east was rolled back with this release");
        assert_eq!(world.effect_in(AWAY).weight, 5);
    }
}

#[tokio::test]
async fn a_promotion_that_failed_elsewhere_holds_under_its_own_name() {
    let mut world = both_at_5().await;
    world.until_phase(HOME, Promoting).await;
    world.home().flagger.cluster().set_primary_health(Health::Stuck);
    world.tick().await;
    assert!(matches!(world.stage(), Stage::FailedPromotion { .. }));
    for _ in 0..3 {
        world.round_in(AWAY).await;
    }
    assert_eq!((world.effect_in(AWAY).weight, world.effect_in(AWAY).phase), (5, Progressing));
    assert_held_by(
        &world,
        AWAY,
        "us-east failed its promotion with all traffic on the new version with this release",
    );
}

/// Releases without a name may be the same one, and share no evidence that could convict both at once.
#[tokio::test]
async fn a_breach_in_one_region_holds_another_within_that_very_poll() {
    let mut world = World::start(side_by_side()).await;
    for region in [HOME, AWAY] {
        let nameless = Webhook::all(&world.base(), region, None);
        world.place(region).flagger.edit(|spec| spec.webhooks = nameless);
        world.climb_in(region, 5).await;
    }
    world.poll_until_in(AWAY, "advance").await;
    world.home().traffic = Traffic::Sick;
    loop {
        world.advance(POLL);
        world.poll_now(HOME).await;
        if world.decision().name() == "rollback" {
            break;
        }
        world.poll_now(AWAY).await;
    }
    // The second region has not been polled since.
    assert_held_by(&world, AWAY, "us-east breached with this release");
    let report = world.tick_in(AWAY).await;
    assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(403));
    assert_eq!(status_of(&report, Rollback), Some(403), "a breach elsewhere rolls nobody back");
    assert_eq!((world.effect_in(AWAY).weight, world.effect_in(AWAY).failed_checks), (5, 0));
}

#[tokio::test]
async fn a_breach_in_one_region_holds_the_first_traffic_of_another() {
    let mut world = World::start(side_by_side()).await;
    world.climb_to(5).await;
    world.deploy(NEW);
    world.tick_in(AWAY).await;
    world.tick_in(AWAY).await;
    world.tell_in(AWAY, "Starting canary analysis for api.fnp").await;
    world.poll_until_in(AWAY, "advance").await;
    world.home().traffic = Traffic::Sick;
    world.poll_until("rollback").await;
    for _ in 0..3 {
        let report = world.tick_in(AWAY).await;
        assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(403));
        assert_eq!((world.effect_in(AWAY).weight, world.effect_in(AWAY).failed_checks), (0, 0));
        world.poll().await;
    }
    assert_held_by(&world, AWAY, "us-east breached with this release");
}

#[tokio::test]
async fn what_all_regions_show_together_takes_every_one_of_them_back() {
    let mut world = both_at_5().await;
    world.home().traffic = Traffic::Sick;
    world.place(AWAY).traffic = Traffic::Sick;
    world.poll_until("rollback").await;
    for region in [HOME, AWAY] {
        let report = world.tick_in(region).await;
        assert_eq!(status_of(&report, Rollback), Some(200), "{region}");
        assert_eq!((world.effect_in(region).weight, world.effect_in(region).phase), (0, Failed));
    }
}

#[tokio::test]
async fn a_late_breach_of_a_promoted_region_holds_the_next_one() {
    let mut world = second_at_5().await;
    world.poll_until_in(AWAY, "advance").await;
    world.home().traffic = Traffic::Sick;
    for _ in 0..6 {
        world.poll().await;
    }
    assert!(world.look_in(HOME).unwrap().late_breach.is_some());
    assert!(matches!(world.decision_in(AWAY), Some(Decision::Hold(_))));
    assert_held_by(&world, AWAY, "us-east breached after its promotion with this release");
    world.tick_in(AWAY).await;
    assert_eq!((world.effect_in(AWAY).weight, world.effect_in(AWAY).phase), (5, Progressing));
}

#[tokio::test]
async fn a_late_breach_keeps_the_next_region_from_starting() {
    let mut world = World::start(in_order()).await;
    world.until_phase(HOME, Succeeded).await;
    world.home().traffic = Traffic::Sick;
    for _ in 0..12 {
        world.poll().await;
    }
    world.deploy(NEW);
    let report = world.tick_in(AWAY).await;
    assert_eq!(status_of(&report, ConfirmRollout), Some(403));
    assert_eq!(world.effect_in(AWAY).phase, Waiting);
    let reply = world.ask_in(AWAY, "confirm-rollout").await;
    assert!(reply.body.starts_with("hold: us-east breached after its promotion"), "{}", reply.body);
}

#[tokio::test]
async fn a_region_waits_for_the_one_before_it_to_promote_and_to_bake() {
    let mut world = World::start(in_order()).await;
    world.deploy(NEW);
    world.tick_in(AWAY).await;
    let reply = world.ask_in(AWAY, "confirm-rollout").await;
    assert_eq!(reply.body, "hold: us-east has not promoted this release");
    world.until_phase(HOME, Succeeded).await;
    let promoted = world.clock.now();
    let mut started = None;
    for _ in 0..20 {
        let effect = world.effect_in(AWAY);
        if effect.phase == Progressing {
            started = Some(world.clock.now());
            break;
        }
        assert_eq!(effect.phase, Waiting);
        world.round_in(AWAY).await;
    }
    let baked = started.expect("it starts") - promoted;
    assert_eq!(baked, haldane_core::time::Span::from_min(5));
}

#[tokio::test]
async fn an_order_needs_to_know_the_release() {
    let mut world = World::start(in_order()).await;
    world.until_phase(HOME, Succeeded).await;
    for _ in 0..12 {
        world.poll().await;
    }
    let nameless = Webhook::all(&world.base(), AWAY, None);
    world.place(AWAY).flagger.edit(|spec| spec.webhooks = nameless);
    world.deploy(NEW);
    world.tick_in(AWAY).await;
    assert_eq!(world.effect_in(AWAY).phase, Waiting);
    let reasons = world.reasons_in(AWAY);
    assert!(reasons.iter().any(|r| r.contains("metadata.release")), "{reasons:?}");
}

#[tokio::test]
async fn another_release_promoted_there_before_is_no_turn_for_this_one() {
    let mut world = World::start(in_order()).await;
    world.until_phase(HOME, Succeeded).await;
    for _ in 0..12 {
        world.poll().await;
    }
    let other = Webhook::all(&world.base(), AWAY, Some("3.0.0"));
    world.place(AWAY).flagger.edit(|spec| spec.webhooks = other);
    world.place(AWAY).flagger.deploy("3.0.0");
    world.tick_in(AWAY).await;
    assert_eq!(world.effect_in(AWAY).phase, Waiting);
    assert_held_by(&world, AWAY, "us-east has not promoted this release");
}

#[tokio::test]
async fn two_regions_in_order_take_a_release_all_the_way() {
    let mut world = second_at_5().await;
    world.until_phase(AWAY, Succeeded).await;
    let outcomes: Vec<_> =
        world.rollouts_stored().await.into_iter().map(|r| (r.region.0, r.outcome)).collect();
    let promoted = || Some("promoted".to_owned());
    assert_eq!(outcomes, [(AWAY.to_owned(), promoted()), (HOME.to_owned(), promoted())]);
}
