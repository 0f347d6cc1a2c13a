//! Three releases on real parts: one that is well, one that fails, and one with a slower tail.

use crate::scene::{NEW, OLD, Scene, Setting};
use haldane_core::time::Span;
use haldane_flagger_model::Phase;
use haldane_world::{Behaviour, WorldConfig};
use serde_json::Value;

/// Requests per second of a story: enough for 5 % of it to prove a limit of 0.1 % within the test's patience.
const PER_S: u32 = 500;

/// A world with a past of an hour, so that releases are judged with everything that a service in production has.
fn world(seed: u64, new: Behaviour) -> WorldConfig {
    let mut config = WorldConfig::new("us-east", seed).with_history(Span::from_min(70));
    config.requests_per_s = PER_S;
    config.with_behaviour(OLD, Behaviour::HEALTHY).with_behaviour(NEW, new)
}

/// The weights at which leaving was allowed, in order.
fn permitted(report: &Value) -> Vec<u64> {
    let facts = report["facts"].as_array().unwrap().iter().map(|entry| &entry["fact"]);
    facts.filter(|fact| fact["fact"] == "permitted").map(|fact| fact["weight"].as_u64().unwrap()).collect()
}

/// The canary's counts of one signal over the whole rollout: bad, all.
fn counted(report: &Value, signal: &str) -> (f64, f64) {
    let readings = report["facts"].as_array().unwrap().iter().map(|entry| &entry["fact"]["signals"][signal]);
    let counts = readings.filter_map(|reading| reading["counted"]["canary"].as_object());
    counts.fold((0.0, 0.0), |(bad, all), canary| {
        (bad + canary["bad"].as_f64().unwrap(), all + canary["total"].as_f64().unwrap())
    })
}

/// Side by side: they wait much and compute little.
#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_release_is_promoted_and_one_that_fails_or_is_slow_is_rolled_back_at_five_percent() {
    tokio::join!(
        a_healthy_release_is_promoted_through_every_step(),
        a_canary_that_fails_one_request_in_a_hundred_is_rolled_back(),
        a_canary_with_a_slower_tail_is_rolled_back(),
    );
}

async fn a_healthy_release_is_promoted_through_every_step() {
    let mut scene = Scene::start(world(21, Behaviour::HEALTHY)).await;
    scene.release().await;
    scene.until("promoted", |s| s.standing == "promoted").await;
    let report = scene.haldane.report().await;
    assert_eq!(permitted(&report), [0, 5, 50, 100]);
    assert_eq!((scene.status().phase, scene.status().failed_checks), (Phase::Succeeded, 0));
    let last = report["looks"].as_array().unwrap().iter().rfind(|look| look["weight"] == 100).unwrap();
    for gate in last["gates"].as_array().unwrap() {
        assert_eq!(gate["noise"], "history", "the past came from Prometheus: {gate}");
    }
    scene.world.stop_load().await.unwrap();
    let truth = scene.world.truth(NEW).await.unwrap();
    let ((bad, all), (slow, _)) = (counted(&report, "error-rate"), counted(&report, "p99-latency"));
    assert!(all > 1000.0 && all <= truth.requests() as f64, "{all} of {truth:?}");
    assert_eq!(bad, 0.0, "the service answered no 5xx: {truth:?}");
    assert!(slow <= truth.slower_than_200_ms as f64, "{slow} of {truth:?}");
}

/// The same as a service in production would have it scraped: a bet is capped by time, not by poll, so that where a
/// scrape brings half a failure, many short increments prove less than few long ones.
fn sick(seed: u64, new: Behaviour) -> WorldConfig {
    let mut config = world(seed, new);
    (config.scrape_interval, config.canary_pods) = (Span::from_s(5), 2);
    config
}

fn patient() -> Setting {
    Setting { observe: "20s", ..Setting::default() }
}

async fn a_canary_that_fails_one_request_in_a_hundred_is_rolled_back() {
    let scene = Scene::start_with(sick(22, Behaviour::HEALTHY.failing(0.01)), patient()).await;
    let rolled_back = rolled_back_at_five_percent(scene, "error-rate").await;
    let (bad, all, truth) = (rolled_back.bad, rolled_back.all, rolled_back.truth);
    assert!(bad >= 3.0 && bad <= truth.with_code(500) as f64, "{bad} of {truth:?}");
    assert!(all <= truth.requests() as f64, "{all} of {truth:?}");
}

async fn a_canary_with_a_slower_tail_is_rolled_back() {
    let scene = Scene::start_with(sick(23, Behaviour::HEALTHY.slow(0.06, 250.0)), patient()).await;
    let rolled_back = rolled_back_at_five_percent(scene, "p99-latency").await;
    let (slow, truth) = (rolled_back.bad, rolled_back.truth);
    assert!(slow >= 3.0 && slow <= truth.slower_than_200_ms as f64, "{slow} of {truth:?}");
}

struct RolledBack {
    bad: f64,
    all: f64,
    truth: haldane_world::Truth,
}

async fn rolled_back_at_five_percent(mut scene: Scene, signal: &str) -> RolledBack {
    scene.release().await;
    let end = scene.until("rolled back", |s| s.standing == "rolled-back").await;
    let report = scene.haldane.report().await;
    assert_eq!(permitted(&report), [0], "it never left 5 %");
    assert_eq!(
        (scene.status().phase, scene.status().failed_checks, scene.canary_weight()),
        (Phase::Failed, 0, 0)
    );
    assert!(report["looks"].to_string().contains(signal) && end.headline.contains("rolled back"), "{end:?}");
    scene.world.stop_load().await.unwrap();
    let ((bad, all), truth) = (counted(&report, signal), scene.world.truth(NEW).await.unwrap());
    RolledBack { bad, all, truth }
}
