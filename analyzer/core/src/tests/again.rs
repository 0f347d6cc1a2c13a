//! A release that comes again: what is left of its earlier runs, and of a person's word about another version, must not decide.

use super::cluster::at;
use super::world::{APAC, EAST, HEALTHY, RELEASE, WEST, World, policy};
use crate::cluster::{CanaryView, Phase};
use crate::fact::{Ending, Fact, HeardBy};
use crate::order::Order;
use crate::policy::{OnBreach, Policy};
use crate::reason::{Reason, Trouble};
use crate::state::Stage;

fn all_go_back() -> Policy {
    let mut policy = policy(&[EAST, WEST]);
    policy.across.on_breach = OnBreach::RollBackRelease;
    policy
}

/// apac comes after us-east.
fn one_after_another() -> Policy {
    let mut policy = policy(&[EAST, APAC]);
    policy.regions[1].after = vec![EAST.into()];
    policy
}

fn promote(world: &mut World, region: &str, release: &str) {
    world.open(region, Some(release), HeardBy::ConfirmRollout);
    world.promote(region);
    world.tick();
}

/// A Canary at rest, with this image in its template.
fn at_rest(image: &str) -> CanaryView {
    let (applied, image) = (Some("old".into()), Some(image.into()));
    CanaryView { phase: Phase::Succeeded, applied, image, ..at(0) }
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

#[test]
fn an_approval_is_for_the_version_that_was_shown_and_no_other() {
    for admitted in [false, true] {
        let mut world = World::new(one_after_another());
        world.view(APAC, at_rest("api:2.0.0"));
        world.open(APAC, Some("api:2.0.0"), HeardBy::ConfirmRollout);
        if admitted {
            world.tell(Fact::Admitted { region: APAC.into() });
        }
        world.order(APAC, Order::Approve { weight: 0 });
        assert!(world.advances(APAC), "{:?}", world.decision(APAC));
        world.view(APAC, at_rest("api:3.0.0"));
        assert_eq!(world.rollout(APAC).release.as_deref(), Some("api:3.0.0"));
        assert!(!world.advances(APAC), "nobody has approved this one");
    }
}

#[test]
fn a_run_that_is_named_late_is_the_first_attempt_of_the_version_that_it_is() {
    // With the old version on record, and on a record that begins with the new one.
    for on_record in [true, false] {
        let mut world = World::new(one_after_another());
        for region in [EAST, APAC].into_iter().filter(|_| on_record) {
            promote(&mut world, region, "api:1.0.0");
        }
        promote(&mut world, EAST, "api:2.0.0");
        // The hook overtakes the watch of the Deployment.
        world.view(APAC, at_rest("api:1.0.0"));
        world.open(APAC, Some("api:1.0.0"), HeardBy::ConfirmRollout);
        assert_eq!(world.rollout(APAC).attempt, u32::from(on_record));
        assert!(!world.advances(APAC), "us-east has another version");
        world.view(APAC, at_rest("api:2.0.0"));
        world.tick();
        assert_eq!(world.rollout(APAC).attempt, 0);
        assert!(world.advances(APAC), "{:?}", world.decision(APAC));
    }
}

#[test]
fn attempts_are_counted_across_a_release_that_came_between() {
    let mut world = World::new(one_after_another());
    for region in [EAST, APAC] {
        promote(&mut world, region, "v1");
    }
    world.open(EAST, Some("v2"), HeardBy::ConfirmRollout);
    world.end(EAST, Ending::Failed);
    assert!(matches!(world.rollout(EAST).stage, Stage::RolledBack { .. }));
    // Its configuration changes, and it is promoted once more where it is first.
    promote(&mut world, EAST, "v1");
    world.open(APAC, Some("v1"), HeardBy::ConfirmRollout);
    world.tick();
    assert!(world.advances(APAC), "{:?}", world.decision(APAC));
}

#[test]
fn a_standby_that_was_offered_another_release_between_does_not_go_first_with_a_change() {
    let mut world = World::new(one_after_another());
    for region in [EAST, APAC] {
        promote(&mut world, region, "v1");
    }
    world.open(APAC, Some("v2"), HeardBy::ConfirmRollout);
    world.end(APAC, Ending::Superseded);
    // v1 with another configuration, of which us-east has not heard yet.
    world.open(APAC, Some("v1"), HeardBy::ConfirmRollout);
    world.tick();
    let first = Reason::AwaitsAttempt { region: EAST.into() };
    assert!(world.reasons(APAC).contains(&first), "{:?}", world.decision(APAC));
}

#[test]
fn an_approval_does_not_outlive_news_of_a_breach_elsewhere() {
    let mut world = World::with_first_step(policy(&[EAST, WEST]));
    world.order(WEST, Order::Approve { weight: 5 });
    assert!(world.advances(WEST));
    world.east().canary = HEALTHY.errors(0.2);
    world.ticks(40);
    assert!(world.rolls_back(EAST));
    assert!(world.holds_for(WEST, |r| matches!(r, Reason::OtherRegion { .. })), "{:?}", world.decision(WEST));
    world.order(WEST, Order::Approve { weight: 5 });
    world.tick();
    assert!(world.advances(WEST), "whoever approves now knows of it: {:?}", world.decision(WEST));
}
