//! May a region start? Order, bake, and trouble elsewhere.

use super::world::{APAC, EAST, HEALTHY, RELEASE, WEST, World, gate, policy};
use crate::fact::{Ending, Fact, HeardBy};
use crate::increment::{Missing, Region};
use crate::policy::Policy;
use crate::reason::{Reason, Trouble};
use crate::report::Decision;
use crate::signal::{Kind, OwnSignal, Signal};
use crate::state::Stage;
use crate::time::Span;

fn east() -> Region {
    EAST.into()
}

/// us-west after us-east, with ten minutes of bake.
fn ordered() -> Policy {
    let mut policy = policy(&[EAST, WEST]);
    policy.regions[1].after = vec![east()];
    policy.regions[1].bake = Span::from_min(10);
    policy
}

/// us-west waits, us-east is at its first step.
fn waiting() -> World {
    let mut world = World::new(ordered());
    world.enter(EAST);
    world.open(WEST, Some(RELEASE), HeardBy::ConfirmRollout);
    world
}

fn only(reason: Reason) -> Decision {
    Decision::Hold(vec![reason])
}

fn elsewhere(trouble: Trouble) -> Reason {
    Reason::OtherRegion { region: east(), trouble }
}

#[test]
fn an_end_without_any_traffic_seen_promotes_nothing_and_lets_no_other_region_start() {
    let mut world = World::new(ordered());
    world.open(EAST, Some(RELEASE), HeardBy::ConfirmRollout);
    world.tell(Fact::Admitted { region: east() });
    world.open(WEST, Some(RELEASE), HeardBy::ConfirmRollout);
    world.end(EAST, Ending::Succeeded);
    world.minutes(30);
    assert!(
        matches!(world.rollout(EAST).stage, Stage::EndedUnknown { .. }),
        "{:?}",
        world.rollout(EAST).stage
    );
    assert_eq!(world.decision(WEST), &only(Reason::AwaitsRegion { region: east() }));
}

#[test]
fn a_region_waits_for_the_promotion_and_the_bake_of_the_one_before() {
    let mut world = waiting();
    assert_eq!(world.decision(WEST), &only(Reason::AwaitsRegion { region: east() }));
    world.minutes(10);
    world.promote(EAST);
    world.minutes(9);
    assert_eq!(world.decision(WEST), &only(Reason::Baking { region: east(), left: Span::from_min(1) }));
    world.minutes(1);
    assert!(world.advances(WEST), "{:?}", world.decision(WEST));
}

#[test]
fn a_promotion_that_is_still_running_is_no_promotion() {
    let mut world = waiting();
    world.tell(Fact::PromotionBegan { region: east() });
    world.minutes(30);
    assert_eq!(world.decision(WEST), &only(Reason::AwaitsRegion { region: east() }));
}

#[test]
fn a_bake_that_nobody_sees_is_no_bake() {
    let mut world = waiting();
    world.promote(EAST);
    world.minutes(5);
    world.east().missing = Some(Missing::FirstReading);
    world.minutes(10);
    assert_eq!(world.decision(WEST), &only(Reason::BakesUnseen { region: east() }));
    world.east().missing = None;
    world.tick();
    assert!(world.advances(WEST));
}

#[test]
fn a_number_without_a_baseline_has_nothing_to_show_after_the_promotion_and_blocks_no_bake() {
    let mut policy = ordered();
    let age = OwnSignal { name: "queue-age".parse().unwrap(), kind: Kind::Gauge };
    policy.gates.push(gate(Signal::Own(age), Some(60.0), None));
    let mut world = World::new(policy);
    world.east().unasked.push(Signal::Own(age));
    world.enter(EAST);
    world.open(WEST, Some(RELEASE), HeardBy::ConfirmRollout);
    world.minutes(10);
    world.promote(EAST);
    world.minutes(10);
    assert!(world.advances(WEST), "{:?}", world.decision(WEST));
    world.east().unread.push(Signal::Own(age));
    world.minutes(10);
    assert_eq!(world.decision(WEST), &only(Reason::BakesUnseen { region: east() }), "unread is unseen");
}

#[test]
fn a_bake_whose_newest_poll_sees_nothing_does_not_end() {
    let mut world = waiting();
    world.promote(EAST);
    world.minutes(9);
    world.tick();
    world.east().missing = Some(Missing::FirstReading);
    world.tick();
    assert_eq!(world.decision(WEST), &only(Reason::BakesUnseen { region: east() }));
}

#[test]
fn counts_from_before_the_promotion_do_not_see_the_bake() {
    let mut policy = ordered();
    policy.regions[1].bake = Span::from_s(30);
    let mut world = World::new(policy);
    world.enter(EAST);
    world.open(WEST, Some(RELEASE), HeardBy::ConfirmRollout);
    world.minutes(4);
    world.promote(EAST);
    world.look_at(world.now + Span::from_s(30));
    assert_eq!(world.decision(WEST), &only(Reason::BakesUnseen { region: east() }));
}

#[test]
fn a_promotion_of_another_release_does_not_count() {
    let mut world = World::new(ordered());
    world.open(EAST, Some("v1"), HeardBy::Restart);
    world.promote(EAST);
    world.minutes(60);
    world.open(WEST, Some(RELEASE), HeardBy::ConfirmRollout);
    assert_eq!(world.decision(WEST), &only(Reason::AwaitsRegion { region: east() }));
}

#[test]
fn an_order_needs_to_know_the_release() {
    let mut world = World::new(ordered());
    world.open(WEST, None, HeardBy::ConfirmRollout);
    assert_eq!(world.decision(WEST), &only(Reason::ReleaseUnknown));
    world.tell(Fact::Identified { region: WEST.into(), checksum: None, release: Some(RELEASE.into()) });
    assert_eq!(world.decision(WEST), &only(Reason::AwaitsRegion { region: east() }));
}

#[test]
fn trouble_with_the_release_elsewhere_closes_admission() {
    let mut world = waiting();
    world.east().canary = HEALTHY.errors(0.05);
    world.minutes(4);
    assert!(world.holds_for(WEST, |r| *r == elsewhere(Trouble::Breached)));
    world.end(EAST, Ending::Failed);
    assert!(world.holds_for(WEST, |r| *r == elsewhere(Trouble::RolledBack)));

    let mut failed = waiting();
    failed.tell(Fact::PromotionBegan { region: east() });
    failed.end(EAST, Ending::Failed);
    assert!(failed.holds_for(WEST, |r| *r == elsewhere(Trouble::FailedPromotion)));
}

#[test]
fn a_breach_in_the_bake_closes_admission_for_the_next_region() {
    let mut world = waiting();
    world.minutes(10);
    world.promote(EAST);
    world.minutes(5);
    world.east().primary = HEALTHY.errors(0.05);
    world.minutes(10);
    assert_eq!(world.decision(WEST), &only(elsewhere(Trouble::BreachedLate)));
    assert_eq!(world.decision(EAST), &only(Reason::Ended));
}

#[test]
fn a_rollback_of_another_release_closes_nothing() {
    let mut world = World::new(policy(&[EAST, WEST]));
    world.open(EAST, Some("v1"), HeardBy::Restart);
    world.end(EAST, Ending::Failed);
    world.open(WEST, Some(RELEASE), HeardBy::ConfirmRollout);
    assert!(world.advances(WEST), "{:?}", world.decision(WEST));
}

#[test]
fn nameless_releases_share_trouble_only_while_they_run() {
    for (theirs, ours) in [(None, Some(RELEASE)), (Some(RELEASE), None), (None, None)] {
        let mut world = World::new(policy(&[EAST, WEST]));
        world.open(EAST, theirs, HeardBy::Restart);
        world.weight(EAST, 5);
        world.open(WEST, ours, HeardBy::ConfirmRollout);
        assert!(world.advances(WEST), "{theirs:?} {ours:?}: nothing is wrong yet");
        world.east().canary = HEALTHY.errors(0.05);
        world.minutes(4);
        assert_eq!(world.decision(WEST), &only(elsewhere(Trouble::Breached)), "{theirs:?} {ours:?}");
        world.end(EAST, Ending::Failed);
        assert!(world.advances(WEST), "{theirs:?} {ours:?}: an old nameless run blocks for ever");
    }
}

#[test]
fn a_region_after_two_others_waits_for_both() {
    let mut policy = policy(&[EAST, WEST, APAC]);
    policy.regions[2].after = vec![east(), WEST.into()];
    let mut world = World::new(policy);
    world.enter(EAST);
    world.promote(EAST);
    world.open(APAC, Some(RELEASE), HeardBy::ConfirmRollout);
    world.tick();
    assert_eq!(world.decision(APAC), &only(Reason::AwaitsRegion { region: WEST.into() }));
    world.enter(WEST);
    world.promote(WEST);
    world.ticks(2);
    assert!(world.advances(APAC), "{:?}", world.decision(APAC));
}

#[test]
fn admission_is_judged_again_at_weight_zero() {
    let mut world = waiting();
    world.minutes(10);
    world.promote(EAST);
    world.minutes(10);
    assert!(world.advances(WEST));
    world.tell(Fact::Admitted { region: WEST.into() });
    world.tell(Fact::Heard { region: WEST.into(), said: None });
    world.tick();
    assert!(world.advances(WEST), "{:?}", world.decision(WEST));
    world.east().primary = HEALTHY.errors(0.05);
    world.minutes(6);
    assert!(world.holds_for(WEST, |r| *r == elsewhere(Trouble::BreachedLate)));
}

#[test]
fn a_superseded_run_is_no_trouble_and_no_promotion() {
    let mut world = waiting();
    world.end(EAST, Ending::Superseded);
    assert_eq!(world.decision(WEST), &only(Reason::AwaitsRegion { region: east() }));
    world.end(EAST, Ending::Succeeded);
    assert_eq!(world.decision(WEST), &only(Reason::AwaitsRegion { region: east() }), "an end is final");
}
