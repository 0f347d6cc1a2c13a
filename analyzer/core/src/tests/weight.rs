//! Where the rollout is: unknown, off the ladder, jumped, or contradicted by the traffic.

use super::world::{EAST, HEALTHY, World, policy};
use crate::fact::{Ending, Fact, HeardBy};
use crate::reason::Reason;
use crate::report::Decision;
use crate::state::Stage;
use crate::time::Timestamp;

#[test]
fn a_run_heard_of_in_its_middle_holds_until_a_weight_is_told() {
    let mut world = World::new(policy(&[EAST]));
    world.open(EAST, None, HeardBy::MidRun);
    world.minutes(20);
    assert_eq!(world.decision(EAST), &Decision::Hold(vec![Reason::WeightUnknown]));
    world.weight(EAST, 5);
    assert_eq!(world.until_decided(EAST, 100), Some(20), "the window begins when the weight is seen");
}

#[test]
fn a_weight_off_the_ladder_holds_and_is_named() {
    let mut world = World::at_five_percent();
    world.minutes(10);
    assert!(world.advances(EAST));
    world.weight(EAST, 20);
    world.minutes(20);
    assert_eq!(world.decision(EAST), &Decision::Hold(vec![Reason::WeightOffLadder { weight: 20 }]));
    world.weight(EAST, 50);
    assert_eq!(world.until_decided(EAST, 100), Some(10));
}

#[test]
fn a_jump_over_a_step_gets_the_whole_window_of_where_it_lands() {
    let mut world = World::at_five_percent();
    world.minutes(10);
    world.weight(EAST, 100);
    assert!(!world.advances(EAST));
    assert_eq!(world.until_decided(EAST, 100), Some(10));
}

#[test]
fn falling_back_to_a_lower_weight_begins_its_step_anew() {
    let mut world = World::at_five_percent();
    world.minutes(10);
    world.weight(EAST, 50);
    world.minutes(3);
    world.weight(EAST, 5);
    assert_eq!(world.until_decided(EAST, 100), Some(20));
}

#[test]
fn traffic_that_contradicts_the_reported_weight_holds() {
    for (share, contradicted) in [(0.05, false), (0.07, false), (0.09, true), (0.5, true), (0.0, true)] {
        let mut world = World::at_five_percent();
        world.east().share = Some(share);
        world.minutes(12);
        let named = world.holds_for(EAST, |r| matches!(r, Reason::WeightContradicted { weight: 5, .. }));
        assert_eq!(named, contradicted, "{share}: {:?}", world.decision(EAST));
        assert_eq!(world.advances(EAST), !contradicted);
    }
}

#[test]
fn a_true_share_other_than_the_weight_convicts_no_healthy_canary() {
    let mut world = World::at_five_percent().seeded(11);
    world.east().share = Some(0.09);
    for _ in 0..120 {
        world.tick();
        assert!(!world.rolls_back(EAST));
    }
}

#[test]
fn the_newest_event_that_was_told_is_remembered_by_flaggers_own_clock() {
    let mut world = World::at_five_percent();
    let said = |s: Option<i64>| Fact::Heard { region: EAST.into(), said: s.map(Timestamp::from_s) };
    for (told, newest) in [(Some(20), 20), (Some(10), 20), (None, 20), (Some(21), 21)] {
        world.tell(said(told));
        assert_eq!(world.rollout(EAST).told, Some(Timestamp::from_s(newest)));
    }
}

#[test]
fn weights_told_after_the_end_or_during_promotion_change_nothing() {
    let mut world = World::at_five_percent();
    world.tell(Fact::PromotionBegan { region: EAST.into() });
    world.weight(EAST, 0);
    assert!(matches!(world.rollout(EAST).stage, Stage::Promoting { .. }));
    assert_eq!(world.decision(EAST), &Decision::Hold(vec![Reason::Promoting]));
    world.end(EAST, Ending::Failed);
    world.weight(EAST, 50);
    assert!(matches!(world.rollout(EAST).stage, Stage::FailedPromotion { .. }));
}

#[test]
fn evidence_is_not_gathered_where_the_weight_is_unknown() {
    let mut world = World::new(policy(&[EAST]));
    world.open(EAST, None, HeardBy::MidRun);
    world.east().canary = HEALTHY.errors(0.5);
    world.east().share = Some(0.5);
    world.minutes(10);
    assert!(world.seen(EAST).gates.iter().all(|g| g.total == 0.0));
}
