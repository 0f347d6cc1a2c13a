//! What Haldane counted from Prometheus' samples is what the service itself counted: to the last request.

use crate::scene::{NEW, OLD, Scene, Setting};
use haldane_core::time::Span;
use haldane_world::{Arm, Behaviour, Truth, World, WorldConfig, until};
use serde_json::Value;

/// Longer than a machine under load needs for a few scrapes.
const PATIENCE: Span = Span::from_s(60);

/// One arm's counts over the whole rollout: requests, failed ones, and requests slower than the limit.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Counted {
    requests: f64,
    failed: f64,
    timed: f64,
    slow: f64,
}

impl Counted {
    fn of(report: &Value, arm: &str) -> Self {
        let mut sum = Self { requests: 0.0, failed: 0.0, timed: 0.0, slow: 0.0 };
        for entry in report["facts"].as_array().unwrap() {
            let signals = &entry["fact"]["signals"];
            let count =
                |signal: &str, what: &str| signals[signal]["counted"][arm][what].as_f64().unwrap_or(0.0);
            sum.requests += count("error-rate", "total");
            sum.failed += count("error-rate", "bad");
            sum.timed += count("p99-latency", "total");
            sum.slow += count("p99-latency", "bad");
        }
        sum
    }

    fn truth(now: &Truth, before: &Truth) -> Self {
        let since = |of: &dyn Fn(&Truth) -> u64| (of(now) - of(before)) as f64;
        let requests = since(&Truth::requests);
        let slow = since(&|truth| truth.slower_than_200_ms);
        Self { requests, failed: since(&|truth| truth.with_code(500)), timed: requests, slow }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_is_counted_once_and_none_is_made_up() {
    let sick = Behaviour::HEALTHY.failing(0.002).slow(0.01, 250.0);
    let config = WorldConfig::new("us-east", 31).with_behaviour(OLD, sick).with_behaviour(NEW, sick);
    let mut scene = Scene::start_with(config, Setting { observe: "10m", ..Setting::default() }).await;
    // A first few requests, so that every series is there; then silence, so that both books begin at the same request.
    scene.world.is_scraped().await.unwrap();
    requests(&scene.world, 300).await;
    scene.world.stop_load().await.unwrap();
    let primary_before = scene.world.truth_of(Arm::Primary).await.unwrap();
    settled(&scene.world, primary_before.requests()).await;
    scene.release().await;
    scene.until("the first step", |s| s.weight_percent == Some(5)).await;

    scene.world.start_load(400).unwrap();
    requests(&scene.world, 4_000).await;
    scene.world.stop_load().await.unwrap();
    let canary = Counted::truth(&scene.world.truth_of(Arm::Canary).await.unwrap(), &Truth::default());
    let primary = Counted::truth(&scene.world.truth_of(Arm::Primary).await.unwrap(), &primary_before);
    assert!(canary.requests > 100.0 && primary.failed > 0.0 && primary.slow > 0.0, "{canary:?} {primary:?}");

    let mut last = Value::Null;
    let all_seen = until("every request in the increments", PATIENCE, async || {
        last = scene.haldane.report().await;
        let same = Counted::of(&last, "canary") == canary && Counted::of(&last, "primary") == primary;
        Ok(same.then_some(()))
    });
    let seen = all_seen.await;
    let counted = (Counted::of(&last, "canary"), Counted::of(&last, "primary"));
    assert!(seen.is_ok(), "{counted:?} is not {:?}", (canary, primary));

    let queries = scene.haldane.metric("haldane_source_queries_total{region=\"us-east\"}").await;
    let received = "haldane_source_bytes_total{region=\"us-east\",direction=\"received\"}";
    let received = scene.haldane.metric(received).await;
    let failures = scene.haldane.metric("haldane_source_failures_total{region=\"us-east\"}").await;
    assert!(
        queries > 10.0 && received > 100.0 * queries && failures == 0.0,
        "{queries} {received} {failures}"
    );
}

/// Waits until the load has been answered so many times.
async fn requests(world: &World, count: u64) {
    let answered = async || Ok((world.load().by_code.values().sum::<u64>() >= count).then_some(()));
    until("requests", PATIENCE, answered).await.unwrap();
}

/// Waits until Prometheus has scraped the last of so many requests.
async fn settled(world: &World, requests: u64) {
    let same = async || {
        let sum = world.prometheus().sum("sum(http_requests_total)").await?;
        Ok((sum == requests as f64).then_some(()))
    };
    until("the last scrape", PATIENCE, same).await.unwrap();
}
