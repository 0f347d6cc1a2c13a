//! Guards, read from pods' own pages.

use crate::pod::{Pod, config, page};
use haldane_core::guard::{Guard, Reach, Rule, Seen};
use haldane_core::increment::Arms::Both;
use haldane_core::increment::Missing;
use haldane_core::policy::{GuardSource, PrometheusSource};
use haldane_core::time::{Span, Timestamp};
use haldane_signals::guards::Plan;
use haldane_signals::scrape::RegionScraper;

fn plan() -> Plan {
    let guard = |(name, rule): (&str, Rule)| Guard {
        name: name.to_owned(),
        rule,
        wait: Span::ZERO,
        regions: Vec::new(),
        reach: Reach::Here,
    };
    let guards = [
        ("replication-lag", Rule::ReplicationLag { most: 5.0, bytes: false }),
        ("level", Rule::Level { most: 2.0 }),
        ("whole", Rule::Level { most: 2.0 }),
        ("alerts", Rule::Alerts),
    ];
    let own = |text: &str| GuardSource { query: Some(text.to_owned()), ..GuardSource::default() };
    let said = [("level".to_owned(), own("queue{kind=\"mail\"}")), ("whole".to_owned(), own("max(queue)"))];
    let source = PrometheusSource::new("", "fnp", "api");
    Plan::new(guards.into_iter().map(guard).collect(), &said.into(), &source).unwrap()
}

fn place(lag_s: f64, queue: f64) -> String {
    let page = page(10, 0, 0);
    format!(
        "{page}pg_replication_lag_seconds {lag_s}\nqueue{{kind=\"mail\"}} {queue}\nqueue{{kind=\"sms\"}} 99\n"
    )
}

fn seen(scraper: &RegionScraper, s: i64) -> Vec<Seen> {
    scraper.guards(Timestamp::from_s(s)).into_iter().map(|watched| watched.seen).collect()
}

#[tokio::test]
async fn selectors_are_read_from_pages_and_what_needs_a_prometheus_is_not_known() {
    let (canary, primary) = (Pod::start(&place(0.5, 1.0)).await, Pod::start(&place(7.0, 3.0)).await);
    let mut scraper = RegionScraper::new(config(&[&canary], &[&primary])).unwrap().guarding(plan());
    let absent = |series: &str| Seen::Unknown { why: Missing::PlaceAbsent { series: series.to_owned() } };
    assert!(seen(&scraper, 0).iter().all(|seen| matches!(seen, Seen::Unknown { .. })), "before any poll");
    scraper.poll(Timestamp::from_s(0), Both).await;
    let level = |seen: &Seen| {
        let Seen::Level { level, .. } = seen else { panic!("{seen:?}") };
        *level
    };
    let now = seen(&scraper, 0);
    assert_eq!((level(&now[0]), level(&now[1])), (7.0, 3.0));
    assert_eq!(now[2..], [absent("max(queue)"), absent("ALERTS")]);
    assert_eq!(scraper.probe_guards(Timestamp::from_s(0))[1].asks[0].series, Some(2));
}

#[tokio::test]
async fn pods_that_do_not_answer_leave_a_guard_unknown() {
    let (canary, primary) = (Pod::start(&place(0.5, 1.0)).await, Pod::start(&place(0.7, 1.0)).await);
    let mut scraper = RegionScraper::new(config(&[&canary], &[&primary])).unwrap().guarding(plan());
    scraper.poll(Timestamp::from_s(0), Both).await;
    primary.say("<html>log in</html>");
    for s in [60, 120, 180] {
        scraper.poll(Timestamp::from_s(s), Both).await;
    }
    let Seen::Unknown { why } = &seen(&scraper, 180)[0] else { panic!() };
    assert!(matches!(why, Missing::PlaceOld { age_s: 180, .. }), "{why}");
}
