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

/// A policy whose region is asked like this.
async fn found(region: &str) -> Said {
    let policy = policy::with_source(region);
    live(&policy.replacen("{canary: 'track=\"canary\"', primary: 'track=\"stable\"'}", "plain", 1)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_behind_a_name_are_read_and_a_canary_s_name_without_any_is_fine_before_a_rollout() {
    let pods = pods().await;
    let url = pods.primary_urls().remove(0);
    let at = url.strip_prefix("http://127.0.0.1").expect("pods are on loopback");
    let said = found(&format!(
        "scrape: {{canary: {{dns: \"no-such-service.invalid:80\"}}, primary: {{dns: \"localhost{at}\"}}}}"
    ))
    .await;
    assert_eq!((said.code, said.count("WRONG")), (Some(0), 0), "{}", said.out);
    assert!(
        said.out.contains("reads the pages of all (at no-such-service.invalid:80) canary"),
        "{}",
        said.out
    );
    assert!(said.about("ok", "primary pods")[0].contains("all 1 answer"), "{}", said.out);
    let note = said.about("note", "canary pods");
    assert!(note[0].contains("cannot be found by DNS name no-such-service.invalid"), "{note:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_are_asked_and_a_sick_one_is_wrong() {
    let pods = pods().await;
    let url = pods.primary_urls().remove(0);
    let port = url.trim_start_matches("http://").split('/').next().expect("a host");
    let source = format!("scrape: {{canary: {:?}, primary: {:?}}}", pods.canary_urls(), pods.primary_urls());
    let probes = format!(
        "probes: [{{name: up, http: \"{url}\"}}, {{name: json, http: \"{url}\", expect: {{status: up}}}}, {{tcp: \"{port}\"}}]"
    );
    let said = found(&format!("{source}, {probes}")).await;
    assert_eq!((said.code, said.count("WRONG")), (Some(1), 1), "{}", said.out);
    assert!(said.out.contains("probes json within 2s, expecting status: up"), "{}", said.out);
    assert!(said.about("ok", "probe up")[0].contains("healthy, after "), "{}", said.out);
    assert!(said.about("ok", &format!("probe {port}"))[0].contains("healthy"), "{}", said.out);
    assert!(
        said.about("WRONG", "probe json")[0].contains("unhealthy: the answer is no JSON"),
        "{}",
        said.out
    );
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
