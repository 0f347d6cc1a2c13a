//! Signals beyond requests, from pods' own pages.

use crate::pod::{Pod, config, counted, due, missing, not_due, page};
use haldane_core::increment::Arms::Both;
use haldane_core::increment::{Arm, Counts, Missing, Reading};
use haldane_core::signal::Signal;
use haldane_signals::further::{Exposure, Further, GaugeQuery, Of, PlaceOf, What};
use haldane_signals::scrape::{RegionScraper, ScrapeConfig};

const MATCH: &str = r#"{namespace="fnp",pod=~"api-[0-9a-z]+"}"#;

fn further() -> Vec<Further> {
    let arm = |name: &str| format!("{name}{MATCH}");
    let level =
        |name: &str, of: Of, per: &str| GaugeQuery { value: arm(name), of, per: Some((arm(per), Of::Level)) };
    vec![
        Further {
            signal: Signal::ErrorLogs,
            what: What::Counts {
                canary: arm("log_messages_total"),
                primary: arm("log_messages_total"),
                bad: Some("level=\"error\"".into()),
                exposure: Exposure::Requests,
            },
            limit: None,
            tolerate: Some(2.0),
        },
        Further {
            signal: Signal::Cpu,
            what: What::Gauge {
                canary: level("cpu_seconds_total", Of::Rate, "cpu_requested"),
                primary: level("cpu_seconds_total", Of::Rate, "cpu_requested"),
            },
            limit: Some(0.8),
            tolerate: None,
        },
        Further {
            signal: Signal::ReplicationLag,
            what: What::Place { value: "lag_seconds".into(), of: PlaceOf::Level },
            limit: Some(5.0),
            tolerate: None,
        },
    ]
}

fn beyond(requests: u32, errors: u32, cpu_s: f64, lag_s: f64) -> String {
    format!(
        "{}log_messages_total{{level=\"error\"}} {errors}\nlog_messages_total{{level=\"info\"}} 9\n\
         cpu_seconds_total{{mode=\"user\"}} {cpu_s}\ncpu_requested 0.5\nlag_seconds {lag_s}\n",
        page(requests, 0, 0)
    )
}

#[tokio::test]
async fn pages_are_read_as_a_prometheus_is() {
    let (canary, primary) =
        (Pod::start(&beyond(10, 3, 1.0, 0.1)).await, Pod::start(&beyond(100, 0, 1.0, 0.2)).await);
    let mut scraper =
        RegionScraper::new(ScrapeConfig { further: further(), ..config(&[&canary], &[&primary]) }).unwrap();
    let first = due(&mut scraper, 0, Both).await;
    assert_eq!(missing(&first, Signal::ErrorLogs), Missing::FirstReading);
    assert_eq!(missing(&first, Signal::Cpu), Missing::FirstReading);
    canary.say(&beyond(20, 4, 7.0, 0.1));
    primary.say(&beyond(200, 0, 2.0, 7.0));
    not_due(&mut scraper, 15, Both).await;
    canary.say(&beyond(30, 5, 13.0, 0.1));
    let second = due(&mut scraper, 30, Both).await;
    let (since, canary_logs, primary_logs) = counted(&second, Signal::ErrorLogs);
    assert_eq!((since, canary_logs), (0, Some(Counts { bad: 2.0, bad_at_most: 2.0, total: 20.0 })));
    assert_eq!(primary_logs, Some(Counts { bad: 0.0, bad_at_most: 0.0, total: 100.0 }));
    let Reading::Gauged { canary: Some(cpu), .. } = second.signals[&Signal::Cpu] else {
        panic!("{second:?}")
    };
    assert_eq!((cpu.level, cpu.samples, cpu.above), (0.8, 2.0, 0.0));
    let Reading::Placed { level, .. } = second.signals[&Signal::ReplicationLag] else { panic!("{second:?}") };
    assert_eq!(level, 7.0);
}

#[tokio::test]
async fn a_page_without_the_series_is_missing_by_name() {
    let (canary, primary) = (Pod::start(&page(10, 0, 0)).await, Pod::start(&beyond(100, 0, 1.0, 0.2)).await);
    let mut scraper =
        RegionScraper::new(ScrapeConfig { further: further(), ..config(&[&canary], &[&primary]) }).unwrap();
    due(&mut scraper, 0, Both).await;
    primary.say(&beyond(200, 0, 2.0, 0.2));
    not_due(&mut scraper, 15, Both).await;
    let increment = due(&mut scraper, 30, Both).await;
    let why = missing(&increment, Signal::Cpu);
    assert!(
        matches!(&why, Missing::SeriesAbsent { arm: Arm::Canary, series, .. } if series == "cpu_seconds_total")
    );
}

#[tokio::test]
async fn events_are_held_against_requests_although_nobody_gates_those() {
    let (canary, primary) =
        (Pod::start(&beyond(10, 3, 1.0, 0.1)).await, Pod::start(&beyond(100, 0, 1.0, 0.2)).await);
    let lone = ScrapeConfig {
        further: further(),
        signals: vec![Signal::P99Latency],
        ..config(&[&canary], &[&primary])
    };
    let mut scraper = RegionScraper::new(lone).unwrap();
    due(&mut scraper, 0, Both).await;
    canary.say(&beyond(30, 5, 2.0, 0.1));
    not_due(&mut scraper, 15, Both).await;
    let increment = due(&mut scraper, 30, Both).await;
    let (_, logs, _) = counted(&increment, Signal::ErrorLogs);
    assert_eq!(logs, Some(Counts { bad: 2.0, bad_at_most: 2.0, total: 20.0 }));
}

#[test]
fn a_query_that_only_a_prometheus_can_answer_is_refused() {
    let what = What::Scalar { canary: "sum(x)".into(), primary: None };
    let scalar = Further { signal: Signal::DbPool, what, limit: Some(1.0), tolerate: None };
    let refused = RegionScraper::new(ScrapeConfig { further: vec![scalar], ..config(&[], &[]) });
    assert!(refused.err().unwrap().to_string().contains("give the region a Prometheus"));
}
