//! The arrival model counts what it is told to, whoever looks and whenever.

use haldane_core::time::{Span, Timestamp};
use haldane_flagger_model::Live;
use haldane_pods::{Arm, ArrivalModel, Counts, Metrics, ModelConfig, Scenario};

const ORIGIN: Timestamp = Timestamp::from_s(1_790_000_000);

fn at(s: i64) -> Timestamp {
    ORIGIN + Span::from_s(s)
}

fn config(scenario: Scenario) -> ModelConfig {
    ModelConfig::new(20_260_301, ORIGIN, scenario, "v2")
}

fn rolling(weight: u32) -> Live {
    Live { canary_weight: weight, canary_up: true, canary_revision: "v2".to_owned(), ..Live::serving("v1") }
}

fn counted(scenario: Scenario, live: Live, seconds: i64) -> ArrivalModel {
    let mut model = ArrivalModel::new(config(scenario), live);
    model.advance(at(seconds));
    model
}

/// Whether a sum of independent events lies within five standard deviations of its mean.
#[track_caller]
fn assert_near(seen: u64, mean: f64, fano: f64) {
    let z = (seen as f64 - mean) / (mean * fano).sqrt();
    assert!(z.abs() < 5.0, "{seen} against {mean}: {z:.1} sigma");
}

#[test]
fn totals_match_the_configured_means() {
    let hour = counted(Scenario::Errors, rolling(20), 3600);
    let (canary, primary) = (hour.total(Arm::Canary), hour.total(Arm::Primary));
    assert_near(canary.requests, 400.0 * 0.2 * 3600.0, 1.0);
    assert_near(primary.requests, 400.0 * 0.8 * 3600.0, 1.0);
    assert_near(canary.errors, 400.0 * 0.2 * 3600.0 * 0.01, 1.0);
    assert_near(primary.errors, 400.0 * 0.8 * 3600.0 * 0.000_05, 1.0);
    let bursty = counted(Scenario::Bursty, rolling(50), 20 * 3600);
    assert_near(bursty.total(Arm::Canary).errors, 200.0 * 20.0 * 3600.0 * 0.000_05, 6.7);
    assert_near(bursty.total(Arm::Primary).errors, 200.0 * 20.0 * 3600.0 * 0.000_05, 6.7);
}

#[test]
fn pods_share_an_arm_evenly_and_their_counters_add_up_to_it() {
    let model = counted(Scenario::Errors, rolling(50), 1800);
    for arm in Arm::BOTH {
        let mut sum = Counts::default();
        for pod in model.pods(arm) {
            assert_near(pod.counts.requests, 200.0 * 1800.0 / model.pods(arm).len() as f64, 1.0);
            sum.add(&pod.counts);
        }
        let total = model.total(arm);
        assert_eq!((sum.requests, sum.errors, sum.buckets), (total.requests, total.errors, total.buckets));
    }
}

#[test]
fn scraping_often_or_rarely_gives_the_same_counters() {
    let changes =
        [(61.3, rolling(5)), (120.0, rolling(50)), (199.999, rolling(100)), (260.0, Live::serving("v2"))];
    let at_s = |s: f64| ORIGIN + Span::from_us((s * 1e6) as i64);
    let run = |pace_s: f64| {
        let mut model = ArrivalModel::new(config(Scenario::Incident), Live::serving("v1"));
        let mut now_s = 0.0;
        for (change_s, live) in &changes {
            while now_s + pace_s < *change_s {
                now_s += pace_s;
                model.advance(at_s(now_s));
            }
            model.change(at_s(*change_s), live);
        }
        model.advance(at(400));
        Arm::BOTH.map(|arm| (model.pods(arm).to_vec(), *model.total(arm)))
    };
    let once = run(1e9);
    assert_eq!(run(0.07), once);
    assert_eq!(run(13.0), once);
    assert!(once.iter().all(|(_, total)| total.requests > 1000));
}

#[test]
fn another_seed_counts_other_requests() {
    let hour = |seed| {
        let mut model = ArrivalModel::new(ModelConfig { seed, ..config(Scenario::Healthy) }, rolling(50));
        model.advance(at(60));
        Arm::BOTH.map(|arm| model.total(arm).requests)
    };
    assert_eq!(hour(1), hour(1));
    assert_ne!(hour(1), hour(2));
    assert_ne!(hour(1)[0], hour(1)[1], "the arms draw from streams of their own");
}

/// Variance over mean of 30-second error counts, from successive differences so that no trend can inflate it.
fn fano(scenario: Scenario) -> [f64; 2] {
    let mut model = ArrivalModel::new(config(scenario), rolling(50));
    let mut errors: [Vec<f64>; 2] = Default::default();
    for tick in 1..=48 * 120 {
        let before = Arm::BOTH.map(|arm| model.total(arm).errors);
        model.advance(at(tick * 30));
        for (i, arm) in Arm::BOTH.into_iter().enumerate() {
            errors[i].push((model.total(arm).errors - before[i]) as f64);
        }
    }
    errors.map(|counts| {
        let squares: f64 = counts.windows(2).map(|pair| squared(pair[1] - pair[0])).sum();
        let mean = counts.iter().sum::<f64>() / counts.len() as f64;
        squares / (counts.len() - 1) as f64 / 2.0 / mean
    })
}

fn squared(x: f64) -> f64 {
    x * x
}

#[test]
fn bursts_overdisperse_errors_and_lone_errors_do_not() {
    for clustered in fano(Scenario::Bursty) {
        assert!((5.0..8.5).contains(&clustered), "{clustered}");
    }
    for lone in fano(Scenario::Healthy) {
        assert!((0.85..1.15).contains(&lone), "{lone}");
    }
}

#[test]
fn the_share_slower_than_the_limit_follows_the_p99_of_the_version() {
    let model = counted(Scenario::Latency, rolling(50), 1800);
    for (arm, share) in [(Arm::Canary, 0.0266), (Arm::Primary, 0.002_31)] {
        let total = model.total(arm);
        let slow = total.slower_than(200.0).unwrap();
        assert_near(slow, total.requests as f64 * share, 1.2);
        let p99_ms = if arm == Arm::Canary { 250.0 } else { 150.0 };
        assert_near(total.slower_than(p99_ms).unwrap(), total.requests as f64 * 0.01, 1.0);
    }
    assert_eq!(model.total(Arm::Canary).slower_than(201.0), None);
}

#[test]
fn a_bad_version_stays_bad_when_it_is_promoted() {
    let mut model = ArrivalModel::new(config(Scenario::Errors), Live::serving("v1"));
    model.advance(at(600));
    let before = *model.total(Arm::Primary);
    model.change(at(600), &Live::serving("v2"));
    model.advance(at(1200));
    let after = *model.total(Arm::Primary);
    assert_near(before.errors, before.requests as f64 * 0.000_05, 1.0);
    assert_near(after.errors - before.errors, 600.0 * 400.0 * 0.01, 1.0);
}

#[test]
fn an_incident_hits_both_arms_two_minutes_after_the_first_canary_traffic() {
    let mut model = ArrivalModel::new(config(Scenario::Incident), Live::serving("v1"));
    let up_without_traffic = rolling(0);
    model.change(at(100), &up_without_traffic);
    model.change(at(300), &rolling(50));
    let mut errors_until = |s| {
        model.advance(at(s));
        Arm::BOTH.map(|arm| (model.total(arm).errors, model.total(arm).slower_than(250.0).unwrap()))
    };
    let quiet = errors_until(420);
    let loud = errors_until(480);
    let noon = errors_until(420 + 7200);
    let over = errors_until(420 + 7200 + 600);
    for arm in 0..2 {
        assert!(quiet[arm].0 < 30, "{quiet:?}");
        assert_near(loud[arm].0 - quiet[arm].0, 60.0 * 200.0 * 0.05, 1.0);
        assert!(loud[arm].1 - quiet[arm].1 > 500, "P99 400 ms puts 6.8 % above 250 ms: {loud:?}");
        assert_near(noon[arm].0 - quiet[arm].0, 7200.0 * 200.0 * 0.05, 1.0);
        assert!(over[arm].0 - noon[arm].0 < 30, "{over:?}");
    }
}

#[test]
fn requests_go_to_the_primary_while_the_canary_does_not_run() {
    let routed_to_nobody = Live { canary_up: false, ..rolling(50) };
    let model = counted(Scenario::Blind, routed_to_nobody, 600);
    assert_eq!(model.total(Arm::Canary).requests, 0);
    assert_near(model.total(Arm::Primary).requests, 600.0 * 400.0, 1.0);
    assert_eq!(model.metrics(Arm::Primary, at(600)), Metrics::Served, "no canary traffic, no scenario");
    let everything = counted(Scenario::Healthy, rolling(100), 600);
    assert_eq!(everything.total(Arm::Primary).requests, 0);
}

#[test]
fn a_change_holds_for_the_whole_second_it_falls_in_and_never_for_one_already_counted() {
    let mut model = ArrivalModel::new(config(Scenario::Healthy), Live::serving("v1"));
    model.advance(at(10));
    model.change(at(5), &rolling(100));
    assert_eq!(model.timeline()[1].at, at(10));
    let primary = model.total(Arm::Primary).requests;
    model.advance(at(11));
    assert_eq!(model.total(Arm::Primary).requests, primary);
    assert!(model.total(Arm::Canary).requests > 300);
}

#[test]
fn a_newer_version_restarts_a_canary_that_is_up() {
    let mut model = ArrivalModel::new(config(Scenario::Healthy), rolling(50));
    model.advance(at(60));
    model.change(at(60), &rolling(20));
    model.advance(at(60));
    assert!(model.pods(Arm::Canary).iter().all(|pod| pod.started_at == ORIGIN));
    model.change(at(61), &Live { canary_revision: "v3".to_owned(), ..rolling(20) });
    model.advance(at(61));
    assert!(model.pods(Arm::Canary).iter().all(|pod| pod.started_at == at(61) && pod.counts.requests == 0));
    assert!(model.pods(Arm::Primary).iter().all(|pod| pod.started_at == ORIGIN));
}
