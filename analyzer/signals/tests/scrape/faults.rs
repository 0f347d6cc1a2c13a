//! Pages that are read but cannot be counted, signal by signal.

use crate::pod::{IDLE, Pod, counted, due, exact, histogram, missing, page, requests, scraper};
use haldane_core::increment::Arms::{Both, CanaryOnly, PrimaryOnly};
use haldane_core::increment::{Arm, Bracket, Counts, Missing, Reading};
use haldane_core::signal::Signal::{ErrorRate, P99Latency};
use haldane_signals::scrape::RegionScraper;

#[tokio::test]
async fn a_broken_histogram_leaves_the_error_rate_alone_and_its_own_interval_grows() {
    let canary = Pod::start(&page(10, 0, 0)).await;
    let mut scraper = scraper(&[&canary], &[]);
    due(&mut scraper, 0, CanaryOnly).await;
    let broken = [
        (histogram(&[("0.2", 11)]), "no +Inf bucket"),
        (histogram(&[("0.2", 12), ("+Inf", 11)]), "counts fall from 200 ms to +Inf"),
    ];
    for (at, (buckets, why)) in (1..).zip(broken) {
        canary.say(&(requests(&[("200", 10 + at), ("500", 0)]) + &buckets));
        let increment = due(&mut scraper, 30 * i64::from(at), CanaryOnly).await;
        assert_eq!(counted(&increment, ErrorRate).1, exact(0, 1));
        let told = missing(&increment, P99Latency).to_string();
        assert!(told.contains(why) && told.contains(&canary.addr.to_string()), "{told}");
    }
    canary.say(&page(20, 1, 3));
    let healed = due(&mut scraper, 90, CanaryOnly).await;
    assert_eq!(counted(&healed, ErrorRate), (60, exact(1, 9), None));
    assert_eq!(counted(&healed, P99Latency), (0, exact(3, 11), None));
}

#[tokio::test]
async fn a_counter_that_is_no_number_is_missing_and_not_zero() {
    let canary = Pod::start(&page(10, 0, 0)).await;
    let mut scraper = scraper(&[&canary], &[]);
    due(&mut scraper, 0, CanaryOnly).await;
    for (at, value) in (1..).zip(["NaN", "+Inf", "-1"]) {
        canary.say(&format!("http_requests_total{{code=\"200\"}} {value}\n"));
        let increment = due(&mut scraper, 30 * at, CanaryOnly).await;
        let why = Missing::NotANumber {
            arm: Arm::Canary,
            target: Some(canary.addr.to_string()),
            series: "http_requests_total".into(),
        };
        assert_eq!(missing(&increment, ErrorRate), why, "{value}");
    }
    canary.say(&page(10, 2, 0));
    assert_eq!(counted(&due(&mut scraper, 120, CanaryOnly).await, ErrorRate), (0, exact(2, 2), None));
}

#[tokio::test]
async fn a_canary_without_traffic_counts_zeros_and_a_primary_without_series_is_absent() {
    let (canary, primary) = (Pod::start(IDLE).await, Pod::start(&page(10, 0, 0)).await);
    let mut scraper = scraper(&[&canary], &[&primary]);
    due(&mut scraper, 0, Both).await;
    let idle = due(&mut scraper, 30, Both).await;
    assert_eq!(counted(&idle, ErrorRate), (0, exact(0, 0), exact(0, 0)));
    assert_eq!(counted(&idle, P99Latency), (0, exact(0, 0), exact(0, 0)));
    canary.say(&page(3, 1, 2));
    let first_traffic = due(&mut scraper, 60, Both).await;
    assert_eq!(counted(&first_traffic, ErrorRate), (30, exact(1, 4), exact(0, 0)));
    assert_eq!(counted(&first_traffic, P99Latency), (30, exact(2, 4), exact(0, 0)));
    primary.say(IDLE);
    for arms in [Both, PrimaryOnly] {
        let at = if arms == Both { 90 } else { 120 };
        let absent = due(&mut scraper, at, arms).await;
        let why =
            |series: &str| Missing::SeriesAbsent { arm: Arm::Primary, target: None, series: series.into() };
        assert_eq!(missing(&absent, ErrorRate), why("http_requests_total"));
        assert_eq!(missing(&absent, P99Latency), why("http_request_duration_seconds"));
    }
}

#[tokio::test]
async fn families_that_contradict_each_other_are_not_zeros() {
    let canary = Pod::start(&page(10, 0, 0)).await;
    let mut scraper = scraper(&[&canary], &[]);
    due(&mut scraper, 0, CanaryOnly).await;
    let target = Some(canary.addr.to_string());
    let why = |series: &str| Missing::SeriesAbsent {
        arm: Arm::Canary,
        target: target.clone(),
        series: series.into(),
    };
    canary.say(&requests(&[("200", 12)]));
    let no_histogram = due(&mut scraper, 30, CanaryOnly).await;
    assert_eq!(missing(&no_histogram, P99Latency), why("http_request_duration_seconds"));
    assert_eq!(counted(&no_histogram, ErrorRate), (0, exact(0, 2), None));
    canary.say(&histogram(&[("0.1", 0), ("0.2", 15), ("0.5", 15), ("+Inf", 15)]));
    let no_requests = due(&mut scraper, 60, CanaryOnly).await;
    assert_eq!(missing(&no_requests, ErrorRate), why("http_requests_total"));
    assert_eq!(counted(&no_requests, P99Latency), (0, exact(0, 5), None));
}

#[tokio::test]
async fn an_arm_without_pods_is_absent() {
    let primary = Pod::start(&page(10, 0, 0)).await;
    let mut scraper = scraper(&[], &[&primary]);
    let increment = due(&mut scraper, 0, Both).await;
    let why = Missing::SeriesAbsent { arm: Arm::Canary, target: None, series: "http_requests_total".into() };
    assert_eq!(missing(&increment, ErrorRate), why);
}

fn bracket_of(reading: &Reading) -> (Option<Counts>, Option<Bracket>) {
    let read = reading;
    let Reading::Counted { canary, bracket, .. } = read else { panic!("{read:?}") };
    (*canary, *bracket)
}

#[tokio::test]
async fn a_limit_between_two_edges_gives_both_bounds_and_the_edges() {
    let edges = |counts: [u32; 3]| {
        let [low, high, all] = counts;
        requests(&[("200", all)]) + &histogram(&[("1e-1", low), ("0.250", high), ("+Inf", all)])
    };
    let canary = Pod::start(&edges([0, 0, 0])).await;
    let mut scraper = scraper(&[&canary], &[]);
    due(&mut scraper, 0, CanaryOnly).await;
    canary.say(&edges([70, 95, 100]));
    let increment = due(&mut scraper, 30, CanaryOnly).await;
    let counts = Counts { bad: 5.0, bad_at_most: 30.0, total: 100.0 };
    let bracket = Bracket { below_ms: 100.0, above_ms: Some(250.0) };
    assert_eq!(bracket_of(&increment.signals[&P99Latency]), (Some(counts), Some(bracket)));
}

#[tokio::test]
async fn arms_with_different_edges_are_not_compared_and_healing_begins_afresh() {
    let (canary, primary) = (Pod::start(&page(10, 0, 0)).await, Pod::start(&page(10, 0, 0)).await);
    let mut scraper = scraper(&[&canary], &[&primary]);
    due(&mut scraper, 0, Both).await;
    canary.say(&(requests(&[("200", 11)]) + &histogram(&[("0.1", 0), ("0.25", 11), ("+Inf", 11)])));
    let increment = due(&mut scraper, 30, Both).await;
    let Missing::BadHistogram { arm: Arm::Canary, target, detail, .. } = missing(&increment, P99Latency)
    else {
        panic!("{increment:?}")
    };
    let pods = (canary.addr, primary.addr);
    assert_eq!(target, Some(pods.0.to_string()));
    assert_eq!(detail, format!("other bucket edges than {}", pods.1));
    assert_eq!(counted(&increment, ErrorRate), (0, exact(0, 1), exact(0, 0)));
    canary.say(&page(3, 0, 1));
    assert_eq!(missing(&due(&mut scraper, 60, Both).await, P99Latency), Missing::FirstReading);
    canary.say(&page(4, 0, 2));
    let healed = due(&mut scraper, 90, Both).await;
    assert_eq!(counted(&healed, P99Latency), (60, exact(1, 1), exact(0, 0)));
}

#[tokio::test]
async fn edges_that_change_between_two_cuts_begin_afresh() {
    let canary = Pod::start(&page(10, 0, 0)).await;
    let mut scraper: RegionScraper = scraper(&[&canary], &[]);
    due(&mut scraper, 0, CanaryOnly).await;
    canary.say(&(requests(&[("200", 1)]) + &histogram(&[("0.3", 1), ("+Inf", 1)])));
    crate::pod::not_due(&mut scraper, 15, CanaryOnly).await;
    canary.say(&page(10, 0, 0));
    assert_eq!(missing(&due(&mut scraper, 30, CanaryOnly).await, P99Latency), Missing::FirstReading);
}
