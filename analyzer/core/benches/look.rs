//! How long one look takes: 21 gates (seven regions with three gates each, each against its limit and the primary).
//!
//! Beside it, in the same run, what a look is made of: one gate's bet, and the judgement alone. Read the ratios; the
//! times are this machine's.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use haldane_core::evidence::capital::Capital;
use haldane_core::evidence::limit;
use haldane_core::evidence::panel::{Bettors, Cap};
use haldane_core::fact::{Entry, Fact, HeardBy, Opened, RolloutId};
use haldane_core::fold::look;
use haldane_core::history::SignalHistory;
use haldane_core::increment::{Arms, Counts, Increment, Reading, Region};
use haldane_core::policy::{Gate, Mode, OnInconclusive, Policy, RegionPolicy, Role, Step};
use haldane_core::signal::Signal;
use haldane_core::state::ServiceState;
use haldane_core::time::{Span, Timestamp};

const REGIONS: usize = 7;
const GATES: usize = 21;
const BIN: Span = Span::from_s(30);
const START: Timestamp = Timestamp::from_s(1_767_225_600);

fn main() {
    divan::main();
}

fn region(i: usize) -> Region {
    Region(format!("region-{i}"))
}

fn policy() -> Policy {
    let gate = |(signal, limit)| Gate { signal, limit: Some(limit), tolerate: Some(1.5), report_only: false };
    let step = |weight| Step {
        weight,
        settle: Span::ZERO,
        observe: Span::from_min(10),
        extend_up_to: Span::from_min(30),
        prove: 1,
    };
    Policy {
        name: "bench".into(),
        service: "bench/api".into(),
        strategy: haldane_core::cluster::Strategy::Canary,
        mode: Mode::Enforce,
        false_rollback: 0.01,
        steps: [5, 50, 100].map(step).into(),
        gates: [(Signal::P99Latency, 200.0), (Signal::ErrorRate, 0.001), (Signal::Http5xx, 5.0)]
            .map(gate)
            .into(),
        on_inconclusive: OnInconclusive::Hold,
        scrape_interval: Span::from_s(15),
        regions: (0..REGIONS)
            .map(|i| RegionPolicy {
                name: region(i),
                role: Role::Active,
                after: Vec::new(),
                bake: Span::ZERO,
                limits: [].into(),
                aims: Default::default(),
            })
            .collect(),
        across: Default::default(),
    }
}

fn opened(i: usize) -> Vec<Entry> {
    let history = |signal| {
        let summary = SignalHistory {
            covers: Span::from_min(60),
            bad: 72.0,
            total: 1_440_000.0,
            fano: Some(1.1),
            synthetic: true,
            drift: None,
        };
        (signal, summary)
    };
    let opened = Opened {
        rollout: RolloutId(format!("bench-{i}")),
        region: region(i),
        release: Some("2.0.0".into()),
        checksum: None,
        by: HeardBy::Restart,
        policy: policy(),
        history: Signal::CORE.map(history).into(),
        pooled_fano: Signal::CORE.map(|s| (s, 1.1)).into(),
    };
    let weight = Fact::WeightSeen { region: region(i), weight: 5 };
    [Fact::Opened(Box::new(opened)), weight].map(|fact| Entry { at: START, fact }).into()
}

fn polled(i: usize, tick: i64) -> Entry {
    let since = START + Span::from_s(30 * tick);
    let counted = |bad: f64| Reading::Counted {
        since,
        canary: Some(Counts::exact((bad / 20.0).floor(), 600.0)),
        primary: Some(Counts::exact(bad, 11_400.0)),
        bracket: None,
    };
    let signals = [
        (Signal::P99Latency, counted(26.0)),
        (Signal::ErrorRate, counted(f64::from(i.is_multiple_of(2)))),
        (Signal::Http5xx, counted(f64::from(i.is_multiple_of(2)))),
    ];
    let (region, as_of) = (region(i), since + BIN);
    let increment = Increment {
        region,
        as_of,
        arms: Arms::Both,
        canary_targets: 2,
        primary_targets: 0,
        canary_restarts: 0,
        canary_pods: Default::default(),
        signals: signals.into(),
    };
    Entry { at: as_of, fact: Fact::Polled(increment) }
}

/// A state in which every region has been observed for an hour.
fn observed() -> (ServiceState, i64) {
    let openings: Vec<Entry> = (0..REGIONS).flat_map(opened).collect();
    let (mut state, _) = look(ServiceState::default(), &openings, START);
    for tick in 0..120 {
        let entries: Vec<Entry> = (0..REGIONS).map(|i| polled(i, tick)).collect();
        state = look(state, &entries, START + Span::from_s(30 * (tick + 1))).0;
    }
    (state, 120)
}

#[divan::bench]
fn one_look_of_21_gates(bencher: Bencher) {
    let (state, tick) = observed();
    let entries: Vec<Entry> = (0..REGIONS).map(|i| polled(i, tick)).collect();
    let as_of = START + Span::from_s(30 * (tick + 1));
    bencher
        .counter(ItemsCount::new(GATES))
        .with_inputs(|| state.clone())
        .bench_values(|state| look(state, black_box(&entries), as_of));
}

#[divan::bench]
fn judging_21_gates_without_news(bencher: Bencher) {
    let (state, tick) = observed();
    let as_of = START + Span::from_s(30 * (tick + 1));
    bencher
        .counter(ItemsCount::new(GATES))
        .with_inputs(|| state.clone())
        .bench_values(|state| look(state, black_box(&[]), as_of));
}

#[divan::bench]
fn one_bet_of_15_bettors(bencher: Bencher) {
    let (mut capital, cap) = (Capital::new(Bettors::All), Cap::for_targets(2));
    bencher.bench_local(|| {
        let factors = limit::factors(black_box(1.0), black_box(0.6), 1.25, BIN, cap);
        capital.bet(&factors, BIN);
        capital.ln_e()
    });
}
