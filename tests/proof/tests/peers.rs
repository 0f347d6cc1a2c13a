//! The restated rules against what is published about them.

use haldane_lab::noise::Noise;
use haldane_lab::runs::parallel;
use haldane_proof::peers::{flagger, kayenta};
use haldane_proof::stream::Scene;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Published for 30 minutes: rolled back with 1, 3 and 5 failed checks, 4,000 runs.
#[test]
fn flaggers_thresholds_roll_back_as_many_healthy_canaries_as_published() {
    for (noise, published) in [
        (Noise::IID, [0.880, 0.344, 0.054]),
        (Noise::BURSTY, [0.999, 0.956, 0.737]),
        (Noise::SHARED, [0.869, 0.504, 0.233]),
        (Noise::DRIFT, [0.897, 0.446, 0.131]),
    ] {
        let runs = 1_000;
        let scene = Scene::healthy(noise);
        let all = parallel(runs, 6, &|_| {}, |rng, _| flagger::rolled_back(&scene.draw(rng), [1, 3, 5]));
        for (i, published) in published.into_iter().enumerate() {
            let ours = all.iter().filter(|v| v[i].is_some()).count() as f64 / runs as f64;
            let error = (published * (1.0_f64 - published) * (1.0 / 1_000.0 + 1.0 / 4_000.0)).sqrt();
            assert!((ours - published).abs() < 3.0 * error.max(0.001), "{noise} {i}: {ours} for {published}");
        }
    }
}

/// How often Mann–Whitney calls a normal canary High that lies `shift` standard deviations above its baseline.
fn high(points: usize, shift: f64) -> f64 {
    let runs = 4_000;
    let series = |rng: &mut ChaCha8Rng, mean: f64| -> Vec<f64> {
        (0..points).map(|_| 100.0 + mean + Distribution::<f64>::sample(&StandardNormal, rng)).collect()
    };
    let all = parallel(runs, 7, &|_| {}, |rng, _| kayenta::is_high(&series(rng, shift), &series(rng, 0.0)));
    all.iter().filter(|high| **high).count() as f64 / runs as f64
}

/// Published: without a difference .139, .035, .001, .001, .003 for 2, 3, 5, 10 and 50 points; with ten points 13, 41, 75
/// and 99 % at shifts of 1, 1.5, 2 and 3 standard deviations.
#[test]
fn mann_whitney_fires_as_often_as_published() {
    for (points, shift, published) in [
        (2, 0.0, 0.139),
        (3, 0.0, 0.035),
        (5, 0.0, 0.001),
        (10, 0.0, 0.001),
        (50, 0.0, 0.003),
        (10, 1.0, 0.13),
        (10, 1.5, 0.41),
        (10, 2.0, 0.75),
        (10, 3.0, 0.99),
    ] {
        let ours = high(points, shift);
        let error = (published * (1.0_f64 - published) / 2_000.0).sqrt().max(0.001);
        assert!((ours - published).abs() < 3.0 * error + 0.005, "{points} {shift}: {ours} for {published}");
    }
}
