//! A release that comes again: what is left of its earlier runs, and of a person's word about another version, must not decide.

use super::world::{EAST, HEALTHY, RELEASE, WEST, World, policy};
use crate::fact::{Ending, HeardBy};
use crate::policy::{OnBreach, Policy};
use crate::reason::{Reason, Trouble};

fn all_go_back() -> Policy {
    let mut policy = policy(&[EAST, WEST]);
    policy.across.on_breach = OnBreach::RollBackRelease;
    policy
}

fn promote(world: &mut World, region: &str, release: &str) {
    world.open(region, Some(release), HeardBy::ConfirmRollout);
    world.promote(region);
    world.tick();
}

#[test]
fn the_breach_of_a_run_that_is_over_takes_no_later_run_back() {
    let mut world = World::with_first_step(all_go_back());
    world.east().canary = HEALTHY.errors(0.2);
    world.ticks(40);
    assert!(world.rolls_back(EAST) && world.rolls_back(WEST));
    world.end(EAST, Ending::Failed);
    world.end(WEST, Ending::Failed);
    world.minutes(60);
    // Mended beside the image, and started in the west without asking.
    world.open(WEST, Some(RELEASE), HeardBy::MidRun);
    world.weight(WEST, 5);
    world.tick();
    assert!(!world.rolls_back(WEST), "{:?}", world.decision(WEST));
    let failed = Reason::OtherRegion { region: EAST.into(), trouble: Trouble::RolledBack };
    assert!(world.reasons(WEST).contains(&failed), "it waits all the same: {:?}", world.decision(WEST));
}

#[test]
fn a_late_breach_of_an_earlier_attempt_takes_no_later_one_back() {
    let mut world = World::new(all_go_back());
    promote(&mut world, EAST, RELEASE);
    promote(&mut world, WEST, RELEASE);
    world.east().primary = HEALTHY.errors(0.2);
    world.ticks(40);
    assert!(world.seen(EAST).late_breach.is_some());
    world.enter(WEST);
    world.tick();
    assert_eq!(world.rollout(WEST).attempt, 1);
    assert!(!world.rolls_back(WEST), "{:?}", world.decision(WEST));
    // And still one of the same attempt does.
    let mut world = World::new(all_go_back());
    promote(&mut world, EAST, RELEASE);
    world.enter(WEST);
    world.east().primary = HEALTHY.errors(0.2);
    world.ticks(40);
    assert!(world.rolls_back(WEST), "{:?}", world.decision(WEST));
}
