//! Who is at fault, and when.

use super::*;

fn moment(since_s: Option<i64>, share: f64) -> Moment {
    Moment { since_first_traffic: since_s.map(Span::from_s), share }
}

#[test]
fn a_fault_follows_its_version_and_no_other() {
    let faults = Faults::of(Scenario::Errors, "v2");
    assert!((faults.behaviour("v2", &moment(None, 0.0)).error_ratio - 0.01).abs() < 1e-12);
    assert_eq!(faults.behaviour("v1", &moment(None, 1.0)), Behaviour::HEALTHY);
}

#[test]
fn a_subtle_fault_is_six_times_what_every_version_does() {
    let faults = Faults::of(Scenario::Subtle, "v2");
    let ratio = |revision| faults.behaviour(revision, &moment(Some(60), 0.05)).error_ratio;
    assert!((ratio("v2") / ratio("v1") - 6.0).abs() < 1e-9);
    assert!((ratio("v1") - 0.000_5).abs() < 1e-12);
}

#[test]
fn a_late_fault_needs_more_than_half_of_the_requests_whichever_pods_get_them() {
    let faults = Faults::of(Scenario::Late, "v2");
    let fails = |revision, share| faults.behaviour(revision, &moment(Some(900), share)).error_ratio > 0.001;
    assert_eq!([0.05, 0.5, 0.51, 1.0].map(|share| fails("v2", share)), [false, false, true, true]);
    assert!(!fails("v1", 1.0));
}

#[test]
fn a_leak_grows_from_the_first_traffic_on_and_is_within_the_limit_for_twelve_minutes() {
    let faults = Faults::of(Scenario::SlowLeak, "v2");
    let p99_ms = |revision, since_s| faults.behaviour(revision, &moment(since_s, 0.05)).p99_ms;
    assert!((p99_ms("v2", None) - 150.0).abs() < 1e-9);
    assert!((p99_ms("v2", Some(600)) - 190.0).abs() < 1e-9);
    assert!((p99_ms("v2", Some(750)) - 200.0).abs() < 1e-9);
    assert!((p99_ms("v1", Some(9000)) - 150.0).abs() < 1e-9);
}

#[test]
fn an_incident_has_a_beginning_and_an_end_for_every_version() {
    let faults = Faults::of(Scenario::Incident, "v2");
    let fails = |since: Option<i64>| {
        ["v1", "v2"].map(|v| faults.behaviour(v, &moment(since, 0.5)).error_ratio > 0.04)
    };
    assert_eq!(fails(None), [false; 2]);
    assert_eq!(fails(Some(119)), [false; 2]);
    assert_eq!(fails(Some(120)), [true; 2]);
    assert_eq!(fails(Some(120 + 7199)), [true; 2]);
    assert_eq!(fails(Some(120 + 7200)), [false; 2]);
}

#[test]
fn metrics_that_have_vanished_and_pods_that_are_dead_stay_away() {
    let year_s = 60 * 60 * 24 * 365;
    for (scenario, gone) in
        [(Scenario::Blind, Metrics::Vanished), (Scenario::RegionDown, Metrics::Unreachable)]
    {
        let faults = Faults::of(scenario, "v2");
        assert_eq!(faults.behaviour("v1", &moment(Some(year_s), 0.5)).metrics, gone);
        assert_eq!(faults.behaviour("v1", &moment(None, 1.0)).metrics, Metrics::Served);
    }
}
