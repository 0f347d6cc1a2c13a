//! The stories that depend on the routing, on a place, or on nobody calling.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test by it")]

use haldane_clock::Clock;
use haldane_core::time::{Span, Timestamp};
use haldane_flagger_model::Live;
use haldane_pods::{Arm, ArrivalModel, ModelConfig, RegionConfig, RegionPods, Scenario};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

const ORIGIN: Timestamp = Timestamp::from_s(1_790_000_000);

fn at(s: i64) -> Timestamp {
    ORIGIN + Span::from_s(s)
}

fn rolling(weight: u32) -> Live {
    Live { canary_weight: weight, canary_up: true, canary_revision: "v2".to_owned(), ..Live::serving("v1") }
}

fn config(scenario: Scenario) -> ModelConfig {
    ModelConfig::new(5, ORIGIN, scenario, "v2")
}

/// Counts of an arm while the model goes on to a second.
fn gained(model: &mut ArrivalModel, arm: Arm, until_s: i64) -> (u64, u64, u64) {
    let count = |m: &ArrivalModel| {
        let total = m.total(arm);
        (total.requests, total.errors, total.slower_than(200.0).unwrap())
    };
    let before = count(model);
    model.advance(at(until_s));
    let after = count(model);
    (after.0 - before.0, after.1 - before.1, after.2 - before.2)
}

#[test]
fn a_late_version_fails_at_the_weight_it_cannot_carry_and_again_when_it_is_promoted() {
    let mut model = ArrivalModel::new(config(Scenario::Late), rolling(50));
    let (_, at_half, _) = gained(&mut model, Arm::Canary, 600);
    assert!(at_half < 25, "120,000 requests at 0.005 % are 6 errors: {at_half}");
    model.change(at(600), &rolling(100));
    let (_, at_all, _) = gained(&mut model, Arm::Canary, 660);
    assert!(at_all > 150, "24,000 requests at 1 % are 240 errors: {at_all}");
    model.change(at(660), &rolling(50));
    let (_, back_at_half, _) = gained(&mut model, Arm::Canary, 1260);
    assert!(back_at_half < 25, "{back_at_half}");
    model.change(at(1260), &Live::serving("v2"));
    let (_, promoted, _) = gained(&mut model, Arm::Primary, 1320);
    assert!(promoted > 150, "{promoted}");
}

#[test]
fn a_leak_counts_the_same_however_often_it_is_looked_at() {
    let run = |pace_s: usize| {
        let mut model = ArrivalModel::new(config(Scenario::SlowLeak), Live::serving("v1"));
        model.change(ORIGIN + Span::from_us(61_300_000), &rolling(50));
        (0..1300).step_by(pace_s).for_each(|s| model.advance(at(s)));
        model.advance(at(1300));
        Arm::BOTH.map(|arm| *model.total(arm))
    };
    assert_eq!(run(1), run(1300));
}

#[test]
fn a_leak_is_within_its_limit_for_twelve_minutes_and_then_over_it() {
    let mut model = ArrivalModel::new(config(Scenario::SlowLeak), rolling(50));
    let share = |(requests, _, slow): (u64, u64, u64)| slow as f64 / requests as f64;
    let begins = share(gained(&mut model, Arm::Canary, 60));
    gained(&mut model, Arm::Canary, 690);
    let still_within = share(gained(&mut model, Arm::Canary, 720));
    gained(&mut model, Arm::Canary, 840);
    let over = share(gained(&mut model, Arm::Canary, 900));
    assert!(begins < 0.004 && (0.006..0.0105).contains(&still_within), "{begins} {still_within}");
    assert!(over > 0.0105, "{over}");
}

/// A region behind sockets.
struct Bench {
    pods: RegionPods,
    clock: Clock,
    _route: watch::Sender<Live>,
}

impl Bench {
    async fn of(scenario: Scenario, live: Live) -> Self {
        let clock = Clock::manual(ORIGIN);
        let (route, live) = watch::channel(live);
        let model = config(scenario);
        let pods = RegionPods::start(RegionConfig { model, clock: clock.clone(), live }).await.unwrap();
        Self { pods, clock, _route: route }
    }

    /// Whatever the pods answer, one by one; nothing where the connection is reset.
    async fn pages(&self) -> Vec<String> {
        let mut pages = Vec::new();
        for url in [self.pods.canary_urls(), self.pods.primary_urls()].concat() {
            let address = url.trim_start_matches("http://").trim_end_matches("/metrics").to_owned();
            let mut connection = TcpStream::connect(address).await.unwrap();
            let mut answer = Vec::new();
            // Both may meet the reset; what counts is what comes back.
            let _ = connection.write_all(b"GET /metrics HTTP/1.1\r\nHost: pod\r\n\r\n").await;
            let _ = connection.read_to_end(&mut answer).await;
            pages.push(String::from_utf8(answer).unwrap());
        }
        pages
    }
}

#[tokio::test]
async fn dead_pods_reset_connections_and_count_no_more_requests() {
    let bench = Bench::of(Scenario::RegionDown, rolling(50)).await;
    bench.clock.set(at(119));
    assert!(bench.pages().await.iter().all(|page| page.starts_with("HTTP/1.1 200")));
    bench.clock.set(at(120));
    let alive = Arm::BOTH.map(|arm| bench.pods.total(arm).requests);
    assert!(alive.iter().all(|n| *n > 20_000), "{alive:?}");
    bench.clock.set(at(100_000));
    let pages = bench.pages().await;
    assert!(pages.len() == 5 && pages.iter().all(String::is_empty), "{pages:?}");
    assert_eq!(Arm::BOTH.map(|arm| bench.pods.total(arm).requests), alive);
}

#[tokio::test]
async fn pods_that_nobody_calls_answer_without_a_series_of_requests() {
    let bench = Bench::of(Scenario::NoTraffic, rolling(5)).await;
    bench.clock.set(at(3600));
    for text in bench.pages().await {
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        assert!(!text.contains("http_requests_total"), "{text}");
        assert!(text.contains("http_request_duration_seconds_count 0\n"), "{text}");
    }
}
