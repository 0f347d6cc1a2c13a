//! What the platform asks: alive, ready, and metrics that a Prometheus can read.

use crate::policy::one_region;
use crate::traffic::Traffic;
use crate::world::World;

/// The value of the sample whose name and labels are `series`, as the text format writes it.
fn sample(page: &str, series: &str) -> Option<f64> {
    let line = page.lines().find(|l| l.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[tokio::test]
async fn alive_is_said_without_looking_at_anything() {
    let world = World::start(one_region()).await;
    let reply = world.get("/healthz").await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "OK"));
}

#[tokio::test]
async fn readiness_names_every_region_and_a_blind_one_is_not_fatal() {
    let mut world = World::start(one_region()).await;
    world.climb_to(5).await;
    world.silent_poll().await;
    let reply = world.get("/readyz").await;
    assert_eq!(reply.status, 200);
    let body: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
    let region = &body["services"][0]["regions"][0];
    assert_eq!((&body["ready"], &region["region"]), (&true.into(), &"us-east".into()));
    assert_eq!(region["last_increment_age_s"], 0.0);
    assert!(region["trouble"].as_str().unwrap().contains("cannot be reached"), "{region}");
}

#[tokio::test]
async fn every_line_of_the_metrics_parses_and_says_what_the_answers_were() {
    let mut world = World::start(one_region()).await;
    world.climb_to(5).await;
    world.home().traffic = Traffic::Sick;
    world.poll_until("rollback").await;
    world.post("/hooks/us-east/rollback", "{").await;
    world.ask("rollback").await;
    let reply = world.get("/metrics").await;
    assert_eq!(reply.status, 200);
    assert!(reply.headers["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    assert!(reply.body.ends_with("# EOF\n"));
    for line in reply.body.lines().filter(|l| !l.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').expect("a series and a value");
        assert!(series.starts_with("haldane_"), "{line}");
        assert!(value.parse::<f64>().unwrap().is_finite(), "{line}");
    }
    let of = |series: &str| sample(&reply.body, series);
    let answers = r#"haldane_hook_answers_total{region="us-east",hook="rollback",status="200"}"#;
    assert_eq!(of(answers), Some(1.0), "{}", reply.body);
    assert_eq!(of(r#"haldane_hook_refusals_total{status="400"}"#), Some(1.0));
    let weight = r#"haldane_canary_weight_ratio{service="fnp/api",region="us-east"}"#;
    assert_eq!(of(weight), Some(0.05));
    for (series, value) in [
        (r#"haldane_rollout_decision{service="fnp/api",region="us-east",decision="rollback"}"#, 1.0),
        (r#"haldane_rollout_reason{service="fnp/api",region="us-east",reason="breach"}"#, 1.0),
        (r#"haldane_decisions_total{service="fnp/api",region="us-east",decision="rollback"}"#, 1.0),
        (r#"haldane_increment_age_seconds{service="fnp/api",region="us-east"}"#, 0.0),
        (r#"haldane_gates_not_counted{service="fnp/api",region="us-east"}"#, 0.0),
        (r#"haldane_policy_info{service="fnp/api",mode="enforce"}"#, 1.0),
        (r#"haldane_recording_failing{service="fnp/api"}"#, 0.0),
        ("haldane_store_failing", 0.0),
        ("haldane_store_dropped_hook_records_total", 0.0),
    ] {
        assert_eq!(of(series), Some(value), "{series} in\n{}", reply.body);
    }
    let evidence =
        |family: &str| of(&format!(r#"{family}{{service="fnp/api",region="us-east",stratum="region"}}"#));
    assert!(evidence("haldane_evidence_ln") >= evidence("haldane_evidence_threshold_ln"), "{}", reply.body);
    assert!(of("haldane_store_commits_total").is_some_and(|commits| commits > 0.0));
    let standing = r#"haldane_rollout_standing{service="fnp/api",region="us-east",standing="rolling-back"}"#;
    assert_eq!(of(standing), Some(1.0));
    assert!(of("haldane_heartbeat_timestamp_seconds").is_some_and(|t| t > 1.8e9));
}
