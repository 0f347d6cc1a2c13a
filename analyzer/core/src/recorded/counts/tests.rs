//! Recorded counts, judged: what a release engineer would expect of each, and what must be refused.

use super::*;
use crate::recorded::Finding::{Breached, Healthy, Inconclusive};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Poisson};

fn poisson(mean: f64, polls: usize, seed: u64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let Ok(law) = Poisson::new(mean) else { return vec![0.0; polls] };
    (0..polls).map(|_| law.sample(&mut rng)).collect()
}

fn arm(rate: f64, requests: f64, polls: usize, seed: u64) -> ArmCounts {
    let bad = poisson(rate * requests, polls, seed);
    ArmCounts { bad_at_most: bad.clone(), bad, exposure: vec![requests; polls] }
}

/// A canary at 50 requests a second beside a primary at 950, polled every 15 s for ten minutes, after an hour.
fn errors(canary: f64, primary: f64, seed: u64) -> CountsSignal {
    CountsSignal {
        name: "error-rate".to_owned(),
        kind: Kind::Ratio,
        limit: Some(0.001),
        tolerate: None,
        minutes: Vec::new(),
        canary: arm(canary, 750.0, 40, seed),
        baseline: Some(arm(primary, 14_250.0, 40, seed + 1)),
        history: Some(arm(0.000_5, 14_250.0, 240, seed + 2)),
    }
}

fn case(signals: Vec<CountsSignal>) -> CountsCase {
    CountsCase { interval: Span::from_s(15), false_rollback: 0.01, signals, gauges: Vec::new() }
}

fn judged(signal: CountsSignal) -> CaseVerdict {
    judge(&case(vec![signal])).unwrap()
}

#[test]
fn a_canary_like_its_baseline_is_healthy_and_says_what_was_proved() {
    let verdict = judged(errors(0.000_5, 0.000_5, 1));
    assert_eq!((verdict.verdict, verdict.breached_at), (Healthy, None), "{verdict:?}");
    assert!(verdict.signals[0].reason.contains("proved below "), "{verdict:?}");
}

#[test]
fn a_canary_at_ten_times_its_limit_is_breached_within_three_minutes_and_says_by_what() {
    for seed in 0..20 {
        let verdict = judged(errors(0.01, 0.000_5, 10 * seed));
        assert_eq!(verdict.verdict, Breached);
        assert!(verdict.breached_at.unwrap() < 12, "{verdict:?}");
        assert!(
            verdict.signals[0].evidence >= 100.0 && verdict.signals[0].reason.contains("evidence"),
            "{verdict:?}"
        );
    }
}

#[test]
fn two_hundred_healthy_cases_hold_no_breach_and_most_are_called_healthy() {
    let verdicts: Vec<Finding> =
        (0..200).map(|seed| judged(errors(0.000_5, 0.000_5, 3 * seed)).verdict).collect();
    assert!(!verdicts.contains(&Breached));
    let healthy = verdicts.iter().filter(|v| **v == Healthy).count();
    assert!(healthy >= 190, "{healthy} of 200");
}

#[test]
fn an_incident_of_both_versions_is_the_environments() {
    let verdict = judged(errors(0.01, 0.01, 5));
    assert_eq!(verdict.verdict, Inconclusive, "{verdict:?}");
    assert!(verdict.signals[0].reason.contains("environment"), "{verdict:?}");
}

#[test]
fn a_few_requests_prove_nothing_and_the_reason_says_how_many_would() {
    let mut little = errors(0.0, 0.000_5, 6);
    little.canary = arm(0.0, 5.0, 40, 6);
    let verdict = judged(little);
    assert_eq!(verdict.verdict, Inconclusive);
    assert!(verdict.signals[0].reason.contains("requests"), "{verdict:?}");
}

#[test]
fn silence_is_not_health() {
    let mut silent = errors(0.0, 0.000_5, 7);
    silent.canary = ArmCounts { bad: vec![0.0; 40], bad_at_most: vec![0.0; 40], exposure: vec![0.0; 40] };
    let verdict = judged(silent);
    assert_eq!(verdict.verdict, Inconclusive);
    assert!(verdict.signals[0].reason.contains("never exposed"), "{verdict:?}");
}

#[test]
fn without_a_limit_the_baseline_alone_tells_health_from_sickness() {
    let signal = |canary, seed| CountsSignal { limit: None, ..errors(canary, 0.002, seed) };
    let healthy = judged(signal(0.002, 8));
    assert_eq!(healthy.verdict, Healthy, "{healthy:?}");
    assert!(healthy.signals[0].reason.contains("below 3 times the baseline"), "{healthy:?}");
    assert_eq!(judged(signal(0.012, 9)).verdict, Breached);
}

#[test]
fn without_history_and_baseline_a_limit_is_still_judged() {
    let signal = |rate, seed| CountsSignal { baseline: None, history: None, ..errors(rate, 0.0, seed) };
    assert_eq!(judged(signal(0.02, 11)).verdict, Breached);
    let verdict = judged(CountsSignal { canary: arm(0.000_1, 5_000.0, 40, 12), ..signal(0.0, 12) });
    assert_eq!(verdict.verdict, Healthy, "{verdict:?}");
}

#[test]
fn a_canary_at_twice_its_limit_is_never_called_healthy() {
    for seed in 0..50 {
        assert_ne!(judged(errors(0.002, 0.000_5, 7 * seed)).verdict, Healthy, "{seed}");
    }
}

#[test]
fn a_limit_between_two_edges_is_inconclusive_and_names_the_cure() {
    let mut between = errors(0.000_2, 0.000_2, 13);
    between.canary.bad_at_most = vec![40.0; 40];
    let verdict = judged(between);
    assert_eq!(verdict.verdict, Inconclusive);
    assert!(verdict.signals[0].reason.contains("add an edge"), "{verdict:?}");
}

#[test]
fn a_breach_names_the_signal_that_carries_it_and_not_its_neighbour() {
    let verdict = judge(&case(vec![errors(0.000_5, 0.000_5, 14), errors(0.02, 0.000_5, 15)])).unwrap();
    assert_eq!(verdict.verdict, Breached);
    assert_ne!(verdict.signals[0].verdict, Breached);
    assert_eq!(verdict.signals[1].verdict, Breached);
}

#[test]
fn a_rate_is_judged_by_its_minutes() {
    let rate = |per_poll: f64, seed| CountsSignal {
        kind: Kind::Rate,
        limit: Some(5.0),
        minutes: vec![0.25; 80],
        baseline: None,
        history: None,
        canary: arm(per_poll / 750.0, 750.0, 80, seed),
        ..errors(0.0, 0.0, 0)
    };
    assert_eq!(judged(rate(10.0, 16)).verdict, Breached);
    assert_eq!(judged(rate(0.1, 17)).verdict, Healthy);
}

#[test]
fn what_cannot_be_a_count_is_refused_with_its_place() {
    let broken = |change: fn(&mut CountsSignal)| {
        let mut signal = errors(0.000_5, 0.000_5, 1);
        change(&mut signal);
        judge(&case(vec![signal])).unwrap_err().place
    };
    assert_eq!(broken(|s| s.canary.bad[7] = -1.0), "signals[0].canary.bad[7]");
    assert_eq!(broken(|s| s.canary.bad[3] = f64::NAN), "signals[0].canary.bad[3]");
    assert_eq!(broken(|s| s.canary.exposure[0] = f64::INFINITY), "signals[0].canary.total[0]");
    assert_eq!(broken(|s| s.canary.exposure.truncate(3)), "signals[0].canary.total");
    assert_eq!(broken(|s| s.canary.bad_at_most[2] = 751.0), "signals[0].canary.bad[2]");
    assert_eq!(broken(|s| s.canary = ArmCounts::default()), "signals[0].canary.bad");
    assert_eq!(broken(|s| s.limit = Some(0.0)), "signals[0].limit");
    assert_eq!(broken(|s| s.limit = Some(5.0)), "signals[0].limit");
    assert_eq!(broken(|s| s.tolerate = Some(0.5)), "signals[0].tolerate");
    assert_eq!(broken(|s| (s.limit, s.baseline) = (None, None)), "signals[0]");
    assert_eq!(judge(&case(Vec::new())).unwrap_err().place, "signals");
}

proptest! {
    #[test]
    fn any_counts_are_judged_or_refused_and_evidence_is_a_number(
        bad in proptest::collection::vec(0.0..1e12, 1..30), scale in 1.0..1e3, limit in 1e-12..0.999, seconds in 1_i64..1_000_000
    ) {
        let exposure: Vec<f64> = bad.iter().map(|b| b * scale).collect();
        let canary = ArmCounts { bad_at_most: bad.clone(), bad, exposure };
        let signal = CountsSignal { baseline: Some(canary.clone()), history: Some(canary.clone()), canary, limit: Some(limit), ..errors(0.0, 0.0, 0) };
        let verdict = judge(&CountsCase { interval: Span::from_s(seconds), ..case(vec![signal]) }).unwrap();
        prop_assert!(verdict.signals.iter().all(|s| s.evidence.is_finite() && s.evidence >= 0.0));
    }
}
