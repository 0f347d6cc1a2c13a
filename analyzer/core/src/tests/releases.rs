//! Releases over regions: what belongs to one, what overtakes it, who may be under way beside whom, what a breach takes along.

use super::world::{APAC, EAST, HEALTHY, RELEASE, WEST, World, policy};
use crate::fact::{Ending, Fact, HeardBy};
use crate::increment::Region;
use crate::policy::{OnBreach, Policy, RestsOn, Role};
use crate::reason::Reason;
use crate::release::Event;
use crate::report::{Decision, Verdict};
use crate::signal::Signal;
use crate::state::Stage;
use crate::time::Span;

/// apac is a cold standby of us-east, after ten minutes of bake.
fn with_standby() -> Policy {
    let mut policy = policy(&[EAST, APAC]);
    policy.regions[1].role = Role::Cold;
    policy.regions[1].after = vec![EAST.into()];
    policy.regions[1].bake = Span::from_min(10);
    policy
}

fn enter(world: &mut World, region: &str, release: &str) {
    world.open(region, Some(release), HeardBy::ConfirmRollout);
    world.tell(Fact::Admitted { region: region.into() });
    let first = world.policy.steps[0].weight;
    world.weight(region, first);
}

#[test]
fn a_newer_release_waits_for_the_standby_that_is_still_changing_to_the_older_one() {
    let mut world = World::new(with_standby());
    enter(&mut world, EAST, "v1");
    world.promote(EAST);
    world.minutes(10);
    enter(&mut world, APAC, "v1");
    world.open(EAST, Some("v2"), HeardBy::ConfirmRollout);
    let other = Reason::OtherUnderWay { region: APAC.into(), release: Some("v1".into()) };
    assert!(world.reasons(EAST).contains(&other), "{:?}", world.decision(EAST));
    world.promote(APAC);
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
}

#[test]
fn an_older_release_starts_nowhere_once_a_newer_one_has_begun() {
    let mut world = World::new(with_standby());
    enter(&mut world, EAST, "v1");
    world.promote(EAST);
    world.minutes(10);
    world.open(APAC, Some("v1"), HeardBy::ConfirmRollout);
    assert!(world.advances(APAC), "{:?}", world.decision(APAC));
    world.open(EAST, Some("v2"), HeardBy::ConfirmRollout);
    assert!(
        world.reasons(APAC).contains(&Reason::Overtaken { by: "v2".into() }),
        "{:?}",
        world.decision(APAC)
    );
    let newest = &world.look.releases[0];
    assert_eq!((newest.release.as_str(), newest.overtaken_by.as_deref()), ("v2", None));
    assert_eq!(world.look.releases[1].overtaken_by.as_deref(), Some("v2"));
}

#[test]
fn a_release_that_comes_back_after_another_is_the_newest_again() {
    let mut world = World::new(policy(&[EAST]));
    for release in ["v1", "v2", "v1"] {
        enter(&mut world, EAST, release);
        world.promote(EAST);
        world.minutes(5);
    }
    assert!(world.state.releases["v1"].begun > world.state.releases["v2"].begun);
    assert_eq!(world.look.releases.len(), 1, "v2 runs nowhere any more");
}

#[test]
fn the_same_image_again_takes_the_same_order_again() {
    let mut world = World::new(with_standby());
    enter(&mut world, EAST, RELEASE);
    world.promote(EAST);
    world.minutes(10);
    enter(&mut world, APAC, RELEASE);
    world.promote(APAC);
    world.minutes(60);
    // A change of configuration alone, which the standby's cluster shows first.
    world.open(APAC, Some(RELEASE), HeardBy::ConfirmRollout);
    assert!(world.reasons(APAC).contains(&Reason::AwaitsAttempt { region: EAST.into() }));
    enter(&mut world, EAST, RELEASE);
    world.promote(EAST);
    world.minutes(10);
    assert!(world.advances(APAC), "{:?}", world.decision(APAC));
}

#[test]
fn no_more_regions_are_under_way_than_may_be_and_either_may_go_first() {
    let mut policy = policy(&[EAST, WEST]);
    policy.across.at_once = Some(1);
    for (first, second) in [(EAST, WEST), (WEST, EAST)] {
        let mut world = World::new(policy.clone());
        world.open(second, Some(RELEASE), HeardBy::ConfirmRollout);
        world.tick();
        assert!(world.advances(second));
        enter(&mut world, first, RELEASE);
        let full = Reason::TooManyUnderWay { regions: vec![first.into()], at_once: 1 };
        assert_eq!(world.decision(second), &Decision::Hold(vec![full]));
        world.promote(first);
        assert!(world.advances(second), "{:?}", world.decision(second));
    }
}

#[test]
fn two_that_flagger_restarted_at_once_do_not_wait_for_each_other_for_ever() {
    let mut policy = policy(&[EAST, WEST]);
    policy.across.at_once = Some(1);
    let mut world = World::new(policy);
    for region in [EAST, WEST] {
        world.open(region, Some(RELEASE), HeardBy::MidRun);
        world.weight(region, 5);
        world.tick();
    }
    let held =
        |world: &World, region| world.holds_for(region, |r| matches!(r, Reason::TooManyUnderWay { .. }));
    assert!(!held(&world, EAST) && held(&world, WEST));
}

#[test]
fn a_region_that_a_policy_no_longer_has_holds_nobody() {
    let mut world = World::new(with_standby());
    enter(&mut world, APAC, "v0");
    world.policy.regions.truncate(1);
    world.open(EAST, Some(RELEASE), HeardBy::ConfirmRollout);
    world.tick();
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
    let release = world.look.releases.iter().find(|r| r.release == RELEASE).unwrap();
    let regions: Vec<&Region> = release.regions.iter().map(|r| &r.region).collect();
    assert_eq!(regions, [&Region::from(EAST)]);
}

#[test]
fn a_breach_takes_the_release_back_everywhere_only_where_the_policy_says_so() {
    for on_breach in [OnBreach::HoldOthers, OnBreach::RollBackRelease] {
        let mut policy = policy(&[EAST, WEST]);
        policy.across.on_breach = on_breach;
        let mut world = World::with_first_step(policy);
        world.east().canary = HEALTHY.errors(0.2);
        let found = (0..40).position(|_| {
            world.tick();
            world.rolls_back(EAST)
        });
        assert!(found.is_some());
        let with_release = Decision::Rollback(vec![Reason::WithRelease { region: EAST.into() }]);
        match on_breach {
            OnBreach::HoldOthers => {
                assert!(world.holds_for(WEST, |r| matches!(r, Reason::OtherRegion { .. })))
            }
            OnBreach::RollBackRelease => {
                assert_eq!(world.decision(WEST), &with_release);
                world.end(WEST, Ending::Failed);
                assert!(matches!(world.rollout(WEST).stage, Stage::RolledBack { ours: true, .. }));
            }
        }
    }
}

#[test]
fn a_promoted_region_is_not_taken_back_and_a_waiting_one_has_nothing_to_take() {
    let mut policy = policy(&[EAST, WEST, APAC]);
    policy.across.on_breach = OnBreach::RollBackRelease;
    let mut world = World::new(policy);
    for region in [EAST, WEST] {
        enter(&mut world, region, RELEASE);
    }
    world.promote(WEST);
    world.open(APAC, Some(RELEASE), HeardBy::ConfirmRollout);
    world.east().canary = HEALTHY.errors(0.2);
    world.ticks(40);
    assert!(world.rolls_back(EAST) && !world.rolls_back(WEST) && !world.rolls_back(APAC));
    let contradiction = world.look.releases[0].contradiction.clone();
    assert_eq!(contradiction, Some((vec![EAST.into()], vec![WEST.into()])));
}

#[test]
fn a_release_keeps_what_happened_to_it_where_and_when() {
    let mut world = World::new(policy(&[EAST]));
    enter(&mut world, EAST, RELEASE);
    world.promote(EAST);
    let events: Vec<Event> = world.look.releases[0].regions[0].timeline.iter().map(|m| m.event).collect();
    let weight = |percent| Event::Weight { percent };
    let expected =
        [Event::Opened, Event::Admitted, weight(5), weight(100), Event::Promoting, Event::Promoted];
    assert_eq!(events, expected);
}

#[test]
fn a_run_that_is_held_too_long_says_so_and_one_that_waits_for_its_turn_does_not() {
    let mut policy = with_standby();
    policy.across.max_hold = Some(Span::from_min(30));
    let mut world = World::new(policy);
    enter(&mut world, EAST, RELEASE);
    world.open(APAC, Some(RELEASE), HeardBy::ConfirmRollout);
    world.east().missing = Some(crate::increment::Missing::FirstReading);
    world.minutes(39);
    assert_eq!(world.seen(EAST).held.map(|h| h.too_long), Some(false));
    world.minutes(1);
    assert_eq!(world.seen(EAST).held.map(|h| h.too_long), Some(true));
    assert_eq!(world.seen(APAC).held, None);
}

/// A cold region without any traffic, at its first step after us-east has baked.
fn cold(rests_on: &[RestsOn]) -> World {
    let mut policy = with_standby();
    policy.regions[1].aims.rests_on = rests_on.to_vec();
    let mut world = World::new(policy);
    enter(&mut world, EAST, RELEASE);
    world.promote(EAST);
    world.minutes(10);
    world.site(APAC).rps = 0.0;
    enter(&mut world, APAC, RELEASE);
    world.minutes(10);
    world
}

#[test]
fn a_cold_region_without_traffic_rests_on_the_active_one_if_the_policy_says_so() {
    let world = cold(&[]);
    assert!(world.holds_for(APAC, |r| matches!(r, Reason::NoTraffic { .. })), "{:?}", world.decision(APAC));
    let world = cold(&[RestsOn::ActiveVerdicts]);
    assert!(world.advances(APAC), "{:?}", world.decision(APAC));
    let rests = |v: &Verdict| matches!(v, Verdict::Inconclusive(Reason::Rests { .. }));
    assert!(world.seen(APAC).gates.iter().any(|g| rests(&g.verdict)), "{:?}", world.seen(APAC).gates);
}

#[test]
fn what_a_verdict_rests_on_must_hold_and_what_is_not_counted_is_not_replaced() {
    let world = cold(&[RestsOn::Readiness, RestsOn::ActiveVerdicts]);
    let lacks = |r: &Reason| matches!(r, Reason::RestLacks { on: RestsOn::Readiness, .. });
    assert!(world.holds_for(APAC, lacks), "{:?}", world.decision(APAC));
    let mut world = cold(&[RestsOn::ActiveVerdicts]);
    world.east().missing = Some(crate::increment::Missing::FirstReading);
    world.minutes(3);
    assert!(world.holds_for(APAC, |r| matches!(r, Reason::RestLacks { .. })), "{:?}", world.decision(APAC));
    let mut world = cold(&[RestsOn::ActiveVerdicts]);
    world.site(APAC).missing = Some(crate::increment::Missing::FirstReading);
    world.minutes(3);
    let not_counted = |r: &Reason| matches!(r, Reason::NotCounted { signal: Signal::ErrorRate, .. });
    assert!(world.holds_for(APAC, not_counted), "{:?}", world.decision(APAC));
}
