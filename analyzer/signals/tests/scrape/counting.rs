//! What is counted, between which instants.

use crate::pod::{IDLE, Pod, Reply, counted, due, exact, missing, not_due, page, requests, scraper};
use haldane_core::increment::Arms::{Both, CanaryOnly, PrimaryOnly};
use haldane_core::increment::{Arm, Missing};
use haldane_core::signal::Signal::{self, ErrorRate, Http5xx, P99Latency};
use haldane_core::time::Timestamp;

#[tokio::test]
async fn a_count_needs_two_readings_and_then_covers_both_arms_between_the_same_instants() {
    let (canary, primary) = (Pod::start(&page(100, 5, 7)).await, Pod::start(&page(1000, 1, 20)).await);
    let mut scraper = scraper(&[&canary], &[&primary]);
    let first = due(&mut scraper, 0, Both).await;
    for signal in Signal::CORE {
        assert_eq!(missing(&first, signal), Missing::FirstReading);
    }
    canary.say(&page(130, 6, 9));
    not_due(&mut scraper, 15, Both).await;
    primary.say(&page(1500, 1, 21));
    let second = due(&mut scraper, 30, Both).await;
    assert_eq!(counted(&second, ErrorRate), (0, exact(1, 31), exact(0, 500)));
    assert_eq!(counted(&second, Http5xx), (0, exact(1, 31), exact(0, 500)));
    assert_eq!(counted(&second, P99Latency), (0, exact(2, 31), exact(1, 500)));
    assert_eq!(second.canary_targets, 1);
    not_due(&mut scraper, 45, Both).await;
    let third = due(&mut scraper, 60, Both).await;
    assert_eq!(counted(&third, ErrorRate), (30, exact(0, 0), exact(0, 0)));
}

#[tokio::test]
async fn pods_of_an_arm_add_up_and_a_reset_counts_what_it_shows() {
    let (a, b) = (Pod::start(&page(100, 0, 0)).await, Pod::start(&page(200, 4, 0)).await);
    let mut scraper = scraper(&[&a, &b], &[]);
    due(&mut scraper, 0, CanaryOnly).await;
    a.say(&page(107, 0, 0));
    b.say(&page(3, 1, 2));
    let increment = due(&mut scraper, 30, CanaryOnly).await;
    assert_eq!(counted(&increment, ErrorRate), (0, exact(1, 11), None));
    assert_eq!(counted(&increment, P99Latency), (0, exact(2, 11), None));
    assert_eq!((increment.canary_targets, increment.canary_restarts), (2, 1));
    assert_eq!(due(&mut scraper, 60, CanaryOnly).await.canary_restarts, 0);
}

#[tokio::test]
async fn each_bad_event_is_told_of_its_pod_once_and_waits_for_a_cut_that_comes_late() {
    let (a, b) = (Pod::start(&page(100, 3, 0)).await, Pod::start(&page(200, 4, 0)).await);
    let mut scraper = scraper(&[&a, &b], &[]);
    assert!(due(&mut scraper, 0, CanaryOnly).await.canary_pods.is_empty(), "what came before is nobody's");
    a.say(&page(110, 5, 0));
    b.reply(Reply::Status(503));
    assert!(due(&mut scraper, 30, CanaryOnly).await.canary_pods.is_empty());
    a.say(&page(120, 6, 0));
    b.say(&page(210, 4, 2));
    let pods = due(&mut scraper, 60, CanaryOnly).await.canary_pods;
    assert_eq!(pods[&ErrorRate], [(a.addr.to_string(), 3.0)].into());
    assert_eq!(pods[&P99Latency], [(b.addr.to_string(), 2.0)].into());
    assert!(due(&mut scraper, 90, CanaryOnly).await.canary_pods.is_empty());
}

#[tokio::test]
async fn the_first_failure_of_a_known_pod_is_a_failure() {
    let canary = Pod::start(&requests(&[("200", 50)])).await;
    let mut scraper = scraper(&[&canary], &[]);
    due(&mut scraper, 0, CanaryOnly).await;
    canary.say(&requests(&[("200", 50), ("500", 1)]));
    let increment = due(&mut scraper, 30, CanaryOnly).await;
    assert_eq!(counted(&increment, ErrorRate), (0, exact(1, 1), None));
}

#[tokio::test]
async fn a_missed_scrape_makes_a_longer_interval_with_every_event_in_it_once() {
    let (canary, primary) = (Pod::start(&page(10, 0, 0)).await, Pod::start(&page(10, 0, 0)).await);
    let mut scraper = scraper(&[&canary], &[&primary]);
    due(&mut scraper, 0, Both).await;
    canary.reply(Reply::Status(503));
    primary.say(&page(60, 2, 0));
    let blind = due(&mut scraper, 30, Both).await;
    let target = canary.addr.to_string();
    let why = Missing::HttpStatus { arm: Arm::Canary, target, status: 503 };
    assert_eq!(missing(&blind, ErrorRate), why);
    assert_eq!(missing(&blind, P99Latency), why);
    not_due(&mut scraper, 45, Both).await;
    canary.say(&page(15, 1, 1));
    primary.say(&page(90, 3, 0));
    let increment = due(&mut scraper, 60, Both).await;
    assert_eq!(counted(&increment, ErrorRate), (0, exact(1, 6), exact(3, 83)));
    assert_eq!(counted(&increment, P99Latency), (0, exact(1, 6), exact(0, 83)));
}

#[tokio::test]
async fn a_pod_first_reached_late_brings_no_past_with_it() {
    let known = Pod::start(&page(10, 0, 0)).await;
    let late = Pod::start(IDLE).await;
    late.reply(Reply::Status(502));
    let mut scraper = scraper(&[&known, &late], &[]);
    let blind = due(&mut scraper, 0, CanaryOnly).await;
    assert!(matches!(missing(&blind, ErrorRate), Missing::HttpStatus { status: 502, .. }));
    late.say(&page(5000, 70, 0));
    let first = due(&mut scraper, 30, CanaryOnly).await;
    assert_eq!(missing(&first, ErrorRate), Missing::FirstReading);
    late.say(&page(5001, 70, 0));
    let increment = due(&mut scraper, 60, CanaryOnly).await;
    assert_eq!(counted(&increment, ErrorRate), (30, exact(0, 1), None));
}

#[tokio::test]
async fn a_pod_that_refuses_connections_and_comes_back_loses_no_event() {
    let reserved = Pod::start(IDLE).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let url = format!("http://{addr}/metrics");
    let mut config = crate::pod::config(&[&reserved], &[]);
    config.canary = vec![url].into();
    let mut scraper = haldane_signals::scrape::RegionScraper::new(config).unwrap();
    let blind = due(&mut scraper, 0, CanaryOnly).await;
    let Missing::Unreachable { arm: Arm::Canary, target, detail } = missing(&blind, ErrorRate) else {
        panic!("{blind:?}")
    };
    assert!(target == addr.to_string() && detail.contains("refused"), "{target}: {detail}");
    let pod = Pod::start_at(addr, &page(3, 0, 0)).await;
    assert_eq!(missing(&due(&mut scraper, 30, CanaryOnly).await, ErrorRate), Missing::FirstReading);
    pod.say(&page(4, 0, 0));
    assert_eq!(counted(&due(&mut scraper, 60, CanaryOnly).await, ErrorRate), (30, exact(0, 1), None));
}

#[tokio::test]
async fn other_arms_begin_a_fresh_interval_and_ask_only_their_own_pods() {
    let (canary, primary) = (Pod::start(&page(10, 0, 0)).await, Pod::start(&page(10, 0, 0)).await);
    let mut scraper = scraper(&[&canary], &[&primary]);
    let history = due(&mut scraper, 0, PrimaryOnly).await;
    assert_eq!((history.canary_targets, canary.asked().len()), (0, 0));
    primary.say(&page(20, 0, 0));
    not_due(&mut scraper, 15, Both).await;
    primary.say(&page(50, 0, 0));
    canary.say(&page(12, 0, 0));
    not_due(&mut scraper, 30, Both).await;
    let both = due(&mut scraper, 45, Both).await;
    assert_eq!(counted(&both, ErrorRate), (15, exact(0, 2), exact(0, 30)));
    let top = due(&mut scraper, 75, CanaryOnly).await;
    assert_eq!(missing(&top, ErrorRate), Missing::FirstReading);
    assert_eq!(primary.asked().len(), 4);
}

#[tokio::test]
async fn a_time_that_went_back_begins_a_fresh_interval() {
    let canary = Pod::start(&page(10, 0, 0)).await;
    let mut scraper = scraper(&[&canary], &[]);
    due(&mut scraper, 3600, CanaryOnly).await;
    not_due(&mut scraper, 0, CanaryOnly).await;
    canary.say(&page(11, 0, 0));
    assert_eq!(counted(&due(&mut scraper, 30, CanaryOnly).await, ErrorRate), (0, exact(0, 1), None));
}

#[tokio::test]
async fn series_that_differ_only_inside_quotes_are_two_series() {
    let paths = |a: u32, b: u32| {
        format!(
            "http_requests_total{{code=\"200\",path=\"/{{x}},code=\\\"500\\\"\"}} {a}\n\
             http_requests_total{{path=\"/{{y}},code=\\\"500\\\"\",code=\"500\"}} {b}\n"
        )
    };
    let canary = Pod::start(&paths(7, 1)).await;
    let mut scraper = scraper(&[&canary], &[]);
    due(&mut scraper, 0, CanaryOnly).await;
    canary.say(&paths(9, 2));
    let increment = due(&mut scraper, 30, CanaryOnly).await;
    assert_eq!(counted(&increment, ErrorRate), (0, exact(1, 3), None));
}

#[tokio::test]
async fn a_poll_can_run_on_any_thread_of_a_service() {
    let canary = Pod::start(IDLE).await;
    let mut scraper = scraper(&[&canary], &[]);
    let polled = tokio::spawn(async move { scraper.poll(Timestamp::from_s(0), Both).await });
    assert!(polled.await.unwrap().is_some());
}
