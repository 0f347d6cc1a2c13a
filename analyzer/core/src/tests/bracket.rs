//! A limit between two bucket edges: convicted on what is surely slow, proved on what is surely fast.

use super::world::{EAST, HEALTHY, Rates, World, policy};
use crate::increment::Bracket;
use crate::reason::{Against, Reason};
use crate::signal::Signal;

const EDGES: Bracket = Bracket { below_ms: 100.0, above_ms: Some(250.0) };

/// A healthy P99 of 150 ms between edges of 100 and 250 ms: .063 % above, 5.3 % below (log-normal).
const BETWEEN: Rates = Rates { slow: 0.00063, slow_at_most: 0.053, ..HEALTHY };

fn world(past: Rates, now: Rates) -> World {
    let mut world = World::new(policy(&[EAST]));
    world.past = Some(past);
    let site = world.east();
    (site.canary, site.primary, site.bracket) = (now, now, Some(EDGES));
    world.begin();
    world
}

#[test]
fn a_breach_uses_the_surely_slow_and_proof_the_possibly_slow() {
    let mut world = world(HEALTHY, BETWEEN);
    world.minutes(20);
    let gate = world.gate(EAST, Signal::P99Latency, Against::Limit);
    assert!(gate.ln_e < 0.0, "5.3 % possibly slow spoke against a healthy canary: {}", gate.ln_e);
    assert!(!gate.proof.unwrap().proved, ".063 % surely slow proved what 5.3 % possibly slow forbids");
    assert!(world.holds_for(EAST, |r| matches!(r, Reason::NotProved { signal: Signal::P99Latency, .. })));
    assert!((gate.bad / gate.total - 0.00063).abs() < 1e-9);
}

#[test]
fn surely_slow_requests_convict_across_a_bracket() {
    let mut world = world(HEALTHY, BETWEEN);
    world.east().canary = Rates { slow: 0.05, slow_at_most: 0.2, ..HEALTHY };
    assert!(world.until_decided(EAST, 16).is_some() && world.rolls_back(EAST));
}

#[test]
fn a_bracket_that_makes_the_baseline_look_over_its_limit_is_named_as_the_cause() {
    let mut world = world(BETWEEN, BETWEEN);
    world.minutes(4);
    let named = |r: &Reason| matches!(r, Reason::BaselineOverLimit { signal: Signal::P99Latency, bracket: Some(b), .. } if *b == EDGES);
    assert!(world.holds_for(EAST, named), "{:?}", world.reasons(EAST));
}
