//! What the judge of short series promises, on seeded made-up canaries: errors, power, refusals and properties.
//!
//! The full tables (`make proof`) have thousands of cases a cell; here are enough that a
//! test broken by a factor of two turns red.

mod history;
mod promises;
mod properties;
mod refusals;
mod world;

use haldane_core::recorded::{CaseVerdict, Finding};
use haldane_core::series::{Direction, Metric, judge};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use world::{Law, Situation, common, pair};

/// A metric of which more is worse, without history.
fn metric(control: Vec<f64>, experiment: Vec<f64>) -> Metric {
    Metric { name: "m".into(), direction: Direction::Increase, control, experiment, history: Vec::new() }
}

/// The verdict on one metric.
fn judged(metric: Metric) -> CaseVerdict {
    judge(&[metric]).expect("a usable case")
}

/// A case of `metrics` metrics of which the first `struck` are in `situation`.
fn case(law: Law, situation: Situation, struck: usize, metrics: usize, n: usize, seed: u64) -> Vec<Metric> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let together = common(law, n, &mut rng);
    let one = |i: usize| {
        let situation = if i < struck { situation } else { Situation::Healthy };
        let [control, experiment] = pair(law, situation, n, &together, &mut rng);
        Metric { name: format!("m{i}"), ..metric(control, experiment) }
    };
    (0..metrics).map(one).collect()
}

/// How many of `cases` cases are breached.
fn breached(law: Law, situation: Situation, struck: usize, metrics: usize, n: usize, cases: u64) -> usize {
    (0..cases)
        .filter(|seed| {
            let case = case(law, situation, struck, metrics, n, seed * 7_919 + n as u64);
            judge(&case).expect("a usable case").verdict == Finding::Breached
        })
        .count()
}
