//! The past that a baseline is learned from is the same model's.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test by it")]

use haldane_core::time::{Span, Timestamp};
use haldane_flagger_model::Live;
use haldane_pods::{
    Arm, ArrivalModel, HistoryBin, HistoryError, HistoryWindow, ModelConfig, Scenario, history,
};

const ORIGIN: Timestamp = Timestamp::from_s(1_790_000_000);
const HOUR: HistoryWindow = HistoryWindow { minutes: 60, bin: Span::from_s(30), limit_ms: 200.0 };

fn past(seed: u64, scenario: Scenario) -> Vec<HistoryBin> {
    history(&ModelConfig::new(seed, ORIGIN, scenario, "v2"), &HOUR).unwrap()
}

fn sum(bins: &[HistoryBin], of: fn(&HistoryBin) -> f64) -> f64 {
    bins.iter().map(of).sum()
}

#[test]
fn history_fills_the_hour_before_the_origin() {
    let bins = past(1, Scenario::Healthy);
    assert_eq!(bins.len(), 120);
    assert_eq!(bins[0].as_of, ORIGIN - Span::from_s(3600 - 30));
    assert_eq!(bins[119].as_of, ORIGIN);
    assert!(bins.windows(2).all(|pair| pair[1].as_of - pair[0].as_of == Span::from_s(30)));
}

#[test]
fn history_is_a_function_of_the_seed() {
    assert_eq!(past(1, Scenario::Healthy), past(1, Scenario::Healthy));
    assert_ne!(past(1, Scenario::Healthy), past(2, Scenario::Healthy));
}

#[test]
fn the_past_is_made_of_other_seconds_than_the_hour_that_follows() {
    let mut model =
        ArrivalModel::new(ModelConfig::new(1, ORIGIN, Scenario::Healthy, "v2"), Live::serving("v1"));
    model.advance(ORIGIN + Span::from_s(3600));
    let next_hour = model.total(Arm::Primary).requests as f64;
    assert!((next_hour - sum(&past(1, Scenario::Healthy), |b| b.requests)).abs() > 0.5);
}

#[test]
fn history_has_the_rates_of_the_version_before_the_fault() {
    for scenario in Scenario::ALL {
        let config = ModelConfig::new(3, ORIGIN, scenario, "v2");
        let bins = history(&config, &HOUR).unwrap();
        let requests = sum(&bins, |b| b.requests);
        let near = |seen: f64, mean: f64, fano: f64| (seen - mean).abs() <= 5.0 * (mean * fano).sqrt();
        assert!(near(requests, config.traffic.requests_per_s * 3600.0, 1.0), "{scenario}: {requests}");
        let errors = sum(&bins, |b| b.errors);
        assert!(near(errors, requests * config.faults.usual.error_ratio, 6.7), "{scenario}: {errors}");
        let slow = sum(&bins, |b| b.slower_than_limit);
        assert!(near(slow, requests * 0.002_31, 1.2), "{scenario}: {slow}");
    }
}

#[test]
fn the_width_of_the_bins_does_not_change_what_happened() {
    let config = ModelConfig::new(4, ORIGIN, Scenario::Bursty, "v2");
    let total = |bin| sum(&history(&config, &HistoryWindow { bin, ..HOUR }).unwrap(), |b| b.requests);
    assert!((total(Span::from_s(30)) - total(Span::from_s(600))).abs() < 0.5);
    let uneven = history(&config, &HistoryWindow { bin: Span::from_s(1000), ..HOUR }).unwrap();
    assert_eq!((uneven.len(), uneven[2].as_of), (3, ORIGIN));
}

#[test]
fn what_the_histogram_cannot_count_is_refused() {
    let config = ModelConfig::new(4, ORIGIN, Scenario::Healthy, "v2");
    let refused = |window| history(&config, &window).unwrap_err();
    assert_eq!(refused(HistoryWindow { limit_ms: 210.0, ..HOUR }), HistoryError::NoSuchEdge(210.0));
    for bin in [Span::ZERO, Span::from_s(-30), Span::from_us(1_500_000)] {
        assert_eq!(refused(HistoryWindow { bin, ..HOUR }), HistoryError::Bin(bin));
    }
}
