//! A report-only gate is judged and shown, and provably no part of any decision.

use super::world::{BIN, EAST, HEALTHY, RELEASE, Rates, WEST, World, policy};
use crate::fact::{Fact, HeardBy};
use crate::increment::{Increment, Missing, Reading, Region};
use crate::policy::Policy;
use crate::reason::Against;
use crate::report::Verdict;
use crate::signal::Signal;
use crate::state::Rollout;
use crate::time::Span;
use proptest::prelude::*;
use proptest::sample::select;

const REGIONS: [&str; 2] = [EAST, WEST];

/// The policy with one signal only reported, and the one without it. The second region comes after the first.
fn policies(reported: Signal) -> [Policy; 2] {
    let mut with = policy(&REGIONS);
    (with.regions[1].after, with.regions[1].bake) = (vec![EAST.into()], Span::from_min(2));
    let mut without = with.clone();
    for gate in with.gates.iter_mut().filter(|g| g.signal == reported) {
        (gate.report_only, gate.tolerate) = (true, Some(1.5));
    }
    without.gates.retain(|g| g.signal != reported);
    [with, without]
}

#[test]
fn a_report_only_gate_says_breached_and_neither_holds_nor_rolls_back() {
    let [with, _] = policies(Signal::Http5xx);
    let mut world = World::with_first_step(with);
    world.east().canary = Rates { http_5xx: 0.2, ..HEALTHY };
    world.minutes(10);
    let gate = world.gate(EAST, Signal::Http5xx, Against::Limit);
    assert!(gate.report_only && gate.weight == 0.0 && gate.verdict == Verdict::Breached, "{gate:?}");
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
}

#[test]
fn the_shares_of_the_gates_that_decide_sum_to_one() {
    for policy in policies(Signal::ErrorRate) {
        let world = World::with_first_step(policy);
        let shares: f64 = world.seen(EAST).gates.iter().map(|g| g.weight).sum();
        assert!((shares - 1.0).abs() < 1e-12, "{shares}");
    }
}

/// What happens to both worlds alike, but for the reported signal.
#[derive(Clone, Debug)]
enum Turn {
    Polls(Polls),
    Told(Fact),
    Open(&'static str, HeardBy),
}

#[derive(Clone, Debug)]
struct Polls {
    n: usize,
    rps: f64,
    errors: f64,
    /// The reported signal comes in this many times its healthy rate, or does not come at all.
    times: Option<f64>,
    /// In the first region nothing comes but the reported signal.
    blind: bool,
}

fn turn() -> impl Strategy<Value = Turn> {
    let times = prop::option::weighted(0.8, select(vec![0.0, 1.0, 30.0, 10_000.0]));
    let (rps, errors) = (select(vec![1000.0, 30.0, 8.0]), select(vec![0.0001, 0.0009, 0.004, 0.05]));
    let polls = (1..25_usize, rps, errors, times, prop::bool::weighted(0.2));
    let polls = polls.prop_map(|(n, rps, errors, times, blind)| Polls { n, rps, errors, times, blind });
    let region = || select(REGIONS.to_vec());
    let of = |region: &'static str| Region::from(region);
    let weight = (region(), select(vec![0_u32, 5, 20, 50, 100]));
    let promoted =
        region().prop_map(move |r| Fact::Ended { region: of(r), ending: crate::fact::Ending::Succeeded });
    let open = (region(), select(vec![HeardBy::ConfirmRollout, HeardBy::Restart, HeardBy::MidRun]));
    prop_oneof![
        8 => polls.prop_map(Turn::Polls),
        4 => weight.clone().prop_map(move |(r, weight)| Turn::Told(Fact::WeightSeen { region: of(r), weight })),
        2 => weight.prop_map(move |(r, weight)| Turn::Told(Fact::Permitted { region: of(r), weight })),
        1 => promoted.prop_map(Turn::Told),
        1 => region().prop_map(move |r| Turn::Told(Fact::Heard { region: of(r), said: None })),
        2 => open.prop_map(|(region, by)| Turn::Open(region, by)),
    ]
}

/// Bends what the reported signal brings: its traffic, too, must be nobody's business.
fn bend(increment: &mut Increment, reported: Signal, polls: &Polls) {
    for (signal, reading) in &mut increment.signals {
        if *signal != reported {
            if polls.blind && increment.region.0 == EAST {
                *reading = Reading::Missing(Missing::FirstReading);
            }
            continue;
        }
        match (polls.times, reading) {
            (None, reading) => *reading = Reading::Missing(Missing::FirstReading),
            (Some(times), Reading::Counted { canary, primary, .. }) => {
                for arm in [canary, primary].into_iter().flatten() {
                    (arm.bad, arm.bad_at_most) = (arm.bad * times, arm.bad_at_most * times);
                    arm.total *= 1.0 + times;
                }
            }
            (Some(_), Reading::Gauged { .. } | Reading::Placed { .. } | Reading::Missing(_)) => {}
        }
    }
}

fn poll(world: &mut World, reported: Signal, polls: &Polls) {
    world.now = world.now + BIN;
    for region in REGIONS.map(Region::from) {
        let site = world.site(&region.0);
        (site.rps, site.canary) = (polls.rps, HEALTHY.errors(polls.errors));
        let mut increment = world.count(&region);
        bend(&mut increment, reported, polls);
        world.tell(Fact::Polled(increment));
    }
}

/// What the past says of the reported signal is bent, too.
fn open(world: &mut World, reported: Signal, region: &str, by: HeardBy) {
    let mut opened = world.opened(region, Some(RELEASE), by);
    if !world.policy.gates.iter().any(|g| g.signal == reported) {
        opened.history.remove(&reported);
    } else if let Some(history) = opened.history.get_mut(&reported) {
        (history.bad, history.total) = (history.bad * 5000.0, history.total * 50.0);
    }
    world.tell(Fact::Opened(Box::new(opened)));
}

fn play(world: &mut World, reported: Signal, turn: &Turn) {
    match turn {
        Turn::Polls(polls) => (0..polls.n).for_each(|_| poll(world, reported, polls)),
        Turn::Told(fact) => world.tell(fact.clone()),
        Turn::Open(region, by) => open(world, reported, region, *by),
    }
}

/// Everything that a decision or an answer is made of, beside the gates that decide.
fn rests_on(world: &World) -> Vec<impl PartialEq + std::fmt::Debug> {
    let of = |r: &Rollout| (r.stage, r.permission, r.traffic_per_s, r.share_percent, r.breach.clone());
    world.state.rollouts.values().map(of).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn with_and_without_a_report_only_gate_every_decision_is_the_same(
        reported in select(Signal::CORE.to_vec()),
        past in prop::option::of(select(vec![8.0, 1000.0])),
        turns in prop::collection::vec(turn(), 1..25),
    ) {
        let [mut with, mut without] = policies(reported).map(|policy| {
            let mut world = World::new(policy);
            world.past = past.map(|_| HEALTHY);
            for region in REGIONS {
                world.site(region).rps = past.unwrap_or(1000.0);
                open(&mut world, reported, region, HeardBy::Restart);
                world.weight(region, 5);
            }
            world
        });
        for turn in &turns {
            play(&mut with, reported, turn);
            play(&mut without, reported, turn);
            prop_assert_eq!(rests_on(&with), rests_on(&without));
            prop_assert_eq!(&with.state.pools, &without.state.pools);
            for (a, b) in with.look.regions.iter().zip(&without.look.regions) {
                prop_assert_eq!(&a.decision, &b.decision);
                prop_assert_eq!(&a.strata, &b.strata);
                let binding: Vec<_> = a.gates.iter().filter(|g| !g.report_only).collect();
                prop_assert_eq!(binding, b.gates.iter().collect::<Vec<_>>());
            }
        }
    }
}
