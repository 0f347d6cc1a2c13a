//! How much traffic there is decides how tightly health is proved; where none can be, the gate stays quiet or holds.

use super::world::{EAST, HEALTHY, Rates, World, policy};
use crate::evidence::margin::Provability;
use crate::fact::{Fact, HeardBy};
use crate::reason::{Against, Reason};
use crate::report::Verdict;
use crate::signal::Signal;

fn provability(world: &World, signal: Signal) -> Option<Provability> {
    world.gate(EAST, signal, Against::Limit).proof.unwrap().provability
}

#[test]
fn a_gate_that_no_traffic_could_prove_is_named_and_only_has_to_stay_quiet() {
    let mut world = World::new(policy(&[EAST]));
    world.east().rps = 0.5;
    world.begin();
    assert!(matches!(provability(&world, Signal::ErrorRate), Some(Provability::TooLittleTraffic { .. })));
    assert_eq!(world.until_decided(EAST, 1000), Some(20), "{:?}", world.decision(EAST));
    assert!(world.advances(EAST));
    let verdict = &world.gate(EAST, Signal::ErrorRate, Against::Limit).verdict;
    let Verdict::Inconclusive(Reason::TooLittleTraffic { exposure, needed, .. }) = verdict else {
        panic!("{verdict:?}");
    };
    assert!(*exposure == 15.0 && needed.is_some_and(|n| n > 500.0), "{verdict:?}");
}

#[test]
fn a_gate_that_only_has_to_stay_quiet_holds_when_it_does_not() {
    let mut world = World::new(policy(&[EAST]));
    world.east().rps = 0.5;
    world.east().canary = HEALTHY.errors(0.02);
    world.begin();
    let not_quiet =
        |r: &Reason| matches!(r, Reason::NotQuiet { signal: Signal::ErrorRate, against: Against::Limit, .. });
    let held = (0..200).any(|_| {
        world.tick();
        world.holds_for(EAST, not_quiet)
    });
    assert!(held, "{:?}", world.decision(EAST));
}

#[test]
fn an_outage_at_little_traffic_is_convicted_all_the_same() {
    let mut world = World::new(policy(&[EAST]));
    world.east().rps = 10.0;
    world.east().canary = HEALTHY.errors(0.5);
    world.begin();
    assert!(world.until_decided(EAST, 12).is_some() && world.rolls_back(EAST));
}

#[test]
fn the_margin_follows_the_traffic_and_the_first_step_is_never_below_twice() {
    let chosen = |rps: f64| {
        let mut world = World::new(policy(&[EAST]));
        world.past = Some(HEALTHY.errors(0.0005));
        world.east().rps = rps;
        world.begin();
        match provability(&world, Signal::ErrorRate) {
            Some(Provability::Below { margin }) => Some(margin),
            _ => None,
        }
    };
    assert_eq!(chosen(10_000.0), Some(2));
    let margins: Vec<_> = [1000.0, 200.0, 100.0, 50.0].map(|rps| chosen(rps).unwrap_or(u8::MAX)).into();
    assert!(margins.is_sorted() && margins[0] < margins[3], "{margins:?}");
}

#[test]
fn the_margin_is_fixed_before_the_step_and_kept_through_it() {
    let mut world = World::at_five_percent();
    let before = provability(&world, Signal::ErrorRate);
    assert!(before.is_some());
    world.east().rps = 20.0;
    world.minutes(10);
    assert_eq!(provability(&world, Signal::ErrorRate), before);
}

#[test]
fn before_any_traffic_is_known_no_margin_is_chosen_and_nothing_is_proved() {
    let mut world = World::new(policy(&[EAST]));
    world.past = None;
    world.begin();
    assert_eq!(provability(&world, Signal::ErrorRate), None);
    assert!(world.holds_for(EAST, |r| matches!(r, Reason::NotCounted { .. })));
    world.tick();
    let proof = world.gate(EAST, Signal::ErrorRate, Against::Limit).proof.unwrap();
    assert_eq!((proof.provability, proof.ln_e.abs() < 1e-12), (None, true));
    assert!(world.holds_for(EAST, |r| matches!(r, Reason::TrafficUnknown { .. })));
    world.tick();
    assert!(provability(&world, Signal::ErrorRate).is_some());
}

#[test]
fn a_baseline_over_its_limit_is_refused_at_weight_zero() {
    let cases: [(Rates, Signal); 2] =
        [(HEALTHY.errors(0.002), Signal::ErrorRate), (HEALTHY.slow(0.03), Signal::P99Latency)];
    for (past, expected) in cases {
        let mut world = World::new(policy(&[EAST]));
        world.past = Some(past);
        world.open(EAST, None, HeardBy::Restart);
        world.tell(Fact::Heard { region: EAST.into(), said: None });
        world.tick();
        let [Reason::BaselineOverLimit { signal, times_limit, .. }] = world.reasons(EAST) else {
            panic!("{:?}", world.decision(EAST));
        };
        assert!(*signal == expected && *times_limit >= 2.0 - 1e-9);
    }
}

#[test]
fn a_rate_that_the_baseline_breaks_at_a_higher_weight_is_refused_there() {
    // 9 responses of 5xx a minute in all: .45 at 5 %, 4.5 at 50 %, over 5 at 100 %.
    let rates = Rates { http_5xx: 0.00015, ..HEALTHY };
    let mut world = World::new(policy(&[EAST]));
    world.past = Some(rates);
    world.begin();
    let refused =
        |w: &World| matches!(provability(w, Signal::Http5xx), Some(Provability::BaselineOverLimit { .. }));
    assert!(!refused(&world));
    world.weight(EAST, 50);
    assert!(!refused(&world));
    world.weight(EAST, 100);
    assert!(refused(&world));
    world.minutes(6);
    assert!(
        world.holds_for(EAST, |r| matches!(r, Reason::BaselineOverLimit { signal: Signal::Http5xx, .. }))
    );
}

#[test]
fn a_regions_own_limit_replaces_the_policys() {
    let mut policy = policy(&[EAST]);
    policy.regions[0].limits.insert(Signal::ErrorRate, 0.05);
    let mut world = World::with_first_step(policy);
    assert_eq!(world.gate(EAST, Signal::ErrorRate, Against::Limit).bound, 0.05);
    let sick = HEALTHY.errors(0.02);
    let site = world.east();
    (site.canary, site.primary) = (sick, sick);
    assert_eq!(world.until_decided(EAST, 20), Some(20), "2 % is within 5 %");
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
}

/// A canary so near its limit that no time suffices to prove it below the limit itself.
fn near_the_limit(errors: f64) -> World {
    let mut policy = policy(&[EAST]);
    policy.steps[0].prove = 1;
    let mut world = World::new(policy);
    let site = world.east();
    (site.canary, site.primary) = (HEALTHY.errors(errors), HEALTHY.errors(0.00097));
    world.begin();
    world
}

#[test]
fn a_canary_within_its_limit_goes_on_when_the_extension_is_over_proved_below_twice() {
    let mut world = near_the_limit(0.00097);
    world.minutes(29);
    assert_eq!(provability(&world, Signal::ErrorRate), Some(Provability::Below { margin: 1 }));
    assert!(!world.advances(EAST));
    world.minutes(2);
    assert_eq!(provability(&world, Signal::ErrorRate), Some(Provability::Below { margin: 2 }));
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
}

#[test]
fn a_canary_seen_above_its_limit_is_not_let_on_by_the_wider_proof() {
    let mut world = near_the_limit(0.00105);
    world.minutes(60);
    assert!(!world.advances(EAST), "{:?}", world.decision(EAST));
}

#[test]
fn a_canary_that_counts_a_quarter_of_its_requests_is_held_and_never_rolled_back() {
    let mut world = World::at_five_percent();
    world.minutes(2);
    // Nearer to 5 % than to nothing would still be 3 %: only time tells that this is not chance.
    world.east().share = Some(0.0125);
    let lost = |r: &Reason| matches!(r, Reason::TrafficShare { weight: 5, .. });
    let held = (0..40).any(|_| {
        world.tick();
        world.holds_for(EAST, lost)
    });
    assert!(held && !world.rolls_back(EAST), "{:?}", world.decision(EAST));
    world.east().share = None;
    world.minutes(20);
    assert!(!world.holds_for(EAST, lost), "{:?}", world.decision(EAST));
}

#[test]
fn a_canary_that_gets_a_little_less_than_its_weight_is_not_held_for_it() {
    let mut world = World::at_five_percent();
    world.east().share = Some(0.035);
    world.minutes(12);
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
}
