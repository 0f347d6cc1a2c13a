//! How long short series take to judge: 10,000 cases of three metrics with 31 points a side, healthy and mixed, and one long one.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use haldane_core::series::{Direction, Metric, judge};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

fn main() {
    divan::main();
}

/// A metric of `n` points a side with noise of 10 %, its canary `shift` standard deviations worse.
fn metric(n: usize, shift: f64, rng: &mut ChaCha8Rng) -> Metric {
    let mut side = |shift: f64| -> Vec<f64> {
        let one = |_| {
            let noise: f64 = StandardNormal.sample(rng);
            100.0 + 10.0 * (noise + shift)
        };
        (0..n).map(one).collect()
    };
    let (control, experiment) = (side(0.0), side(shift));
    Metric { name: "m".into(), direction: Direction::Increase, control, experiment, history: Vec::new() }
}

/// Cases of which every `sick`-th has a bad metric.
fn cases(count: usize, sick: usize) -> Vec<Vec<Metric>> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let one = |i: usize| {
        let shift = if sick > 0 && i.is_multiple_of(sick) { 2.0 } else { 0.0 };
        [shift, 0.0, 0.0].map(|s| metric(31, s, &mut rng)).into()
    };
    (0..count).map(one).collect()
}

#[divan::bench(sample_count = 5, args = [0, 2])]
fn ten_thousand_cases_with_every_nth_sick(bencher: Bencher, sick: usize) {
    let cases = cases(10_000, sick);
    bencher
        .counter(ItemsCount::new(cases.len()))
        .bench_local(|| cases.iter().filter_map(|case| judge(black_box(case)).ok()).count());
}

#[divan::bench(sample_count = 5)]
fn one_metric_of_a_million_points(bencher: Bencher) {
    let case = [metric(1_000_000, 0.0, &mut ChaCha8Rng::seed_from_u64(2))];
    bencher.bench_local(|| judge(black_box(&case)));
}
