//! The simulation against the fold itself: the same counts convict at the same poll.
//!
//! A simulation that has its own order of bets would drift away from the engine one change at a time, without a sound.

use crate::arms::{Arm, Counted};
use crate::cell::Cell;
use crate::run::Run;
use haldane_core::budget;
use haldane_core::cluster::Strategy;
use haldane_core::fact::{Entry, Fact, HeardBy, Opened, RolloutId};
use haldane_core::fold::look;
use haldane_core::history::SignalHistory;
use haldane_core::increment::{Arms, Counts, Increment, Reading, Region};
use haldane_core::policy::{Gate, Mode, OnInconclusive, Policy, RegionPolicy, Role, Step};
use haldane_core::report::Decision;
use haldane_core::signal::Signal;
use haldane_core::state::ServiceState;
use haldane_core::time::{Span, Timestamp};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

const BIN: Span = Span::from_s(30);
const HEALTHY: f64 = 2e-4;

fn policy(signal: Signal, limit: f64, weight: u32) -> Policy {
    let minutes = Span::from_min;
    Policy {
        name: "p".to_owned(),
        service: "fnp/api".to_owned(),
        mode: Mode::Enforce,
        strategy: Strategy::default(),
        false_rollback: 0.01,
        steps: vec![Step {
            weight,
            settle: minutes(1),
            observe: minutes(10),
            extend_up_to: minutes(30),
            prove: 2,
        }],
        gates: vec![Gate { signal, limit: Some(limit), tolerate: Some(1.5), report_only: false }],
        on_inconclusive: OnInconclusive::Hold,
        scrape_interval: Span::from_s(15),
        regions: vec![RegionPolicy {
            name: Region::from("us-east"),
            role: Role::Active,
            after: Vec::new(),
            bake: Span::ZERO,
            limits: BTreeMap::new(),
            aims: Default::default(),
        }],
        across: Default::default(),
    }
}

fn cell(policy: &Policy) -> Cell {
    let gate = &policy.gates[0];
    Cell {
        signal: gate.signal,
        limit: gate.limit,
        tolerate: gate.tolerate,
        shares: budget::shares(gate, policy),
        ln_threshold: budget::ln_region_threshold(policy),
        fano: 1.0,
        healthy: HEALTHY,
        requests_per_s: 400.0,
        dt: BIN,
        before: Vec::new(),
        step: policy.steps[0].clone(),
    }
}

/// Sixty increments of a canary `times` as bad as its primary, which is `shared` times as bad as it is in health.
fn drawn(cell: &Cell, times: f64, shared: f64, seed: u64) -> Vec<(Counted, Counted)> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (canary, primary) = cell.requests(&cell.step);
    let canary = Arm::new(canary, cell.healthy * shared * times, 1.0);
    let primary = Arm::new(primary, cell.healthy * shared, 1.0);
    (0..60).map(|_| (canary.draw(&mut rng), primary.draw(&mut rng))).collect()
}

/// The poll at which the simulation convicts.
fn simulated(cell: &Cell, polls: &[(Counted, Counted)]) -> Option<usize> {
    let mut run = Run::up_to(cell, &mut ChaCha8Rng::seed_from_u64(0));
    let settling = cell.settling(&cell.step) as usize;
    polls.iter().enumerate().position(|(i, (canary, primary))| {
        if i >= settling {
            run.bet(cell, *canary, (cell.step.weight < 100).then_some(*primary));
        }
        run.crosses(cell)
    })
}

/// The poll at which the fold convicts.
fn folded(policy: &Policy, polls: &[(Counted, Counted)]) -> Option<usize> {
    let (signal, region) = (policy.gates[0].signal, Region::from("us-east"));
    let start = Timestamp::from_s(1_000_000_020);
    let entry = |at, fact| Entry { at, fact };
    let past = SignalHistory {
        covers: Span::from_min(120),
        bad: 576.0,
        total: 2_880_000.0,
        fano: Some(1.0),
        synthetic: false,
        drift: None,
    };
    let opened = Opened {
        rollout: RolloutId::mint(&policy.service, &region, start),
        region: region.clone(),
        release: None,
        checksum: None,
        by: HeardBy::Restart,
        policy: policy.clone(),
        history: [(signal, past)].into(),
        pooled_fano: BTreeMap::new(),
    };
    let weight = policy.steps[0].weight;
    let begun = [Fact::Opened(Box::new(opened)), Fact::WeightSeen { region: region.clone(), weight }];
    let (mut state, _) = look(ServiceState::default(), &begun.map(|fact| entry(start, fact)), start);
    let mut since = start;
    for (i, (canary, primary)) in polls.iter().enumerate() {
        let counts = |c: &Counted| Counts::exact(c.bad, c.total);
        let arms = if weight < 100 { Arms::Both } else { Arms::CanaryOnly };
        let reading = Reading::Counted {
            since,
            canary: Some(counts(canary)),
            primary: (weight < 100).then(|| counts(primary)),
            bracket: None,
        };
        let increment = Increment {
            region: region.clone(),
            as_of: since + BIN,
            arms,
            canary_targets: 2,
            primary_targets: 0,
            canary_restarts: 0,
            canary_pods: BTreeMap::new(),
            signals: [(signal, reading)].into(),
        };
        let (next, found) = look(state, &[entry(since + BIN, Fact::Polled(increment))], since + BIN);
        state = next;
        if matches!(found.region(&region).map(|r| &r.decision), Some(Decision::Rollback(_))) {
            return Some(i);
        }
        since = since + BIN;
    }
    None
}

#[test]
fn the_same_counts_convict_at_the_same_poll() {
    let mut convicted = 0;
    for (signal, limit) in [(Signal::ErrorRate, 1e-3), (Signal::P99Latency, 200.0), (Signal::Http5xx, 5.0)] {
        for weight in [5, 50, 100] {
            let policy = policy(signal, limit, weight);
            let cell = cell(&policy);
            // The last two are incidents of both versions: without attribution the canary would be blamed.
            let worlds = [
                (1, 1.0, 1.0),
                (2, 4.0, 1.0),
                (3, 12.0, 1.0),
                (4, 60.0, 1.0),
                (5, 300.0, 1.0),
                (6, 1.0, 200.0),
                (7, 1.3, 200.0),
            ];
            for (seed, times, shared) in worlds {
                let polls = drawn(&cell, times, shared, seed);
                let (ours, theirs) = (simulated(&cell, &polls), folded(&policy, &polls));
                assert_eq!(
                    ours, theirs,
                    "{signal} at {weight} %, {times} times as bad in a world {shared} times as bad"
                );
                convicted += usize::from(ours.is_some());
            }
        }
    }
    assert!(
        (20..55).contains(&convicted),
        "{convicted} of 63 convict: too few or too many to compare anything"
    );
}
