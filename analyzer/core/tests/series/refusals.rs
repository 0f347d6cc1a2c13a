//! What cannot be judged, and what is said of it.

use super::{judged, metric};
use haldane_core::recorded::{CaseVerdict, Finding, Unusable};
use haldane_core::series::{Direction, MOST_METRICS, MOST_POINTS, Metric, judge};

fn refused(metrics: &[Metric]) -> Unusable {
    judge(metrics).expect_err("this case must be refused")
}

fn noisy(n: usize) -> Vec<f64> {
    (0..n).map(|i| 100.0 + ((i * 7919) % 31) as f64).collect()
}

fn inconclusive(verdict: &CaseVerdict, why: &str) {
    assert_eq!(verdict.verdict, Finding::Inconclusive, "{verdict:?}");
    assert!(verdict.signals[0].reason.contains(why), "{verdict:?}");
}

#[test]
fn a_case_without_metrics_is_refused() {
    let refused = refused(&[]);
    assert_eq!(refused.place, "metrics");
    assert!(refused.problem.contains("give at least one"));
}

#[test]
fn a_case_with_too_many_metrics_is_refused() {
    let many = vec![metric(vec![1.0], vec![1.0]); MOST_METRICS + 1];
    assert_eq!(refused(&many).place, "metrics");
}

#[test]
fn a_series_beyond_the_maximum_is_refused() {
    let long = metric(noisy(20), vec![1.0; MOST_POINTS + 1]);
    assert_eq!(refused(&[metric(noisy(20), noisy(20)), long]).place, "metrics[1].experiment");
}

#[test]
fn sides_of_unequal_length_are_refused_with_a_cure() {
    let refused = refused(&[metric(noisy(20), noisy(19))]);
    assert_eq!(refused.place, "metrics[0].experiment");
    assert!(refused.problem.contains("leave out the instants that one side lacks"), "{}", refused.problem);
}

#[test]
fn a_value_that_is_not_a_number_is_refused_with_its_place() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut control = noisy(20);
        control[3] = bad;
        assert_eq!(refused(&[metric(control, noisy(20))]).place, "metrics[0].control[3]");
        let history = Metric { history: vec![1.0, bad], ..metric(noisy(20), noisy(20)) };
        assert_eq!(refused(&[history]).place, "metrics[0].history[1]");
    }
}

#[test]
fn too_few_points_are_inconclusive() {
    inconclusive(&judged(metric(noisy(9), noisy(9))), "9 points a side, 10 are the fewest");
    inconclusive(&judged(metric(Vec::new(), Vec::new())), "0 points a side");
}

#[test]
fn too_few_points_for_so_many_metrics_are_inconclusive() {
    let case: Vec<Metric> = (0..10).map(|_| metric(noisy(10), noisy(10))).collect();
    inconclusive(&judge(&case).expect("usable"), "too few to convict any of 10 metrics");
}

#[test]
fn two_sides_that_never_change_are_inconclusive_even_when_they_differ() {
    inconclusive(&judged(metric(vec![5.0; 31], vec![5.0; 31])), "no variance");
    inconclusive(&judged(metric(vec![5.0; 31], vec![50.0; 31])), "no variance");
    inconclusive(&judged(metric(vec![0.0; 31], vec![-0.0; 31])), "no variance");
}

/// The old version never fails, the canary does now and then.
#[test]
fn errors_that_only_the_canary_has_breach_once_there_are_enough() {
    let errors =
        |count: usize| (0..31).map(|i| if i % 3 == 2 && i < 3 * count { 2.0 } else { 0.0 }).collect();
    inconclusive(&judged(metric(vec![0.0; 31], errors(2))), "too few to tell from chance");
    let many = judged(metric(vec![0.0; 31], errors(9)));
    assert_eq!(many.verdict, Finding::Breached, "{many:?}");
}

#[test]
fn a_canary_that_is_stuck_is_not_called_healthy_but_one_without_errors_is() {
    inconclusive(&judged(metric(noisy(31), vec![115.5; 31])), "stuck exporter");
    let errors: Vec<f64> = (0..31).map(|i| f64::from(u8::from(i % 4 == 0))).collect();
    assert_eq!(judged(metric(errors, vec![0.0; 31])).verdict, Finding::Healthy);
    assert_eq!(
        judged(metric(noisy(31), vec![500.0; 31])).verdict,
        Finding::Breached,
        "stuck where it is bad"
    );
}

#[test]
fn neighbours_that_are_too_alike_are_inconclusive() {
    let slow = |shift: f64| {
        (0..31).map(|i| 100.0 + 10.0 * f64::from(((i as f64 + shift) / 6.0) as i32 % 3)).collect()
    };
    inconclusive(&judged(metric(slow(0.0), slow(9.0))), "autocorrelated: ρ = ");
}

#[test]
fn the_reason_names_the_test_its_size_its_margin_and_its_chance() {
    let canary = noisy(31).iter().map(|v| v * 1.3).collect();
    let verdict = judged(metric(noisy(31), canary));
    let reason = &verdict.signals[0].reason;
    assert!(reason.starts_with("level +30 % (margin 5 %), p = "), "{reason}");
    assert!(verdict.signals[0].evidence >= 100.0 && verdict.breached_at.is_none());
}

#[test]
fn less_is_worse_where_the_case_says_so() {
    let canary: Vec<f64> = noisy(31).iter().map(|v| v * 0.7).collect();
    let one = |direction| Metric { direction, ..metric(noisy(31), canary.clone()) };
    assert_eq!(judged(one(Direction::Increase)).verdict, Finding::Healthy);
    assert_eq!(judged(one(Direction::Decrease)).verdict, Finding::Breached);
    assert_eq!(judged(one(Direction::Either)).verdict, Finding::Breached);
}

#[test]
fn a_million_points_are_judged() {
    let n = 200_000;
    let noise = |k: usize| (0..n).map(|i| 100.0 + ((i * k) % 1009) as f64).collect::<Vec<_>>();
    let worse = noise(7919).iter().map(|v| v * 1.2).collect();
    assert_eq!(judged(metric(noise(104_729), worse)).verdict, Finding::Breached);
}
