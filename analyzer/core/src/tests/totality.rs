//! Any facts, in any order, with any numbers: no panic, no NaN, and the promises hold at every look.

use super::world::{EAST, HEALTHY, RELEASE, WEST, World, ordered, policy};
use crate::cluster::Sighting;
use crate::evidence::capital::Capital;
use crate::evidence::proof::Proof;
use crate::fact::{Ending, Fact, Frozen, HeardBy, RolloutId};
use crate::guard::Watch;
use crate::history::SignalHistory;
use crate::increment::{Arms, Counts, Increment, Missing, Reading, Region};
use crate::order::Order;
use crate::policy::OnInconclusive;
use crate::reason::Reason;
use crate::report::{Decision, Look, RegionLook};
use crate::signal::Signal;
use crate::state::{Rollout, ServiceState, Stage};
use crate::time::{Span, Timestamp};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;

const REGIONS: [&str; 2] = [EAST, WEST];

/// Something that happens to one region. Numbers are what a broken exporter might give.
#[derive(Clone, Debug)]
enum Op {
    Open {
        by: HeardBy,
        release: Option<&'static str>,
        past: Option<SignalHistory>,
    },
    Told(Fact),
    /// A person orders something; of the run before, or of one that never was, if it is late.
    Order {
        order: Order,
        late: bool,
    },
    /// Healthy polls on the grid.
    Calm(usize),
    /// One poll: how far time moves, how long the interval was, and what came.
    Poll {
        ahead_s: i64,
        long_s: i64,
        arms: Arms,
        targets: u32,
        readings: Vec<Option<[Option<Counts>; 2]>>,
    },
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![select(vec![0.0, 1.0, 5.0, 1e12, 1e-12, 1e-300, 5e-324]), 0.0..2000.0_f64,]
}

fn counts() -> impl Strategy<Value = Counts> {
    (number(), number(), number()).prop_map(|(bad, bad_at_most, total)| Counts { bad, bad_at_most, total })
}

/// A count, an arm or both absent, or a missing signal.
fn reading() -> impl Strategy<Value = Option<[Option<Counts>; 2]>> {
    let arm = || prop::option::weighted(0.8, counts());
    prop::option::weighted(0.7, [arm(), arm()])
}

fn told() -> impl Strategy<Value = Fact> {
    let region = || Region::from(EAST);
    let endings =
        vec![Ending::Succeeded, Ending::Skipped, Ending::Failed, Ending::Superseded, Ending::Unknown];
    let named = prop::option::of(Just(RELEASE.to_owned()));
    prop_oneof![
        4 => select(vec![0_u32, 5, 20, 50, 100, 1000]).prop_map(move |weight| Fact::WeightSeen { region: region(), weight }),
        1 => named.prop_map(move |release| Fact::Identified { region: region(), checksum: None, release }),
        1 => option::of(0_i64..2_000).prop_map(move |s| Fact::Heard { region: region(), said: s.map(Timestamp::from_s) }),
        1 => Just(Fact::Admitted { region: region() }),
        1 => select(vec![0_u32, 5, 100]).prop_map(move |weight| Fact::Permitted { region: region(), weight }),
        1 => Just(Fact::PromotionBegan { region: region() }),
        3 => super::cluster::seen().prop_map(move |seen| Fact::Sighted(Sighting { region: region(), seen })),
        1 => select(endings).prop_map(move |ending| Fact::Ended { region: region(), ending }),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let history = (0..8000_i64, number(), number(), prop::option::of(number()), prop::option::of(number()));
    let history = history.prop_map(|(s, bad, total, fano, drift)| SignalHistory {
        covers: Span::from_s(s),
        bad,
        total,
        fano,
        synthetic: false,
        drift,
    });
    let by = select(vec![HeardBy::ConfirmRollout, HeardBy::Restart, HeardBy::MidRun]);
    let release = select(vec![None, Some(RELEASE), Some("v3")]);
    let arms = select(vec![Arms::Both, Arms::Both, Arms::CanaryOnly, Arms::PrimaryOnly]);
    let poll = (-60..600_i64, -60..6000_i64, arms, 0..4_u32, prop::collection::vec(reading(), 3));
    let approve = |weight| Order::Approve { weight };
    let orders =
        [approve(0), approve(5), approve(50), approve(100), Order::Hold, Order::Resume, Order::Rollback];
    let orders = orders.to_vec();
    prop_oneof![
        1 => (by, release, prop::option::of(history)).prop_map(|(by, release, past)| Op::Open { by, release, past }),
        5 => told().prop_map(Op::Told),
        4 => (select(orders), prop::bool::weighted(0.1)).prop_map(|(order, late)| Op::Order { order, late }),
        3 => (1..30_usize).prop_map(Op::Calm),
        6 => poll.prop_map(|(ahead_s, long_s, arms, targets, readings)| Op::Poll { ahead_s, long_s, arms, targets, readings }),
    ]
}

fn moved(fact: Fact, to: &str) -> Fact {
    let region = Region::from(to);
    match fact {
        Fact::WeightSeen { weight, .. } => Fact::WeightSeen { region, weight },
        Fact::Identified { checksum, release, .. } => Fact::Identified { region, checksum, release },
        Fact::Heard { said, .. } => Fact::Heard { region, said },
        Fact::Admitted { .. } => Fact::Admitted { region },
        Fact::Permitted { weight, .. } => Fact::Permitted { region, weight },
        Fact::PromotionBegan { .. } => Fact::PromotionBegan { region },
        Fact::Ended { ending, .. } => Fact::Ended { region, ending },
        Fact::Sighted(sighting) => Fact::Sighted(Sighting { region, ..sighting }),
        Fact::Guarded(watch) => Fact::Guarded(Watch { region, ..watch }),
        Fact::Frozen(frozen) => Fact::Frozen(Frozen { region, ..frozen }),
        Fact::Opened(_) | Fact::Polled(_) | Fact::Ordered(_) => fact,
    }
}

fn increment(
    world: &World,
    region: &str,
    long_s: i64,
    arms: Arms,
    targets: u32,
    of: &[Option<[Option<Counts>; 2]>],
) -> Increment {
    let as_of = world.now;
    let reading = |r: &Option<[Option<Counts>; 2]>| match *r {
        Some([canary, primary]) => {
            Reading::Counted { since: as_of - Span::from_s(long_s), canary, primary, bracket: None }
        }
        None => Reading::Missing(Missing::FirstReading),
    };
    let signals = Signal::CORE.into_iter().zip(of.iter().map(reading)).collect();
    Increment {
        region: region.into(),
        as_of,
        arms,
        canary_targets: targets,
        primary_targets: targets,
        canary_restarts: targets,
        canary_pods: Default::default(),
        signals,
    }
}

/// Does one thing, checking after every fact.
fn act(world: &mut World, region: &str, op: Op) -> Result<(), TestCaseError> {
    match op {
        Op::Open { by, release, past } => {
            let mut opened = world.opened(region, release, by);
            opened.history = past.map_or_else(BTreeMap::new, |h| Signal::CORE.map(|s| (s, h.clone())).into());
            checked(world, Fact::Opened(Box::new(opened)))
        }
        Op::Told(fact) => checked(world, moved(fact, region)),
        Op::Order { order, late } => {
            let known = world.state.rollouts.get(&Region::from(region)).map(|r| r.id.clone());
            let id = known.filter(|_| !late).unwrap_or_else(|| RolloutId("another".into()));
            let (before, fact) = (world.state.clone(), Fact::Ordered(ordered(region, id, order)));
            checked(world, fact.clone())?;
            prop_assert!(!late || before == world.state, "an order for another run changed this one");
            let after = world.state.clone();
            checked(world, fact)?;
            prop_assert_eq!(&after, &world.state, "an order given twice is not given once");
            Ok(())
        }
        Op::Calm(n) => (0..n).try_for_each(|_| {
            if !world.state.rollouts.contains_key(&Region::from(region)) {
                return Ok(());
            }
            world.now = world.now + super::world::BIN;
            let increment = world.count(&region.into());
            checked(world, Fact::Polled(increment))
        }),
        Op::Poll { ahead_s, long_s, arms, targets, readings } => {
            world.now = world.now + Span::from_s(ahead_s);
            let increment = increment(world, region, long_s, arms, targets, &readings);
            checked(world, Fact::Polled(increment))
        }
    }
}

fn checked(world: &mut World, fact: Fact) -> Result<(), TestCaseError> {
    let (before, last) = (world.state.clone(), world.look.clone());
    world.tell(fact.clone());
    prop_assert!(numbers_are_numbers(&world.state, &world.look), "{:?}", world.look);
    for look in &world.look.regions {
        lawful(&world.state, look)?;
    }
    if let Fact::Polled(increment) = &fact
        && increment.signals.values().all(|r| matches!(r, Reading::Missing(_)))
    {
        prop_assert_eq!(capitals(&before), capitals(&world.state));
        prop_assert_eq!(&before.pools, &world.state.pools);
    }
    if !matches!(fact, Fact::Ended { .. } | Fact::Opened(_)) {
        let latched = last.regions.iter().filter(|r| matches!(r.decision, Decision::Rollback(_)));
        for region in latched {
            let now = world.look.region(&region.region).map(|r| &r.decision);
            let Some(Decision::Rollback(reasons)) = now else {
                return Err(TestCaseError::fail(format!("a rollback was taken back: {now:?}")));
            };
            prop_assert!(region.decision.reasons().iter().all(|r| reasons.contains(r)));
        }
    }
    Ok(())
}

/// NaN and infinity would be written as null and not read back.
fn numbers_are_numbers(state: &ServiceState, look: &Look) -> bool {
    let (as_state, as_look) = (serde_json::to_string(state).unwrap(), serde_json::to_string(look).unwrap());
    serde_json::from_str::<Look>(&as_look).is_ok_and(|l| l == *look)
        && serde_json::from_str::<ServiceState>(&as_state).is_ok_and(|s| s == *state)
}

fn capitals(state: &ServiceState) -> Vec<(&Capital, &Capital, &Proof)> {
    let gates = state.rollouts.values().flat_map(|r| &r.gates);
    gates.filter_map(|g| g.limit.as_ref()).map(|l| (&l.against, &l.broken, &l.proof)).collect()
}

/// What must hold at every look, whatever came before.
fn lawful(state: &ServiceState, look: &RegionLook) -> Result<(), TestCaseError> {
    let rollout = &state.rollouts[&look.region];
    if let Some(breach) = &rollout.breach {
        let Reason::Breach { culprits, .. } = breach else {
            return Err(TestCaseError::fail(format!("{breach:?} is no breach")));
        };
        prop_assert!(culprits.iter().all(|c| c.total > 0.0), "convicted without an event: {:?}", breach);
    }
    match &look.decision {
        Decision::Rollback(_) => prop_assert!(rollout.breach.is_some() || rollout.orders.rollback.is_some()),
        Decision::Advance => {
            prop_assert!(rollout.breach.is_none() && rollout.orders.rollback.is_none());
            prop_assert!(rollout.orders.hold.is_none());
            prop_assert!(look.approved.is_some() || !stepping(rollout) || observed(rollout, look));
        }
        Decision::Hold(reasons) => prop_assert!(!reasons.is_empty()),
    }
    prop_assert!(look.approved.is_none() || look.decision == Decision::Advance);
    Ok(())
}

fn stepping(rollout: &Rollout) -> bool {
    matches!(rollout.stage, Stage::Step { .. })
}

/// The window is over, and every gate was counted in this step, with traffic, by intervals of this step.
fn observed(rollout: &Rollout, look: &RegionLook) -> bool {
    let Some(step) = &look.step else { return false };
    let counted = |g: &crate::state::Gate| {
        g.reading.missing.is_none()
            && g.reading.requests > 0.0
            && g.reading.counted.is_some_and(|at| at > step.since)
    };
    step.elapsed >= step.observe && rollout.gates.iter().all(counted)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn whatever_comes_the_fold_keeps_its_promises(
        begun in any::<bool>(), waives in any::<bool>(), ops in prop::collection::vec((select(REGIONS.to_vec()), op()), 1..40),
    ) {
        let mut policy = policy(&REGIONS);
        if waives {
            policy.on_inconclusive = OnInconclusive::PromoteIfQuiet;
        }
        let mut world = World::new(policy);
        world.east().canary = HEALTHY.errors(0.0004);
        if begun {
            world.begin();
        }
        for (region, op) in ops {
            act(&mut world, region, op)?;
        }
    }
}
