//! Evidence that is not yet a breach, and what it holds.

use super::world::{EAST, HEALTHY, World, policy};
use crate::budget::QUIET;
use crate::math::ln;
use crate::policy::OnInconclusive;
use crate::reason::{Against, Reason};
use crate::signal::Signal;
use crate::time::Span;

/// A world in which the error gate alone speaks, after its window, until its evidence is over 10 while its
/// stratum's is not. Proof is asked for below `prove` times the limit, and never waited for.
fn speaking(on_inconclusive: OnInconclusive, prove: u8) -> World {
    let mut policy = policy(&[EAST]);
    policy.on_inconclusive = on_inconclusive;
    policy.gates[1].tolerate = None;
    (policy.steps[0].prove, policy.steps[0].extend_up_to) = (prove, Span::from_min(10));
    let mut world = World::with_first_step(policy);
    world.minutes(10);
    world.east().canary = HEALTHY.errors(0.0028);
    world.east().primary = HEALTHY.errors(0.0016);
    for _ in 0..400 {
        world.tick();
        if world.gate(EAST, Signal::ErrorRate, Against::Limit).ln_e >= ln(QUIET) {
            let stratum = world.seen(EAST).strata[0].ln_e;
            assert!(stratum < ln(QUIET), "the stratum alone would hold: {stratum}");
            return world;
        }
    }
    panic!("it never spoke");
}

fn speaks(reason: &Reason) -> bool {
    matches!(reason, Reason::NotQuiet { signal: Signal::ErrorRate, against: Against::Limit, .. })
}

#[test]
fn a_limit_gate_that_speaks_against_the_canary_holds_even_where_a_wider_margin_is_proved() {
    let world = speaking(OnInconclusive::Hold, 8);
    assert!(world.proved(EAST) && world.holds_for(EAST, speaks), "{:?}", world.decision(EAST));
}

#[test]
fn promote_if_quiet_asks_for_quiet() {
    let world = speaking(OnInconclusive::PromoteIfQuiet, 1);
    assert!(world.seen(EAST).step.clone().unwrap().overdue, "the test must reach the waiver");
    assert!(!world.proved(EAST) && world.holds_for(EAST, speaks), "{:?}", world.decision(EAST));
}

#[test]
fn a_canary_worse_than_tolerated_holds_before_it_is_convicted() {
    let mut world = World::at_five_percent();
    world.minutes(10);
    // Within the limit, at three times the primary.
    world.east().canary = HEALTHY.errors(0.0004);
    let quiet = |r: &Reason| matches!(r, Reason::NotQuiet { against: Against::Primary, .. });
    let held = (0..200).any(|_| {
        world.tick();
        world.holds_for(EAST, quiet)
    });
    assert!(held, "{:?}", world.decision(EAST));
}
