//! The past asked at once, and what a probe tells.

use crate::fake::{Prom, Reply, World, at};
use crate::store::Pod;
use haldane_core::history::{PastIncrement, summarise};
use haldane_core::increment::Arms;
use haldane_core::signal::Signal::{ErrorRate, P99Latency};

/// Two hours of a primary, 10 requests and one failure each 15 s, scraped until `to` seconds.
fn two_hours(prom: &Prom, to: i64) {
    let (mut primary, mut canary) = (Pod::new("primary", "p"), Pod::new("canary", "c"));
    for tick in ((to - 7200)..to).step_by(15) {
        primary.serve(9, 1, 2);
        canary.serve(5, 0, 0);
        prom.scrape(tick as f64 + 4.0, &[&primary, &canary]);
    }
}

#[tokio::test]
async fn the_last_hour_is_there_at_once_cut_as_later_and_every_event_once() {
    let world = World::start().await;
    two_hours(&world.prom, 10_000);
    world.prom.lock().now = at(10_000.0);
    world.clock.set(at(10_000.0));
    let past = world.region.backfill(at(6_400.0), at(10_000.0)).await.0;
    assert!(past.iter().all(|i| i.arms == Arms::PrimaryOnly && i.as_of.as_us() % 30_000_000 == 0));
    assert!(past.windows(2).all(|pair| (pair[1].as_of - pair[0].as_of).as_s() == 30.0));
    let past: Vec<_> =
        past.into_iter().map(|increment| PastIncrement { increment, synthetic: false }).collect();
    let summary = summarise(&past);
    for (signal, bad) in [(ErrorRate, 1.0), (P99Latency, 2.0)] {
        let history = &summary[&signal];
        let scrapes = history.covers.as_s() / 15.0;
        assert!(history.covers.as_min() >= 59.0, "{history:?}");
        assert_eq!((history.bad, history.total), (bad * scrapes, 10.0 * scrapes));
    }
}

#[tokio::test]
async fn a_fault_in_the_past_ends_it_quietly_and_a_young_source_gives_what_it_has() {
    let world = World::start().await;
    two_hours(&world.prom, 10_000);
    world.prom.lock().now = at(10_000.0);
    world.clock.set(at(10_000.0));
    world.prom.reply(Reply::Text(503, "no"));
    assert_eq!(world.region.backfill(at(6_400.0), at(10_000.0)).await.0, []);
    world.prom.reply(Reply::Data);
    let young = world.region.backfill(at(1_000.0), at(4_000.0)).await.0;
    let first = young.first().expect("some minutes").as_of;
    assert!(first >= at(2_800.0) && first <= at(2_920.0), "{first:?}");
}

#[tokio::test]
async fn a_probe_tells_query_by_query_what_is_found() {
    let mut world = World::start().await;
    two_hours(&world.prom, 10_000);
    world.ahead = 12.0;
    world.prom.lock().now = at(10_000.0);
    world.clock.set(at(9_988.0));
    let report = world.region.probe(at(9_988.0)).await;
    assert_eq!((report.clock_ahead_s, report.wrong.clone()), (12.0, None));
    let past = &report.past;
    assert_eq!((past.counted_min, past.asked_min, past.ends_early.clone()), (119, 120, None));
    let [canary, primary] = report.arms.as_slice() else { panic!("{report:?}") };
    let [requests, buckets] = primary.queries.as_slice() else { panic!("{report:?}") };
    assert_eq!(requests.text, "http_requests_total{app=\"primary\"}[300s]");
    assert_eq!((requests.series, requests.targets, buckets.series), (2, 1, 3));
    assert_eq!((requests.scrape_interval_s, requests.newest_age_s), (Some(15.0), Some(11.0)));
    assert_eq!((buckets.edges_ms.as_slice(), buckets.limit_is_edge), (&[100.0, 200.0][..], Some(true)));
    let counted = requests.counted.unwrap();
    assert_eq!((counted.over_s, counted.requests, counted.bad), (270.0, 180.0, 18.0));
    assert_eq!((buckets.counted.unwrap().bad, buckets.counted.unwrap().bad_at_most), (36.0, 36.0));
    assert_eq!((canary.queries[0].counted.unwrap().requests, canary.queries[0].is_gone), (90.0, false));
    assert!(serde_json::to_string(&report).unwrap().contains("\"counted_min\":119"));
}

#[tokio::test]
async fn a_probe_says_what_is_wrong_in_one_sentence() {
    let world = World::start().await;
    let mut primary = Pod::new("primary", "p");
    primary.serve(5, 0, 0);
    world.prom.lock().now = at(10_000.0);
    world.clock.set(at(10_000.0));
    for tick in 0..20 {
        world.prom.scrape(9_700.0 + 15.0 * f64::from(tick), &[&primary]);
    }
    world.prom.reply(Reply::Warns("store-3 unreachable"));
    let report = world.region.probe(at(10_000.0)).await;
    let wrong = report.arms[0].queries[0].wrong.clone().unwrap().to_string();
    assert!(wrong.contains("not whole: store-3 unreachable"), "{wrong}");
    world.prom.lock().failures = 2;
    let report = world.region.probe(at(10_000.0)).await;
    assert!(report.wrong.unwrap().to_string().contains("HTTP 503"));
}

#[tokio::test]
async fn a_probe_counts_what_a_poll_would_and_tells_its_reasons_of_the_arm_they_are_about() {
    let world = World::start().await;
    let (mut primary, mut canary) = (Pod::new("primary", "p"), Pod::new("canary", "c"));
    let mut twin = Pod { job: "again", ..Pod::new("primary", "p") };
    for tick in 0..20 {
        primary.serve(5, 0, 0);
        twin.serve(5, 0, 0);
        canary.serve(5, 0, 0);
        world.prom.scrape(9_704.0 + 15.0 * f64::from(tick), &[&primary, &twin, &canary]);
    }
    world.prom.lock().now = at(10_000.0);
    world.clock.set(at(10_000.0));
    let report = world.region.probe(at(10_000.0)).await;
    let [canary, primary] = report.arms.as_slice() else { panic!("{report:?}") };
    for query in &primary.queries {
        let wrong = query.wrong.as_ref().unwrap().to_string();
        assert!(wrong.contains("is scraped twice, as p (job again) and as p (job api)"), "{wrong}");
    }
    assert!(canary.queries.iter().all(|q| q.wrong.is_none() && q.series > 0), "{canary:?}");
}

#[tokio::test]
async fn a_canary_that_is_gone_says_nothing_against_the_primary() {
    let world = World::start().await;
    let (mut primary, mut canary) = (Pod::new("primary", "p"), Pod::new("canary", "c"));
    for tick in 0..20 {
        primary.serve(5, 0, 0);
        canary.serve(5, 0, 0);
        let pods: &[&Pod] = if tick < 8 { &[&primary, &canary] } else { &[&primary] };
        world.prom.scrape(9_704.0 + 15.0 * f64::from(tick), pods);
    }
    world.prom.lock().now = at(10_000.0);
    world.clock.set(at(10_000.0));
    let report = world.region.probe(at(10_000.0)).await;
    let [canary, primary] = report.arms.as_slice() else { panic!("{report:?}") };
    assert!(canary.queries.iter().all(|q| q.is_gone && q.counted.is_none()), "{canary:?}");
    assert!(primary.queries.iter().all(|q| q.wrong.is_none() && q.counted.is_some()), "{primary:?}");
}
