//! What could not be counted holds, under its name, and moves no evidence.

use super::world::{EAST, HEALTHY, World, policy};
use crate::increment::{Arm, Missing, Reading};
use crate::policy::OnInconclusive;
use crate::reason::{Against, Reason};
use crate::signal::Signal;
use crate::time::Span;
use crate::{fact::Fact, increment::Arms};

fn unreachable() -> Missing {
    Missing::Unreachable { arm: Arm::Canary, target: "pod:8080".into(), detail: "refused".into() }
}

fn not_a_number() -> Missing {
    Missing::NotANumber { arm: Arm::Canary, target: None, series: "http_requests_total".into() }
}

fn evidence(world: &World) -> Vec<(f64, f64)> {
    let gates = world.seen(EAST).gates.iter();
    gates.map(|g| (g.ln_e, g.proof.map_or(0.0, |p| p.ln_e))).collect()
}

#[test]
fn a_source_that_is_down_holds_with_its_reason_however_long() {
    for missing in [unreachable(), not_a_number(), Missing::FirstReading] {
        let mut world = World::at_five_percent();
        world.minutes(9);
        let before = evidence(&world);
        world.east().missing = Some(missing.clone());
        world.minutes(60);
        for signal in Signal::CORE {
            let named = Reason::NotCounted { signal, missing: Some(missing.clone()) };
            assert!(world.holds_for(EAST, |r| *r == named), "{:?}", world.reasons(EAST));
        }
        assert_eq!(evidence(&world), before, "silence moved evidence");
    }
}

#[test]
fn one_missing_signal_is_enough_to_hold() {
    let mut world = World::at_five_percent();
    world.minutes(12);
    assert!(world.advances(EAST));
    world.now = world.now + Span::from_s(30);
    let mut increment = world.count(&EAST.into());
    increment.signals.insert(Signal::ErrorRate, Reading::Missing(unreachable()));
    world.tell(Fact::Polled(increment));
    assert_eq!(
        world.reasons(EAST),
        [Reason::NotCounted { signal: Signal::ErrorRate, missing: Some(unreachable()) }]
    );
}

#[test]
fn when_the_source_is_back_the_gap_is_one_longer_interval() {
    let mut world = World::at_five_percent();
    world.minutes(2);
    world.east().missing = Some(unreachable());
    world.minutes(3);
    world.east().missing = None;
    world.tick();
    let gate = world.gate(EAST, Signal::ErrorRate, Against::Limit);
    assert!((gate.total - 50.0 * 330.0).abs() < 1e-6, "{}", gate.total);
}

#[test]
fn no_traffic_is_named_and_is_neither_health_nor_sickness() {
    let mut world = World::at_five_percent();
    world.east().rps = 0.0;
    let before = evidence(&world);
    world.minutes(45);
    for signal in Signal::CORE {
        assert!(world.holds_for(EAST, |r| *r == Reason::NoTraffic { signal }), "{:?}", world.reasons(EAST));
    }
    assert_eq!(evidence(&world), before);
}

#[test]
fn counters_that_freeze_in_the_middle_of_a_step_hold_it() {
    let mut world = World::at_five_percent();
    world.minutes(9);
    world.east().rps = 0.0;
    world.minutes(2);
    assert!(world.holds_for(EAST, |r| matches!(r, Reason::NoTraffic { .. })), "{:?}", world.decision(EAST));
    world.east().rps = 1000.0;
    world.tick();
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
}

#[test]
fn a_quiet_minute_at_little_traffic_is_no_frozen_counter() {
    // One request of the canary in 20 s: half a minute without any is nothing.
    let mut world = World::new(policy(&[EAST]));
    world.east().rps = 1.0;
    world.begin();
    world.minutes(10);
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
    let rps = std::mem::take(&mut world.east().rps);
    world.tick();
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
    world.east().rps = rps;
}

#[test]
fn a_count_that_is_too_old_holds_and_a_later_look_does_not_advance() {
    let mut world = World::at_five_percent();
    world.minutes(12);
    let counted = world.now;
    assert!(world.advances(EAST));
    world.look_at(counted + Span::from_s(90));
    assert!(world.advances(EAST), "three increments are still fresh");
    world.look_at(counted + Span::from_s(91));
    let stale = Reason::Stale { age: Span::from_s(91), max_age: Span::from_s(90) };
    assert_eq!(world.reasons(EAST), [stale]);
}

#[test]
fn polls_that_stop_for_a_while_do_not_carry_the_step() {
    let mut world = World::at_five_percent();
    world.minutes(9);
    world.east().unpolled = true;
    world.minutes(3);
    world.look_at(world.now);
    assert!(world.holds_for(EAST, |r| matches!(r, Reason::Stale { .. })));
}

#[test]
fn a_signal_that_no_poll_asks_for_holds() {
    let mut world = World::at_five_percent();
    for _ in 0..30 {
        world.now = world.now + Span::from_s(30);
        let mut increment = world.count(&EAST.into());
        increment.signals.remove(&Signal::Http5xx);
        world.tell(Fact::Polled(increment));
    }
    let uncounted = Reason::NotCounted { signal: Signal::Http5xx, missing: None };
    assert!(world.holds_for(EAST, |r| *r == uncounted), "{:?}", world.reasons(EAST));
}

#[test]
fn promote_if_quiet_waives_missing_proof_after_the_extension_and_nothing_else() {
    let quiet = |errors: f64, missing: Option<Missing>| {
        let mut policy = policy(&[EAST]);
        policy.on_inconclusive = OnInconclusive::PromoteIfQuiet;
        // Health is to be proved below the limit itself, and the service is so near it that no time suffices.
        policy.steps[0].prove = 1;
        let mut world = World::new(policy);
        let site = world.east();
        (site.canary, site.primary) = (HEALTHY.errors(errors), HEALTHY.errors(0.00097));
        world.past = Some(HEALTHY);
        world.begin();
        world.minutes(29);
        assert!(!world.advances(EAST));
        world.east().missing = missing;
        world.minutes(2);
        world
    };
    let calm = quiet(0.00102, None);
    let unproved =
        calm.rollout(EAST).gates.iter().filter_map(|g| g.limit.as_ref()).any(|l| !l.proof.is_proved());
    assert!(calm.advances(EAST) && unproved, "{:?}", calm.decision(EAST));
    assert!(!quiet(0.00102, Some(unreachable())).advances(EAST), "missing data was waived");
    assert!(!quiet(0.0018, None).advances(EAST), "evidence against was waived");
}

#[test]
fn the_primary_asked_alone_is_never_taken_for_the_canary() {
    let mut world = World::at_five_percent();
    world.minutes(2);
    world.east().primary = HEALTHY.errors(0.2);
    for _ in 0..20 {
        world.now = world.now + Span::from_s(30);
        let mut increment = world.count(&EAST.into());
        increment.arms = Arms::PrimaryOnly;
        for reading in increment.signals.values_mut() {
            if let Reading::Counted { canary, .. } = reading {
                *canary = None;
            }
        }
        world.tell(Fact::Polled(increment));
    }
    assert!(!world.rolls_back(EAST) && !world.advances(EAST), "{:?}", world.decision(EAST));
}

#[test]
fn an_event_that_two_increments_bring_is_counted_once() {
    let mut world = World::at_five_percent();
    world.minutes(2);
    let since = world.now - Span::from_s(30);
    world.now = world.now + Span::from_s(30);
    let mut increment = world.count(&EAST.into());
    for reading in increment.signals.values_mut() {
        if let Reading::Counted { since: begin, .. } = reading {
            *begin = since;
        }
    }
    let before = world.gate(EAST, Signal::ErrorRate, Against::Limit).total;
    world.tell(Fact::Polled(increment));
    assert_eq!(world.gate(EAST, Signal::ErrorRate, Against::Limit).total, before);
}

#[test]
fn the_same_poll_twice_is_one_poll() {
    let mut world = World::at_five_percent();
    world.minutes(2);
    let again = world.entries.last().unwrap().fact.clone();
    let before = world.state.clone();
    world.tell(again);
    assert_eq!(world.state, before);
}

#[test]
fn a_poll_from_the_past_does_not_turn_time_back() {
    let mut world = World::at_five_percent();
    world.minutes(10);
    world.now = world.now - Span::from_min(5);
    world.east().missing = Some(unreachable());
    let late = world.count(&EAST.into());
    world.now = world.now + Span::from_min(5);
    let before = world.state.clone();
    world.tell(Fact::Polled(late));
    assert_eq!(world.state, before);
    assert!(world.advances(EAST));
}

#[test]
fn without_any_request_of_the_primary_a_comparison_does_not_pass() {
    let mut world = World::new(policy(&[EAST]));
    world.past = None;
    // Too few requests an increment for the share of traffic to contradict the weight.
    let site = world.east();
    (site.rps, site.share) = (10.0, Some(1.0));
    world.begin();
    world.minutes(40);
    assert!(!world.advances(EAST), "{:?}", world.decision(EAST));
}
