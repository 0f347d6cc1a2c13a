//! With ten windows of the old version's past, even a gauge that wanders can be judged.

use super::{judged, metric};
use haldane_core::recorded::{CaseVerdict, Finding};
use haldane_core::series::Metric;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// A gauge whose neighbours have correlation 0.8: no thirty points of it can be told from a drift.
fn wandering(n: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let mut at: f64 = StandardNormal.sample(rng);
    let step = |_| {
        let news: f64 = StandardNormal.sample(rng);
        at = 0.8 * at + 0.6 * news;
        100.0 + 10.0 * at
    };
    (0..n).map(step).collect()
}

fn with_history(seed: u64, points: usize, shift: f64) -> CaseVerdict {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let history = wandering(points, &mut rng);
    let control = wandering(31, &mut rng);
    let experiment = wandering(31, &mut rng).iter().map(|v| v + shift).collect();
    judged(Metric { history, ..metric(control, experiment) })
}

#[test]
fn a_wandering_gauge_with_history_is_judged_and_rarely_wrongly() {
    let verdicts: Vec<CaseVerdict> = (0..300).map(|seed| with_history(seed, 620, 0.0)).collect();
    let count = |finding| verdicts.iter().filter(|v| v.verdict == finding).count();
    assert_eq!(count(Finding::Inconclusive), 0, "history is there to decide");
    assert!(count(Finding::Breached) <= 9, "{} of 300", count(Finding::Breached));
    let used =
        verdicts.iter().filter(|v| v.signals[0].reason.contains("placebo windows of the history")).count();
    assert!(used > 100, "the reason says so: {used} of 300");
}

#[test]
fn a_wandering_gauge_that_has_moved_far_is_found() {
    let found = (0..60).filter(|seed| with_history(*seed, 620, 60.0).verdict == Finding::Breached).count();
    assert!(found >= 40, "{found} of 60 at six standard deviations");
}

#[test]
fn a_history_that_is_too_short_is_named() {
    let said =
        (0..60).map(|seed| with_history(seed, 300, 0.0)).filter(|v| v.verdict == Finding::Inconclusive);
    let reasons: Vec<String> = said.map(|v| v.signals[0].reason.clone()).collect();
    assert!(reasons.len() > 20, "{}", reasons.len());
    assert!(
        reasons.iter().all(|r| r.ends_with("the history has 300 of the 310 points that would tell")),
        "{reasons:?}"
    );
}

#[test]
fn a_service_that_has_always_spiked_is_not_convicted_of_three_spikes() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let mut steady = |n: usize, every: usize| -> Vec<f64> {
        let one = |i: usize| {
            let noise: f64 = StandardNormal.sample(&mut rng);
            100.0 + 5.0 * noise + if i % every == every - 1 { 200.0 } else { 0.0 }
        };
        (0..n).map(one).collect()
    };
    let (control, experiment) = (steady(31, 100), steady(31, 10));
    let (calm, spiky) = (steady(400, 1000), steady(400, 12));
    let of =
        |history: Vec<f64>| judged(Metric { history, ..metric(control.clone(), experiment.clone()) }).verdict;
    assert_eq!(of(Vec::new()), Finding::Breached);
    assert_eq!(of(calm), Finding::Breached);
    assert_eq!(of(spiky), Finding::Healthy);
}
