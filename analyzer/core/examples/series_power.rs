//! Prints what the judge of short series gets wrong and what it sees: one JSON line per law, situation, number of metrics and
//! number of points.
//!
//! `cargo run --release -p haldane-core --example series_power [cases] [part]`, where part is `healthy`, `faults` or both. Seeds are
//! fixed, so the same numbers come out everywhere.

#[path = "../tests/series/world.rs"]
mod world;

use haldane_core::recorded::Finding;
use haldane_core::series::{Direction, Metric, judge};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use world::{Law, PROMISED, Situation, common, pair};

const HEALTHY: [Situation; 19] = [
    Situation::Healthy,
    Situation::SharedNoise,
    Situation::SharedWave,
    Situation::SharedSpikes,
    Situation::EqualHighNoise,
    Situation::EqualSpikes,
    Situation::RandomSpikes(0.05),
    Situation::RandomSpikes(0.1),
    Situation::CorrelatedMetrics,
    Situation::HealedStep(2.0),
    Situation::HealedStep(6.0),
    Situation::HealedDecay(6.0),
    Situation::HealedNoise(4.0),
    Situation::Within(0.02, 0.1),
    Situation::Within(0.025, 0.03),
    Situation::Within(0.03, 0.01),
    Situation::Better(1.0),
    Situation::Better(3.0),
    Situation::Spread(1.2),
];

const FAULTS: [Situation; 14] = [
    Situation::Level(0.6),
    Situation::Level(1.0),
    Situation::Level(1.5),
    Situation::Level(2.0),
    Situation::Spread(2.0),
    Situation::Spread(3.0),
    Situation::Spread(4.0),
    Situation::Tail(3),
    Situation::Tail(4),
    Situation::Ramp(2.0),
    Situation::Ramp(3.0),
    Situation::Onset(0.5, 2.0),
    Situation::Onset(0.7, 2.0),
    Situation::Onset(0.7, 3.0),
];

/// The case of one seed. Faults strike the first metric alone, except a level of 0.6, which strikes them all.
fn case(law: Law, situation: Situation, metrics: usize, n: usize, seed: u64) -> Vec<Metric> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let together = common(law, n, &mut rng);
    let one = |i: usize| {
        let struck = i == 0 || !FAULTS.contains(&situation) || situation == Situation::Level(0.6);
        let situation = if struck { situation } else { Situation::Healthy };
        let [control, experiment] = pair(law, situation, n, &together, &mut rng);
        Metric {
            name: format!("m{i}"),
            direction: Direction::Increase,
            control,
            experiment,
            history: Vec::new(),
        }
    };
    (0..metrics).map(one).collect()
}

#[expect(clippy::print_stdout, reason = "printing is what this example is for")]
fn measure(law: Law, situation: Situation, metrics: usize, n: usize, cases: u64) {
    let mut found = [0_u64; 3];
    let mut by: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 0..cases {
        let case = case(law, situation, metrics, n, seed * 1_000_003 + n as u64 * 101 + metrics as u64);
        let Ok(verdict) = judge(&case) else { continue };
        found[verdict.verdict as usize] += 1;
        if verdict.verdict == Finding::Breached {
            for signal in verdict.signals.iter().filter(|s| s.verdict == Finding::Breached) {
                let words = signal.reason.split([' ', ':']).next().unwrap_or_default();
                *by.entry(words.to_owned()).or_default() += 1;
            }
        }
    }
    let share = |count: u64| count as f64 / cases as f64;
    println!(
        r#"{{"law":"{law:?}","situation":"{situation:?}","metrics":{metrics},"n":{n},"cases":{cases},"breached":{:.4},"inconclusive":{:.4},"by":"{}"}}"#,
        share(found[Finding::Breached as usize]),
        share(found[Finding::Inconclusive as usize]),
        by.iter().map(|(k, v)| format!("{k} {:.4}", share(*v))).collect::<Vec<_>>().join(", ")
    );
}

/// A share of the level means something only where the noise is a share of the level.
fn sensible(law: Law, situation: Situation) -> bool {
    !matches!(situation, Situation::Within(..))
        || matches!(law, Law::Normal | Law::T4 | Law::Skewed | Law::Ar3 | Law::Ar5 | Law::Ar7)
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let cases = arguments.next().and_then(|a| a.parse().ok()).unwrap_or(2_000);
    let part = arguments.next().unwrap_or_else(|| "all".into());
    let situations = match part.as_str() {
        "healthy" => HEALTHY.to_vec(),
        "faults" => FAULTS.to_vec(),
        _ => [HEALTHY.as_slice(), &FAULTS].concat(),
    };
    let sizes: Vec<usize> = arguments
        .next()
        .map_or(vec![15, 31, 60, 120], |a| a.split(',').filter_map(|n| n.parse().ok()).collect());
    let counts: Vec<usize> =
        arguments.next().map_or(vec![1, 3, 10], |a| a.split(',').filter_map(|n| n.parse().ok()).collect());
    for law in PROMISED.into_iter().chain([Law::Ar5, Law::Ar7]) {
        for situation in situations.iter().filter(|s| sensible(law, **s)) {
            for n in &sizes {
                counts.iter().for_each(|metrics| measure(law, *situation, *metrics, *n, cases));
            }
        }
    }
}
