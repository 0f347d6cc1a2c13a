//! A policy that names pods: their own pages are read, and told arm by arm.

use crate::policy;
use crate::program::{Said, live};
use haldane_clock::Clock;
use haldane_core::time::Span;
use haldane_flagger_model::{CanarySpec, Flagger};
use haldane_pods::{ModelConfig, RegionConfig, RegionPods, Scenario};

/// A service's pods before a rollout: the canary has none.
async fn pods() -> RegionPods {
    let clock = Clock::real();
    let flagger = Flagger::new(CanarySpec::new("fnp", "api", &[5, 100], Vec::new()), "1.0.0", clock.clone());
    // They have run for a minute.
    let origin = clock.now() - Span::from_s(60);
    let model = ModelConfig::new(1, origin, Scenario::Healthy, "2.0.0");
    RegionPods::start(RegionConfig { model, clock, live: flagger.live() }).await.unwrap()
}

async fn checked(canary: &[String], primary: &[String], limit: &str) -> Said {
    let source = format!("scrape: {{canary: {canary:?}, primary: {primary:?}}}");
    let policy = policy::with_source(&source).replacen(
        "{canary: 'track=\"canary\"', primary: 'track=\"stable\"'}",
        "plain",
        1,
    );
    live(&policy.replace("limit: 200ms", &format!("limit: {limit}"))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_before_a_rollout_come_out_clean() {
    let pods = pods().await;
    let said = checked(&pods.canary_urls(), &pods.primary_urls(), "200ms").await;
    assert_eq!((said.code, said.count("WRONG"), said.count("note")), (Some(0), 0, 2), "{}", said.out);
    let says = said.about("ok", "primary pods")[0];
    assert!(
        says.contains("answer;") && says.contains(" requests, ") && says.contains("is a bucket edge"),
        "{says}"
    );
    assert!(said.about("note", "canary pods")[1].contains("fine before a rollout"), "{}", said.out);
    assert!(said.about("note", "history")[0].contains("pods remember none"), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_is_gone_and_a_limit_that_is_no_edge_are_told() {
    let pods = pods().await;
    let mut primary = pods.primary_urls();
    primary.push("http://127.0.0.1:1/metrics".to_owned());
    let said = checked(&pods.canary_urls(), &primary, "170ms").await;
    assert_eq!(said.code, Some(1), "{}", said.out);
    let says = said.about("WRONG", "primary pods");
    let fact = "3 of 4 can be counted; no p99-latency, error-rate: primary 127.0.0.1:1 cannot be reached";
    assert!(says[0].contains(fact), "{says:?}");
    assert!(says[1].contains("is the pod listed still there?"), "{says:?}");
    assert!(said.out.contains("150, 200,"), "{}", said.out);
}
