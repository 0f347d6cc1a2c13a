//! A healthy release walks the ladder, and its windows are the policy's.

use super::world::{BIN, EAST, HEALTHY, World, policy};
use crate::fact::{Fact, HeardBy};
use crate::reason::{Against, Reason};
use crate::report::Decision;
use crate::signal::Signal;
use crate::state::Stage;
use crate::time::Span;

/// Polls in `minutes`.
fn polls(minutes: usize) -> usize {
    minutes * 2
}

#[test]
fn a_healthy_release_walks_the_ladder_in_exactly_the_windows_of_the_policy() {
    let mut world = World::at_five_percent();
    for minutes in [10, 5, 5] {
        assert_eq!(world.until_decided(EAST, 1000), Some(polls(minutes)), "{:?}", world.rollout(EAST).stage);
        world.go_on(EAST);
    }
    assert!(matches!(world.rollout(EAST).stage, Stage::Promoted { .. }));
    assert_eq!(world.decision(EAST), &Decision::Hold(vec![Reason::Ended]));
}

#[test]
fn a_step_seen_between_two_polls_still_gets_its_whole_window() {
    let mut world = World::new(policy(&[EAST]));
    world.open(EAST, None, HeardBy::Restart);
    world.tick();
    let seen = world.now + Span::from_s(7);
    world.now = seen;
    world.weight(EAST, 5);
    world.now = seen - Span::from_s(7);
    world.until_decided(EAST, 1000).unwrap();
    let elapsed = world.now - seen;
    assert!(world.advances(EAST) && elapsed >= Span::from_min(10) && elapsed < Span::from_min(10) + BIN);
}

#[test]
fn a_step_advances_at_the_first_look_after_window_and_proof() {
    // At a tenth of the traffic and over the limit that it need only be proved four times below, proof takes longer than the window.
    let mut world = World::new(policy(&[EAST])).seeded(7);
    let modest = HEALTHY.errors(0.0012);
    world.past = Some(HEALTHY.errors(0.0005));
    let site = world.east();
    (site.rps, site.canary, site.primary) = (100.0, modest, modest);
    world.begin();
    let mut unproved_after_window = false;
    loop {
        world.tick();
        let step = world.seen(EAST).step.clone().unwrap();
        let ready = step.elapsed >= step.observe && world.proved(EAST);
        unproved_after_window |= step.elapsed >= step.observe && !ready;
        assert_eq!(world.advances(EAST), ready, "{:?}", world.decision(EAST));
        if ready {
            break;
        }
    }
    assert!(unproved_after_window, "the window alone decided");
}

#[test]
fn latency_sits_out_the_settling_time_of_every_step() {
    let mut world = World::at_five_percent();
    for (minutes, settled) in [(10, 10 - 3), (5, 5 - 3)] {
        world.east().canary = HEALTHY.slow(0.5);
        world.minutes(3);
        assert_eq!(world.gate(EAST, Signal::P99Latency, Against::Limit).proof.unwrap().exposure, 0.0);
        assert!(world.breached(EAST).is_empty(), "a cold cache was held against the canary");
        world.east().canary = HEALTHY;
        assert_eq!(world.until_decided(EAST, 1000), Some(polls(settled)));
        assert_eq!(minutes - 3, settled);
        world.go_on(EAST);
    }
}

#[test]
fn errors_count_from_the_first_poll_while_latency_settles() {
    let mut world = World::at_five_percent();
    world.tick();
    assert!(world.gate(EAST, Signal::ErrorRate, Against::Limit).proof.unwrap().exposure > 0.0);
    assert_eq!(world.gate(EAST, Signal::ErrorRate, Against::Limit).total, 1500.0);
    assert_eq!(world.gate(EAST, Signal::P99Latency, Against::Limit).total, 0.0);
}

#[test]
fn at_weight_zero_every_signal_must_have_answered_and_events_must_be_heard() {
    let mut world = World::new(policy(&[EAST]));
    world.open(EAST, None, HeardBy::ConfirmRollout);
    assert!(world.advances(EAST), "nothing stands against its admission");
    world.tell(Fact::Admitted { region: EAST.into() });
    let uncounted = |r: &Reason| matches!(r, Reason::NotCounted { missing: None, .. });
    assert!(world.holds_for(EAST, uncounted));
    world.tick();
    assert_eq!(world.decision(EAST), &Decision::Hold(vec![Reason::EventHookSilent]));
    world.tell(Fact::Heard { region: EAST.into(), said: None });
    assert!(world.advances(EAST));
}

#[test]
fn proof_begins_anew_at_each_step_and_evidence_against_does_not() {
    let mut world = World::at_five_percent();
    world.east().canary = HEALTHY.errors(0.0012);
    world.minutes(10);
    let before = world.gate(EAST, Signal::ErrorRate, Against::Limit).clone();
    assert!(before.ln_e != 0.0 && before.proof.unwrap().exposure > 0.0);
    world.weight(EAST, 50);
    let after = world.gate(EAST, Signal::ErrorRate, Against::Limit);
    let proof = after.proof.unwrap();
    assert_eq!((after.ln_e, after.bad, after.total), (before.ln_e, before.bad, before.total));
    assert!(proof.exposure == 0.0 && proof.ln_e.abs() < 1e-12 && !proof.proved);
}

#[test]
fn the_same_weight_told_twice_does_not_begin_the_step_anew() {
    let mut world = World::at_five_percent();
    world.minutes(6);
    world.weight(EAST, 5);
    assert_eq!(world.until_decided(EAST, 1000), Some(polls(4)));
}
