//! What the words of each kind mean, told by cases that say the same in other words.

use crate::program::{Said, judge};
use serde_json::{Value, json};

fn case(signal: Value) -> Value {
    json!({"intervalSeconds": 15, "signals": [signal]})
}

fn said(signal: Value) -> Said {
    judge(&case(signal))
}

fn latency(canary: Value) -> Value {
    json!({"name": "p99", "kind": "latency", "limitMs": 200, "canary": canary})
}

#[test]
fn buckets_count_what_is_slower_than_the_limit() {
    let buckets = json!({"buckets": [
        {"le": 0.1, "count": vec![700; 20]}, {"le": "0.2", "count": vec![747; 20]}, {"le": "+Inf", "count": vec![750; 20]},
    ]});
    let counted = json!({"slow": vec![3; 20], "total": vec![750; 20]});
    let (buckets, counted) = (said(latency(buckets)), said(latency(counted)));
    assert_eq!((buckets.code, &buckets.out), (Some(0), &counted.out));
}

#[test]
fn the_quantile_says_how_many_may_be_slow() {
    let canary = json!({"slow": vec![20; 40], "total": vec![750; 40]});
    let mut signal = latency(canary);
    assert_eq!(said(signal.clone()).code, Some(3), "2.7 % are slower than a P99");
    signal["quantile"] = 0.9.into();
    assert_eq!(said(signal).code, Some(0), "and fewer than a P90 allows");
}

#[test]
fn a_rate_is_per_minute_and_its_seconds_default_to_the_interval() {
    let rate = |seconds: Option<f64>| {
        let mut canary = json!({"bad": vec![2; 40]});
        if let Some(seconds) = seconds {
            canary["seconds"] = vec![seconds; 40].into();
        }
        said(json!({"name": "5xx", "kind": "rate", "limit": 2, "canary": canary}))
    };
    assert_eq!(rate(None).code, Some(3), "8 a minute");
    assert_eq!(rate(None).out, rate(Some(15.0)).out);
    assert_eq!(rate(Some(600.0)).code, Some(0), "0.2 a minute");
}

#[test]
fn rates_of_unequal_traffic_are_compared_by_their_requests() {
    let rate = |with_total: bool| {
        let mut signal = json!({"name": "5xx", "kind": "rate", "canary": {"bad": vec![1; 60]}, "baseline": {"bad": vec![19; 60]}});
        if with_total {
            (signal["canary"]["total"], signal["baseline"]["total"]) =
                (vec![750; 60].into(), vec![1000; 60].into());
        }
        said(signal).lines()[0]["signals"][0]["evidence"].as_f64().unwrap()
    };
    assert!(rate(true) < 1.0 && rate(false) < 1.0, "it is better than its baseline either way");
    let signal = |total: Value| {
        json!({"name": "5xx", "kind": "rate", "canary": {"bad": vec![4; 60], "total": vec![750; 60]},
               "baseline": {"bad": vec![20; 60], "total": total}})
    };
    assert_eq!(said(signal(vec![14250; 60].into())).code, Some(3), "four times the baseline's share");
    assert_ne!(said(signal(vec![3750; 60].into())).code, Some(3), "as many as the baseline");
}

#[test]
fn a_gauge_is_held_against_its_own_history() {
    let history: Vec<f64> = (0..960).map(|i| 0.5 + f64::from(i * 379 % 960) / 9600.0).collect();
    let gauge = |canary: f64| {
        said(
            json!({"name": "memory", "kind": "gauge", "canary": {"value": vec![canary; 80]}, "history": {"value": history}}),
        )
    };
    assert_eq!(gauge(0.55).code, Some(0));
    let leak = gauge(0.9);
    assert_eq!(leak.code, Some(3), "{leak:?}");
    assert!(leak.out.contains("placebo starts in the history"), "{leak:?}");
}

#[test]
fn a_baseline_alone_tells_a_sick_canary() {
    let signal = |bad: u32| {
        json!({"name": "errors", "kind": "ratio", "canary": {"bad": vec![bad; 60], "total": vec![750; 60]},
               "baseline": {"bad": vec![19; 60], "total": vec![14250; 60]}})
    };
    assert_eq!(said(signal(6)).code, Some(3));
    assert_eq!(said(signal(1)).code, Some(0));
}

#[test]
fn the_share_of_false_rollbacks_moves_the_threshold() {
    let with = |share: f64| {
        let mut case = case(
            json!({"name": "errors", "kind": "ratio", "limit": 0.001, "canary": {"bad": vec![4; 40], "total": vec![750; 40]}}),
        );
        case["falseRollback"] = share.into();
        judge(&case).lines()[0]["breachedAt"].as_u64().unwrap()
    };
    assert!(with(0.1) < with(0.000_001));
}
