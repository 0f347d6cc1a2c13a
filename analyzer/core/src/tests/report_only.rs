//! A report-only gate is judged and shown, and provably no part of any decision.

use super::world::{BIN, EAST, HEALTHY, RELEASE, Rates, WEST, World, policy};
use crate::fact::{Fact, HeardBy};
use crate::increment::{Missing, Reading, Region};
use crate::policy::Policy;
use crate::reason::Against;
use crate::report::Verdict;
use crate::signal::Signal;
use proptest::prelude::*;
use proptest::sample::select;

const REGIONS: [&str; 2] = [EAST, WEST];
const REPORTED: Signal = Signal::Http5xx;

/// The policy with 5xx only reported, and the one without it.
fn policies() -> [Policy; 2] {
    let (mut with, mut without) = (policy(&REGIONS), policy(&REGIONS));
    let tolerate = Some(1.5);
    with.gates
        .iter_mut()
        .filter(|g| g.signal == REPORTED)
        .for_each(|g| (g.report_only, g.tolerate) = (true, tolerate));
    without.gates.retain(|g| g.signal != REPORTED);
    [with, without]
}

fn reported_sick() -> Rates {
    Rates { http_5xx: 0.2, ..HEALTHY }
}

#[test]
fn a_report_only_gate_says_breached_and_neither_holds_nor_rolls_back() {
    let [with, _] = policies();
    let mut world = World::with_first_step(with);
    world.east().canary = reported_sick();
    world.minutes(10);
    let gate = world.gate(EAST, REPORTED, Against::Limit);
    assert!(gate.report_only && gate.weight == 0.0 && gate.verdict == Verdict::Breached, "{gate:?}");
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
}

#[test]
fn the_shares_of_the_gates_that_decide_sum_to_one() {
    for policy in policies() {
        let world = World::with_first_step(policy);
        let shares: f64 = world.seen(EAST).gates.iter().map(|g| g.weight).sum();
        assert!((shares - 1.0).abs() < 1e-12, "{shares}");
    }
}

#[derive(Clone, Debug)]
enum Turn {
    /// Polls in which 5xx comes in this many times its healthy rate, or does not come at all.
    Polls {
        times: Option<f64>,
        /// Nothing else is counted in one of the regions.
        blind: bool,
        errors: f64,
        n: usize,
    },
    Weight(&'static str, u32),
    Open(&'static str, HeardBy),
}

fn turn() -> impl Strategy<Value = Turn> {
    let times = prop::option::weighted(0.8, select(vec![0.0, 1.0, 30.0, 10_000.0]));
    let polls = (times, prop::bool::weighted(0.2), select(vec![0.0001, 0.0009, 0.004, 0.05]), 1..25_usize);
    let weight = (select(REGIONS.to_vec()), select(vec![0_u32, 5, 20, 50, 100]));
    let open =
        (select(REGIONS.to_vec()), select(vec![HeardBy::ConfirmRollout, HeardBy::Restart, HeardBy::MidRun]));
    prop_oneof![
        6 => polls.prop_map(|(times, blind, errors, n)| Turn::Polls { times, blind, errors, n }),
        3 => weight.prop_map(|(region, weight)| Turn::Weight(region, weight)),
        1 => open.prop_map(|(region, by)| Turn::Open(region, by)),
    ]
}

/// One poll of every region. What 5xx brings is bent: its traffic, too, must be nobody's business.
fn poll(world: &mut World, times: Option<f64>, blind: bool, errors: f64) {
    world.now = world.now + BIN;
    for region in REGIONS.map(Region::from) {
        let site = world.site(&region.0);
        site.canary = HEALTHY.errors(errors);
        let mut increment = world.count(&region);
        if blind && region.0 == EAST {
            let others = increment.signals.iter_mut().filter(|(signal, _)| **signal != REPORTED);
            others.for_each(|(_, reading)| *reading = Reading::Missing(Missing::FirstReading));
        }
        if let Some(reading) = increment.signals.get_mut(&REPORTED) {
            match (times, reading) {
                (None, reading) => *reading = Reading::Missing(Missing::FirstReading),
                (Some(times), Reading::Counted { canary: Some(canary), .. }) => {
                    (canary.bad, canary.bad_at_most) = (canary.bad * times, canary.bad_at_most * times);
                    canary.total *= 1.0 + times;
                }
                (Some(_), _) => {}
            }
        }
        world.tell(Fact::Polled(increment));
    }
}

/// What the past says of 5xx is bent, too.
fn open(world: &mut World, region: &str, by: HeardBy) {
    let mut opened = world.opened(region, Some(RELEASE), by);
    if let Some(history) = opened.history.get_mut(&REPORTED) {
        (history.bad, history.total) = (history.bad * 1000.0, history.total * 3.0);
    }
    world.tell(Fact::Opened(Box::new(opened)));
}

fn play(world: &mut World, turn: &Turn) {
    match *turn {
        Turn::Polls { times, blind, errors, n } => (0..n).for_each(|_| poll(world, times, blind, errors)),
        Turn::Weight(region, weight) => world.weight(region, weight),
        Turn::Open(region, by) => open(world, region, by),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn with_and_without_a_report_only_gate_every_decision_is_the_same(
        turns in prop::collection::vec(turn(), 1..25), past in any::<bool>(),
    ) {
        let [mut with, mut without] = policies().map(|policy| {
            let mut world = World::new(policy);
            world.past = past.then_some(HEALTHY);
            for region in REGIONS {
                open(&mut world, region, HeardBy::Restart);
                world.weight(region, 5);
            }
            world
        });
        for turn in &turns {
            play(&mut with, turn);
            play(&mut without, turn);
            for (a, b) in with.look.regions.iter().zip(&without.look.regions) {
                prop_assert_eq!(&a.decision, &b.decision);
                prop_assert_eq!(&a.strata, &b.strata);
                let binding: Vec<_> = a.gates.iter().filter(|g| !g.report_only).collect();
                prop_assert_eq!(binding, b.gates.iter().collect::<Vec<_>>());
            }
        }
    }
}
