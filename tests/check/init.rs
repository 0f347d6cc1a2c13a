//! `haldane init`: what it drafts from a Canary is a policy, and keeps what the Canary says.

use crate::program::{Said, check, run};

const CANARY: &str = r#"apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: api, namespace: fnp}
spec:
  provider: nginx
  targetRef: {kind: Deployment, name: api}
  analysis:
    interval: 1m
    threshold: 5
    stepWeight: 25
    maxWeight: 50
    metrics:
    - {name: request-success-rate, thresholdRange: {min: 99}}
    - {name: request-duration, thresholdRange: {max: 500}}
"#;

async fn init(canary: &str, more: &[&str]) -> Said {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("c.yaml"), canary).unwrap();
    run(folder.path(), &[&["init", "--canary", "c.yaml"], more].concat()).await
}

/// The draft, which is a policy that `haldane check` takes, and what that says it means.
async fn drafted(canary: &str, more: &[&str]) -> (String, String) {
    let said = init(canary, more).await;
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    let longest = said.out.lines().map(|line| line.chars().count()).max();
    assert!(longest <= Some(140), "{longest:?}\n{}", said.out);
    let means = check(&[&said.out], &[]).await;
    assert_eq!(means.code, Some(0), "{means:?}\n{}", said.out);
    (said.out, means.out)
}

#[tokio::test]
async fn a_draft_is_a_policy_in_shadow_mode_with_the_canary_s_own_weights_and_limits() {
    let (draft, means) =
        drafted(CANARY, &["--prometheus", "http://prometheus.fnp:9090", "--region", "eu-west"]).await;
    for part in [
        "fnp/api, shadow mode",
        " 25 %  observed for 10m to 30m",
        " 50 %  observed for 5m to 15m",
        "p99-latency  below 500ms",
        "error-rate   below 1%",
        "http-5xx     below 5/min",
        "eu-west      active",
        "asks http://prometheus.fnp:9090, metrics plain",
    ] {
        assert!(means.contains(part), "{part}: {means}");
    }
    assert!(!draft.contains("A GUESS") && draft.contains("# cluster: "), "{draft}");
    assert!(draft.contains("render POLICY --haldane URL --interval 1m\n"), "a trial keeps the pace: {draft}");
}

#[tokio::test]
async fn what_the_canary_does_not_say_gets_a_cautious_value_and_a_comment() {
    let bare = "kind: Canary\nmetadata: {name: api, namespace: fnp}\nspec: {}\n";
    let (draft, means) = drafted(bare, &[]).await;
    for part in ["5 %  observed", "100 %  observed", "below 200ms", "below 0.1%", "region-1", "metrics istio"]
    {
        assert!(means.contains(part), "{part}: {means}");
    }
    assert!(draft.contains("The Canary has no weights"), "{draft}");
    assert_eq!(draft.matches("A GUESS").count(), 3, "two limits and a Prometheus: {draft}");
    assert!(means.contains("http-5xx     below 5/min, not above 1.5x the primary, report only"), "{means}");
}

#[tokio::test]
async fn where_all_traffic_moves_at_once_nothing_is_compared_with_the_primary() {
    let blue_green = CANARY.replace("stepWeight: 25\n    maxWeight: 50", "iterations: 10");
    let (draft, means) = drafted(&blue_green, &[]).await;
    assert!(!draft.contains("tolerate") && !means.contains("the primary\n"), "{draft}{means}");
    let compared = check(&[&draft.replace("limit: 1%}", "limit: 1%, tolerate: 1.5x}")], &[]).await;
    assert!(
        compared.out.contains("error-rate   below 1%, not compared with the primary"),
        "{}",
        compared.out
    );
}

#[tokio::test]
async fn every_shape_of_canary_gives_a_policy() {
    let of = |from: &str, to: &str| CANARY.replace(from, to);
    for (canary, part) in [
        (of("stepWeight: 25\n    maxWeight: 50", "iterations: 10"), "all traffic moves at once"),
        (of("stepWeight: 25\n    maxWeight: 50", "stepWeight: 10"), "Each step is observed on its own"),
        (of("provider: nginx", "provider: istio"), "metrics: istio"),
        (
            of("kind: Deployment, name: api", "kind: Deployment, name: api-web"),
            "{family: plain, target: \"api-web\"}",
        ),
        (of("provider: nginx", "metricsServer: http://u:hunter2@p"), "A GUESS"),
        (
            of("provider: nginx", "metricsServer: http://p.x:9090"),
            "url: \"http://p.x:9090\"   # where the Canary lets",
        ),
        (of("name: api, namespace: fnp", "name: \"1\", namespace: \"2\""), "service: 2/1"),
        (of("analysis:", "canaryAnalysis:"), "weight: 25"),
    ] {
        let (draft, _) = drafted(&canary, &["--region", "on"]).await;
        assert!(
            draft.contains(part) && draft.contains("name: \"on\"") && !draft.contains("hunter2"),
            "{part}: {draft}"
        );
    }
}

#[tokio::test]
async fn a_canary_that_has_hooks_of_ours_names_its_region() {
    let with =
        CANARY.to_owned() + "    webhooks: [{name: a, type: event, url: \"http://h/hooks/us-east/event\"}]\n";
    let (draft, _) = drafted(&with, &[]).await;
    assert!(draft.contains("- name: us-east"), "{draft}");
}

#[tokio::test]
async fn what_cannot_be_drafted_is_refused_with_the_cure() {
    let two = format!("{CANARY}---\n{}", CANARY.replace("name: api, ", "name: web, "));
    for (canary, more, part) in [
        (two.as_str(), &[][..], "there are several Canaries in it; say which"),
        (CANARY, &["fnp/web"], "no Canary in it is fnp/web"),
        (CANARY, &["web"], "write NAMESPACE/NAME"),
        (CANARY, &["--region", "US East"], "cannot stand in an address"),
        (CANARY, &["--prometheus", "http://u:hunter2@p"], "without user, password and query"),
        (CANARY, &["--cluster-context", "x"], "cannot be used with"),
        (&CANARY.replace(", namespace: fnp", ""), &[], "the Canary has no namespace"),
        (&CANARY.replace("name: api, ", "name: \"a\\nb: c\", "), &[], "is no Canary that Kubernetes has"),
        ("kind: Pod", &[], "there is no Canary in it"),
    ] {
        let said = init(canary, more).await;
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
        assert!(said.err.contains(part), "{part}: {}", said.err);
    }
    let (draft, _) = drafted(&two, &["fnp/web"]).await;
    assert!(draft.contains("service: fnp/web"));
}
