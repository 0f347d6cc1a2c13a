//! What a bet is placed under is fixed before its interval begins.

use super::world::{EAST, HEALTHY, World, policy};
use crate::fact::Fact;
use crate::increment::{Counts, Reading};
use crate::math::ln;
use crate::reason::Against;
use crate::signal::Signal;
use crate::time::Span;

/// Polls once with these errors in both arms; the gate's proof afterwards, as a logarithm.
fn proof_after(world: &mut World, canary_bad: f64, primary_bad: f64) -> f64 {
    world.now = world.now + Span::from_s(30);
    let mut increment = world.count(&EAST.into());
    if let Some(Reading::Counted { canary, primary, .. }) = increment.signals.get_mut(&Signal::ErrorRate) {
        *canary = Some(Counts::exact(canary_bad, 1500.0));
        *primary = Some(Counts::exact(primary_bad, 28_500.0));
    }
    world.tell(Fact::Polled(increment));
    world.gate(EAST, Signal::ErrorRate, Against::Limit).proof.unwrap().ln_e
}

#[test]
fn a_burst_in_the_primary_does_not_soften_what_the_same_interval_says_of_the_canary() {
    let proof = |primary_bad: f64| {
        let mut world = World::new(policy(&[EAST]));
        world.past = None;
        world.begin();
        world.minutes(3);
        proof_after(&mut world, 30.0, primary_bad)
    };
    let (calm, burst) = (proof(2.85), proof(600.0));
    assert_eq!(calm, burst, "the dispersion was taken from the interval that it prices");
}

#[test]
fn a_burst_in_the_primary_makes_the_next_interval_more_cautious() {
    let mut world = World::new(policy(&[EAST]));
    world.past = None;
    world.begin();
    world.minutes(3);
    proof_after(&mut world, 0.15, 600.0);
    let phi = world.gate(EAST, Signal::ErrorRate, Against::Limit).proof.unwrap().phi;
    assert!(phi > 100.0, "{phi}");
}

#[test]
fn an_interval_that_began_before_the_step_proves_nothing_in_it() {
    let mut world = World::at_five_percent();
    world.minutes(10);
    world.now = world.now + Span::from_s(10);
    world.weight(EAST, 50);
    world.now = world.now + Span::from_s(20);
    let increment = world.count(&EAST.into());
    world.tell(Fact::Polled(increment));
    let gate = world.gate(EAST, Signal::ErrorRate, Against::Limit);
    assert!(gate.proof.unwrap().exposure == 0.0 && gate.proof.unwrap().ln_e.abs() < 1e-12);
    assert!(gate.total > 10.0 * 60.0 * 50.0, "but it counts against");
    assert!(world.rollout(EAST).gates[1].reading.counted.is_none());
}

#[test]
fn an_interval_that_began_before_the_canary_had_traffic_counts_for_nothing() {
    let mut world = World::new(policy(&[EAST]));
    world.open(EAST, None, crate::fact::HeardBy::Restart);
    world.tick();
    world.now = world.now + Span::from_s(10);
    world.weight(EAST, 5);
    world.now = world.now + Span::from_s(20);
    let increment = world.count(&EAST.into());
    world.tell(Fact::Polled(increment));
    assert!(world.seen(EAST).gates.iter().all(|g| g.total == 0.0));
}

#[test]
fn an_interval_that_began_before_latency_settled_says_nothing_about_latency() {
    let mut world = World::at_five_percent();
    world.ticks(5);
    world.now = world.now + Span::from_s(31);
    world.east().canary = HEALTHY.slow(0.9);
    let increment = world.count(&EAST.into());
    world.tell(Fact::Polled(increment));
    assert_eq!(world.gate(EAST, Signal::P99Latency, Against::Limit).total, 0.0);
}

#[test]
fn the_dispersion_of_bets_against_is_the_historys_to_the_end() {
    let mut world = World::at_five_percent();
    let before = world.gate(EAST, Signal::ErrorRate, Against::Limit).phi;
    proof_after(&mut world, 1.0, 600.0);
    assert_eq!(world.gate(EAST, Signal::ErrorRate, Against::Limit).phi, before);
    assert_eq!(before, 1.25);
}

#[test]
fn the_first_bet_pays_what_the_formulas_say() {
    // Half of the capital bets at once: E = 1/2 + 1/2 · mean of the factors, the smaller of limit and comparison.
    let mut world = World::at_five_percent();
    proof_after(&mut world, 6.0, 2.85);
    let (dt, cap) = (Span::from_s(30), crate::evidence::panel::Cap::for_targets(2));
    let limit = crate::evidence::limit::factors(6.0, 1.5, 1.25, dt, cap);
    let cell = crate::evidence::ratio::Cell {
        canary_bad: 6.0,
        primary_bad: 2.85,
        exposure_ratio: 1500.0 / 28_500.0,
    };
    let ratio = crate::evidence::ratio::factors(&[cell], 1.0, 1.25, dt, cap);
    let both = crate::evidence::panel::both(&limit, &ratio);
    let mean = both.iter().sum::<f64>() / 15.0;
    let ln_e = world.gate(EAST, Signal::ErrorRate, Against::Limit).ln_e;
    assert!((ln_e - ln(0.5 + 0.5 * mean)).abs() < 1e-12, "{ln_e}");
}
