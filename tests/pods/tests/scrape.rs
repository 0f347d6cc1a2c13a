//! What a reader meets at the pods' addresses.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test by it")]

use haldane_clock::Clock;
use haldane_core::time::{Span, Timestamp};
use haldane_flagger_model::Live;
use haldane_pods::{Arm, ModelConfig, RegionConfig, RegionPods, Scenario, Traffic};
use prometheus_parse::{Scrape, Value};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

const ORIGIN: Timestamp = Timestamp::from_s(1_790_000_000);

struct Bench {
    pods: RegionPods,
    clock: Clock,
    route: watch::Sender<Live>,
    reader: reqwest::Client,
}

impl Bench {
    async fn of(scenario: Scenario) -> Self {
        let clock = Clock::manual(ORIGIN);
        let (route, live) = watch::channel(Live::serving("v1"));
        let model = ModelConfig::new(11, ORIGIN, scenario, "v2");
        let pods = RegionPods::start(RegionConfig { model, clock: clock.clone(), live }).await.unwrap();
        let reader = haldane_flagger_model::plain_http().timeout(Duration::from_secs(10)).build().unwrap();
        Self { pods, clock, route, reader }
    }

    fn until(&self, s: i64) {
        self.clock.set(ORIGIN + Span::from_s(s));
    }

    /// Changes the route as Flagger's model does, and lets the pods see it before the clock goes on.
    fn set(&self, change: impl FnOnce(&mut Live)) {
        self.route.send_modify(change);
        self.pods.notice();
    }

    fn canary(&self, weight: u32) {
        self.set(|live| {
            live.canary_up = true;
            live.canary_weight = weight;
            live.canary_revision = "v2".to_owned();
        });
    }

    async fn get(&self, url: &str) -> reqwest::Result<(u16, String)> {
        let answer = self.reader.get(url).send().await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }

    async fn text(&self, url: &str) -> String {
        let (status, text) = self.get(url).await.unwrap();
        assert_eq!(status, 200, "{text}");
        text
    }

    /// A pod's requests by its own counter, and when it says it was started, in seconds after the origin.
    async fn requests(&self, url: &str) -> (f64, f64) {
        let text = self.text(url).await;
        let started = value(&text, "process_start_time_seconds").unwrap() - 1_790_000_000.0;
        (value(&text, "http_requests_total").unwrap_or(0.0), started)
    }
}

/// The sum of all series of a name.
fn value(text: &str, name: &str) -> Option<f64> {
    let scrape = Scrape::parse(text.lines().map(|line| Ok(line.to_owned()))).unwrap();
    let samples = scrape.samples.iter().filter(|sample| sample.metric == name);
    samples
        .map(|sample| match &sample.value {
            Value::Counter(v) | Value::Gauge(v) | Value::Untyped(v) => *v,
            Value::Histogram(_) | Value::Summary(_) => f64::NAN,
        })
        .reduce(|a, b| a + b)
}

#[tokio::test]
async fn the_exposition_is_the_text_format_and_agrees_with_the_totals() {
    let bench = Bench::of(Scenario::Errors).await;
    bench.canary(50);
    bench.until(60);
    let mut requests = 0.0;
    for url in bench.pods.canary_urls() {
        let text = bench.text(&url).await;
        well_formed(&text);
        requests += value(&text, "http_requests_total").unwrap();
        let scrape = Scrape::parse(text.lines().map(|line| Ok(line.to_owned()))).unwrap();
        let histogram = scrape.samples.iter().find_map(|sample| match &sample.value {
            Value::Histogram(buckets) if sample.metric == "http_request_duration_seconds" => {
                Some(buckets.clone())
            }
            Value::Histogram(_)
            | Value::Counter(_)
            | Value::Gauge(_)
            | Value::Untyped(_)
            | Value::Summary(_) => None,
        });
        let buckets = histogram.unwrap();
        assert_eq!(buckets.len(), 13);
        assert!(buckets.windows(2).all(|pair| pair[0].less_than < pair[1].less_than));
        assert!(buckets.windows(2).all(|pair| pair[0].count <= pair[1].count));
        let count = value(&text, "http_request_duration_seconds_count").unwrap();
        assert_eq!(buckets[12].count.to_string(), count.to_string());
        let mean_s = value(&text, "http_request_duration_seconds_sum").unwrap() / count;
        assert!((0.045..0.049).contains(&mean_s), "{mean_s}");
    }
    let total = bench.pods.total(Arm::Canary);
    assert_eq!(requests.to_string(), total.requests.to_string());
    assert!(total.errors > 50, "{total:?}");
}

/// Every line is a comment of two known kinds, or `name{label="value"} number`, and types precede samples.
fn well_formed(text: &str) {
    let mut typed = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            typed.push(rest.split(' ').next().unwrap().to_owned());
        } else if !line.starts_with("# HELP ") {
            let (series, number) = line.rsplit_once(' ').unwrap();
            assert!(number.parse::<f64>().is_ok(), "{line}");
            let name = series.split('{').next().unwrap();
            assert!(typed.last().is_some_and(|family| name.starts_with(family.as_str())), "{line}");
            assert!(!series.contains('{') || series.ends_with("\"}"), "{line}");
        }
    }
    let families = typed.iter().collect::<std::collections::BTreeSet<_>>().len();
    assert_eq!((typed.len(), families), (32, 32), "each family is announced once: {typed:?}");
}

#[tokio::test]
async fn a_canary_that_is_down_refuses_and_one_that_comes_up_counts_from_zero() {
    let bench = Bench::of(Scenario::Healthy).await;
    bench.until(30);
    let url = bench.pods.canary_urls()[0].clone();
    assert!(bench.get(&url).await.is_err());
    bench.canary(0);
    assert_eq!(bench.requests(&url).await, (0.0, 30.0));
    bench.canary(50);
    bench.until(90);
    let (first, _) = bench.requests(&url).await;
    assert!(first > 5000.0, "{first}");
    bench.set(|live| (live.canary_up, live.canary_weight) = (false, 0));
    assert!(bench.get(&url).await.is_err());
    bench.until(200);
    bench.canary(50);
    assert_eq!(bench.requests(&url).await, (0.0, 200.0));
    bench.until(230);
    let (second, started) = bench.requests(&url).await;
    assert!(second > 2500.0 && second < first, "{second}");
    assert!((started - 200.0).abs() < 1e-3);
    assert_eq!(bench.pods.timeline().len(), 5);
}

#[tokio::test]
async fn a_connection_to_a_pod_that_is_down_is_reset_before_any_answer() {
    let bench = Bench::of(Scenario::Healthy).await;
    let url = bench.pods.canary_urls()[0].clone();
    let address = url.trim_start_matches("http://").trim_end_matches("/metrics").to_owned();
    let mut connection = TcpStream::connect(&address).await.unwrap();
    // The write may already meet the reset; what counts is that no byte comes back.
    let _ = connection.write_all(b"GET /metrics HTTP/1.1\r\nHost: pod\r\n\r\n").await;
    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer).await;
    assert!(answer.is_empty(), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn a_promotion_restarts_the_primary_and_a_new_weight_does_not() {
    let bench = Bench::of(Scenario::Healthy).await;
    let url = bench.pods.primary_urls()[1].clone();
    bench.until(60);
    bench.canary(50);
    bench.until(120);
    let (before, started) = bench.requests(&url).await;
    assert!(before > 10_000.0 && started.abs() < 1e-3, "{before} since {started}");
    bench.set(|live| live.primary_revision = "v2".to_owned());
    assert_eq!(bench.requests(&url).await, (0.0, 120.0));
    bench.until(150);
    let (after, _) = bench.requests(&url).await;
    assert!(after > 1500.0 && after < before, "{after}");
    assert!(bench.text(&url).await.contains("app_build_info{revision=\"v2\"} 1"));
    assert!(bench.pods.total(Arm::Primary).requests as f64 > 3.0 * before, "totals survive restarts");
}

#[tokio::test]
async fn blind_pods_answer_503_two_minutes_after_the_first_canary_traffic() {
    let bench = Bench::of(Scenario::Blind).await;
    bench.until(300);
    bench.canary(5);
    let urls = [bench.pods.canary_urls(), bench.pods.primary_urls()].concat();
    assert_eq!(urls.len(), 5);
    bench.until(419);
    for url in &urls {
        assert_eq!(bench.get(url).await.unwrap().0, 200);
    }
    for s in [420, 100_000] {
        bench.until(s);
        for url in &urls {
            assert_eq!(bench.get(url).await.unwrap().0, 503);
        }
    }
}

#[tokio::test]
async fn a_change_is_noticed_without_anybody_scraping() {
    let bench = Bench::of(Scenario::Healthy).await;
    tokio::task::yield_now().await;
    bench.until(10);
    bench.route.send_modify(|live| live.canary_up = true);
    // On this runtime of one thread, yielding gives the following task its turn. A connection would prove nothing.
    tokio::task::yield_now().await;
    bench.until(50);
    let timeline = bench.pods.timeline();
    assert_eq!(timeline.last().unwrap().at, ORIGIN + Span::from_s(10));
}

#[tokio::test]
async fn a_stopped_region_gives_its_ports_back() {
    let bench = Bench::of(Scenario::Healthy).await;
    let urls = bench.pods.primary_urls();
    assert!(bench.get(&urls[0]).await.is_ok());
    bench.pods.stop().await;
    for url in urls {
        assert!(bench.reader.get(url).send().await.unwrap_err().is_connect());
    }
}

#[tokio::test]
async fn a_region_can_have_other_numbers_of_pods() {
    let traffic = Traffic { requests_per_s: 10.0, canary_pods: 0, primary_pods: 1 };
    let model = ModelConfig { traffic, ..ModelConfig::new(1, ORIGIN, Scenario::Healthy, "v2") };
    let clock = Clock::manual(ORIGIN);
    let (_route, live) = watch::channel(Live::serving("v1"));
    let pods = RegionPods::start(RegionConfig { model, clock: clock.clone(), live }).await.unwrap();
    clock.set(ORIGIN + Span::from_s(100));
    assert_eq!((pods.canary_urls().len(), pods.primary_urls().len()), (0, 1));
    assert!((850..1150).contains(&pods.total(Arm::Primary).requests));
}

#[tokio::test]
async fn a_dropped_region_gives_its_ports_back_too() {
    let bench = Bench::of(Scenario::Healthy).await;
    let url = bench.pods.primary_urls()[0].clone();
    drop(bench.pods);
    tokio::task::yield_now().await;
    assert!(bench.reader.get(url).send().await.unwrap_err().is_connect());
}
