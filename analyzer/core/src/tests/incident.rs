//! An incident of the environment hits both arms: nobody is convicted, nothing advances, a person is asked.

use super::world::{EAST, HEALTHY, Rates, WEST, World, policy};
use crate::fact::HeardBy;
use crate::policy::OnInconclusive;
use crate::reason::Reason;
use crate::signal::Signal;
use crate::time::Span;

fn incident(errors: f64, slow: f64) -> Rates {
    Rates { http_5xx: errors, ..HEALTHY.errors(errors).slow(slow) }
}

fn strike(world: &mut World, rates: Rates) {
    let site = world.east();
    (site.canary, site.primary) = (rates, rates);
}

#[test]
fn an_incident_in_both_arms_never_rolls_back_and_is_named() {
    for errors in [0.005, 0.05, 0.5, 1.0] {
        let mut world = World::at_five_percent();
        strike(&mut world, incident(errors, 0.3));
        for _ in 0..120 {
            world.tick();
            assert!(!world.rolls_back(EAST) && !world.advances(EAST), "{:?}", world.decision(EAST));
        }
        for signal in Signal::CORE {
            let named = |r: &Reason| matches!(r, Reason::Environment { signal: s, .. } if *s == signal);
            assert!(world.holds_for(EAST, named), "{signal}: {:?}", world.reasons(EAST));
        }
    }
}

#[test]
fn it_is_overdue_once_the_extension_is_over_and_waits() {
    let mut world = World::at_five_percent();
    strike(&mut world, incident(0.05, 0.3));
    world.minutes(29);
    assert!(!world.seen(EAST).step.clone().unwrap().overdue);
    world.minutes(1);
    let step = world.seen(EAST).step.clone().unwrap();
    assert!(step.overdue && step.elapsed == Span::from_min(30));
    world.minutes(60);
    assert!(world.holds_for(EAST, |r| matches!(r, Reason::Environment { .. })));
}

#[test]
fn promote_if_quiet_does_not_waive_an_incident() {
    let mut world = World::new(super::world::policy(&[EAST]));
    world.policy.on_inconclusive = OnInconclusive::PromoteIfQuiet;
    world.begin();
    strike(&mut world, incident(0.05, 0.3));
    world.minutes(60);
    assert!(!world.advances(EAST));
}

#[test]
fn a_canary_at_1_4_times_its_primary_is_not_convicted_by_chance_in_an_incident_of_ten_times() {
    for seed in 0..10 {
        let mut world = World::new(policy(&[EAST])).seeded(seed);
        world.past = Some(HEALTHY.errors(0.0006));
        world.begin();
        for errors in [0.0006, 0.006, 0.0006] {
            let site = world.east();
            (site.canary, site.primary) = (HEALTHY.errors(1.4 * errors), HEALTHY.errors(errors));
            world.minutes(5);
            assert!(!world.rolls_back(EAST), "{seed}: {:?}", world.decision(EAST));
        }
    }
}

#[test]
fn a_mildly_worse_canary_within_its_limit_is_not_convicted_by_an_incident_in_both() {
    // The canary is 1.4 times the primary throughout, within the tolerated 1.5.
    let mut world = World::at_five_percent();
    world.east().canary = HEALTHY.errors(0.00014);
    world.minutes(5);
    let site = world.east();
    (site.canary, site.primary) = (HEALTHY.errors(0.014), HEALTHY.errors(0.01));
    for _ in 0..20 {
        world.tick();
        let limit = world.gate(EAST, Signal::ErrorRate, crate::reason::Against::Primary).ln_e;
        assert!(limit < 0.5, "within what is tolerated, the comparison stays quiet: {limit}");
    }
}

#[test]
fn a_short_incident_delays_and_then_the_release_goes_on() {
    let mut world = World::at_five_percent();
    world.minutes(2);
    strike(&mut world, incident(0.02, 0.1));
    world.minutes(2);
    assert!(!world.rolls_back(EAST));
    strike(&mut world, HEALTHY);
    let polls = world.until_decided(EAST, 80);
    assert!(polls.is_some_and(|p| p >= 12) && world.advances(EAST), "{polls:?} {:?}", world.decision(EAST));
}

#[test]
fn a_sick_canary_in_an_incident_of_both_is_still_convicted() {
    let mut world = World::at_five_percent();
    strike(&mut world, incident(0.01, 0.05));
    world.east().canary = incident(0.1, 0.5);
    assert!(world.until_decided(EAST, 10).is_some() && world.rolls_back(EAST));
}

#[test]
fn an_incident_that_is_over_does_not_hold_a_gate_of_little_traffic_for_long() {
    for rps in [3.0, 10.0] {
        let mut world = World::new(policy(&[EAST])).seeded(5);
        world.east().rps = rps;
        world.begin();
        world.minutes(2);
        strike(&mut world, HEALTHY.errors(0.5));
        world.minutes(5);
        assert!(world.holds_for(EAST, |r| matches!(r, Reason::Environment { .. })));
        strike(&mut world, HEALTHY);
        let polls = world.until_decided(EAST, 10_000);
        assert!(polls.is_some_and(|p| p <= 120) && world.advances(EAST), "{rps}: {polls:?} polls");
    }
}

/// The first region at 100 %, the second still waiting with the old version.
fn at_the_top_beside_one_that_waits() -> World {
    let mut world = World::new(policy(&[EAST, WEST]));
    world.open(WEST, Some(super::world::RELEASE), HeardBy::ConfirmRollout);
    world.enter(EAST);
    world.minutes(4);
    world.weight(EAST, 100);
    world.minutes(4);
    world
}

#[test]
fn an_incident_of_all_regions_at_100_percent_is_told_by_one_that_still_runs_the_old_version() {
    let mut world = at_the_top_beside_one_that_waits();
    for region in [EAST, WEST] {
        let site = world.site(region);
        (site.canary, site.primary) = (incident(0.01, 0.1), incident(0.01, 0.1));
    }
    for _ in 0..60 {
        world.tick();
        assert!(!world.rolls_back(EAST) && !world.advances(EAST), "{:?}", world.decision(EAST));
    }
    assert!(world.holds_for(EAST, |r| matches!(r, Reason::Environment { .. })), "{:?}", world.reasons(EAST));
}

#[test]
fn a_release_that_breaks_at_100_percent_is_found_beside_a_quiet_region_as_without_one() {
    let polls = |mut world: World| {
        world.east().canary = HEALTHY.errors(0.01);
        (1..20).find(|_| {
            world.tick();
            world.rolls_back(EAST)
        })
    };
    let mut alone = World::new(policy(&[EAST, WEST]));
    alone.enter(EAST);
    alone.minutes(4);
    alone.weight(EAST, 100);
    alone.minutes(4);
    let (alone, beside) = (polls(alone), polls(at_the_top_beside_one_that_waits()));
    assert!(alone.is_some_and(|n| n <= 6) && beside.is_some_and(|n| n <= 6), "{alone:?} {beside:?}");
}

#[test]
fn a_control_that_stopped_reporting_is_no_control() {
    let mut world = at_the_top_beside_one_that_waits();
    world.site(WEST).unpolled = true;
    world.minutes(2);
    world.east().canary = incident(0.01, 0.1);
    world.minutes(6);
    assert!(world.rolls_back(EAST), "{:?}", world.decision(EAST));
}

#[test]
fn a_canary_worse_than_tolerated_but_not_than_its_rate_wanders_is_held_by_name() {
    let mut world = World::new(policy(&[EAST]));
    world.drift = Some(4.0);
    world.begin();
    world.east().canary = HEALTHY.errors(0.0003);
    world.minutes(25);
    let wanders = |r: &Reason| matches!(r, Reason::Wanders { signal: Signal::ErrorRate, .. });
    assert!(world.holds_for(EAST, wanders), "{:?}", world.decision(EAST));
    world.east().canary = HEALTHY;
    world.minutes(20);
    assert!(!world.holds_for(EAST, wanders), "{:?}", world.decision(EAST));
}

#[test]
fn a_past_that_wanders_raises_the_bar_where_nothing_stands_beside_the_canary() {
    let rolls_back = |drift: Option<f64>| {
        let mut world = World::new(policy(&[EAST]));
        world.past = Some(HEALTHY.errors(0.0008));
        world.drift = drift;
        world.enter(EAST);
        world.weight(EAST, 100);
        world.east().canary = HEALTHY.errors(0.0013);
        world.minutes(15);
        world.rolls_back(EAST)
    };
    assert!(rolls_back(None) && !rolls_back(Some(2.0)));
}
