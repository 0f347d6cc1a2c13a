//! Levels (CPU, memory) and the place (lag, health): what convicts, what only holds, what is quiet.

use super::world::{BIN, EAST, Shares, World, gate, policy};
use crate::policy::{Gate, Policy};
use crate::reason::{Against, Reason};
use crate::report::Verdict;
use crate::signal::{Kind, Signal};

/// A gate of every signal: limits where they are levels, both bounds for gauges.
fn every_gate() -> Vec<Gate> {
    let limit = |signal: Signal| match signal.kind() {
        Kind::Ratio => Some(0.001),
        Kind::Rate => Some(5.0),
        Kind::Latency => Some(200.0),
        Kind::Gauge => Some(0.8),
        Kind::Place => Some(0.5),
    };
    let tolerate = |signal: Signal| (signal.kind() != Kind::Place).then_some(1.5);
    Signal::ALL.into_iter().map(|s| gate(s, limit(s), tolerate(s))).collect()
}

fn world() -> World {
    let mut policy = policy(&[EAST]);
    policy.gates = every_gate();
    World::with_first_step(policy)
}

#[test]
fn a_healthy_canary_with_every_signal_gated_is_promoted() {
    let mut world = world();
    for _ in 0..3 {
        assert!(world.until_decided(EAST, 120).is_some(), "{:?}", world.decision(EAST));
        world.go_on(EAST);
    }
}

#[test]
fn the_core_s_gates_keep_three_quarters_of_the_budget_and_the_place_has_none() {
    let world = world();
    let sum = |such: fn(Signal) -> bool| {
        let gates = world.rollout(EAST).gates.iter().filter(|g| such(g.signal));
        let both = |g: &crate::state::Gate| {
            g.limit.as_ref().map_or(0.0, |l| l.weight) + g.ratio.as_ref().map_or(0.0, |r| r.weight)
        };
        gates.map(both).sum::<f64>()
    };
    assert!((sum(|s| s.is_core()) - 0.75).abs() < 1e-12);
    assert!((sum(|s| !s.is_core()) - 0.25).abs() < 1e-12);
    assert_eq!(sum(|s| s.kind() == Kind::Place), 0.0);
}

/// Minutes until a canary is convicted of this share of its samples above the limit, beside a primary that has none there.
fn convicted_after_min(gates: Vec<Gate>, canary: f64) -> Option<f64> {
    let mut world = World::with_first_step(Policy { gates, ..policy(&[EAST]) });
    world.minutes(4);
    world.east().levels.insert(Signal::Cpu, Shares { canary, ..Shares::default() });
    let ticks = (1..=600_u32).find(|_| {
        world.tick();
        world.rolls_back(EAST)
    });
    assert_eq!(world.breached(EAST), ticks.map(|_| (Signal::Cpu, Against::Limit)).as_slice());
    ticks.map(|n| BIN.as_min() * f64::from(n))
}

/// The core's gates, and one of the CPU.
fn one_gauge() -> Vec<Gate> {
    let cpu = gate(Signal::Cpu, Some(0.8), None);
    policy(&[EAST]).gates.into_iter().chain([cpu]).collect()
}

#[test]
fn a_gauge_over_its_limit_beside_a_primary_within_it_convicts_within_minutes() {
    assert_eq!(convicted_after_min(one_gauge(), 1.0), Some(2.5));
    assert_eq!(convicted_after_min(every_gate(), 1.0), Some(3.5));
    assert_eq!(convicted_after_min(one_gauge(), 0.2), Some(9.0));
    assert_eq!(convicted_after_min(one_gauge(), 0.1), None, "which is allowed");
}

#[test]
fn the_page_of_statistics_says_how_soon_a_gauge_over_its_limit_is_found() {
    let page =
        include_str!("../../../../docs/STATISTICS.md").split_whitespace().collect::<Vec<_>>().join(" ");
    let after = |gates, share| convicted_after_min(gates, share).unwrap_or(f64::NAN);
    let said = format!(
        "found after {} minutes, where every signal is gated after {}; one with a fifth of them there after {}",
        after(one_gauge(), 1.0),
        after(every_gate(), 1.0),
        after(one_gauge(), 0.2),
    );
    assert!(page.contains(&said), "docs/STATISTICS.md, section 5, has to say: {said}");
}

#[test]
fn a_gauge_that_is_worse_than_tolerated_convicts_although_it_has_no_limit() {
    let mut policy = policy(&[EAST]);
    policy.gates.push(gate(Signal::Memory, None, Some(1.5)));
    let mut world = World::with_first_step(policy);
    world.minutes(4);
    world.east().levels.insert(Signal::Memory, Shares { worse: 1.0, ..Shares::default() });
    world.minutes(15);
    assert!(world.rolls_back(EAST), "{:?}", world.decision(EAST));
    assert_eq!(world.breached(EAST), [(Signal::Memory, Against::Primary)]);
}

#[test]
fn a_gauge_that_is_over_its_limit_in_both_versions_holds_and_convicts_nobody() {
    let mut world = world();
    world.minutes(4);
    let both = Shares { canary: 1.0, primary: 1.0, worse: 0.0 };
    world.east().levels.insert(Signal::Cpu, both);
    world.minutes(60);
    let environment = |r: &Reason| matches!(r, Reason::Environment { signal: Signal::Cpu, .. });
    assert!(world.holds_for(EAST, environment), "{:?}", world.decision(EAST));
}

#[test]
fn a_gauge_that_is_over_its_limit_one_time_in_twenty_stays_quiet() {
    let mut world = world();
    world.minutes(4);
    for i in 0..240 {
        let canary = if i % 20 == 0 { 1.0 } else { 0.0 };
        world.east().levels.insert(Signal::Cpu, Shares { canary, ..Shares::default() });
        world.tick();
        assert!(!world.rolls_back(EAST));
    }
    assert!(world.gate(EAST, Signal::Cpu, Against::Limit).ln_e < 0.0);
}

#[test]
fn a_place_over_its_limit_holds_by_name_until_it_is_over_and_never_rolls_back() {
    let mut world = world();
    world.minutes(10);
    world.east().levels.insert(Signal::ReplicationLag, Shares { canary: 7.0, ..Shares::default() });
    world.minutes(60);
    let lags = |r: &Reason| matches!(r, Reason::PlaceOverLimit { signal: Signal::ReplicationLag, .. });
    assert!(world.holds_for(EAST, lags), "{:?}", world.decision(EAST));
    let said = world.reasons(EAST).iter().find(|r| lags(r)).unwrap().to_string();
    assert_eq!(said, "replication-lag of the region is 7s, over its limit of 0.5s");
    world.east().levels.clear();
    world.minutes(1);
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
}

#[test]
fn a_level_or_a_place_that_cannot_be_read_holds() {
    for signal in [Signal::Memory, Signal::Health, Signal::ErrorLogs] {
        let mut world = world();
        world.minutes(2);
        world.east().unread.push(signal);
        world.minutes(40);
        let blind = |r: &Reason| matches!(r, Reason::NotCounted { signal: s, .. } if *s == signal);
        assert!(world.holds_for(EAST, blind), "{:?}", world.decision(EAST));
    }
}

#[test]
fn a_signal_with_nothing_to_count_is_quiet_and_no_lost_canary() {
    let mut policy = policy(&[EAST]);
    policy.gates.push(gate(Signal::DependencyErrors, Some(0.01), None));
    let mut world = World::with_first_step(policy);
    world.minutes(10);
    let gate = world.gate(EAST, Signal::DependencyErrors, Against::Limit);
    assert!(matches!(gate.verdict, Verdict::Inconclusive(Reason::NeedsNoProof { .. })), "{gate:?}");
}

#[test]
fn a_fault_that_only_error_logs_show_is_found() {
    let mut policy = policy(&[EAST]);
    policy.gates.push(gate(Signal::ErrorLogs, None, Some(2.0)));
    let mut world = World::with_first_step(policy);
    world.minutes(5);
    world.east().canary_logs = 0.01;
    world.minutes(10);
    assert!(world.rolls_back(EAST), "{:?}", world.decision(EAST));
    assert_eq!(world.breached(EAST), [(Signal::ErrorLogs, Against::Primary)]);
}
