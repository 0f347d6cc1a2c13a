//! `haldane check --canary`: every mistake in a Canary is named once, with what to do. Each begins as what `haldane render`
//! prints, with one thing changed.

use crate::policy;
use crate::program::{Said, run};
use tempfile::TempDir;

/// A policy of one step and region, and the Canary that belongs to it.
async fn world(policy: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("p.yaml"), policy).unwrap();
    let asked = ["render", "p.yaml", "--haldane", "http://haldane:8080", "--region", "us-east"];
    let said = run(folder.path(), &asked).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    (folder, said.out)
}

async fn checked(folder: &TempDir, canary: &str, more: &[&str]) -> Said {
    std::fs::write(folder.path().join("c.yaml"), canary).unwrap();
    run(folder.path(), &[&["check", "p.yaml", "--canary", "c.yaml"], more].concat()).await
}

/// What is said of the Canary with `from` replaced; everything of it if `from` stands more than once.
async fn spoilt(from: &str, to: &str) -> Said {
    let (folder, canary) = world(&policy::at("http://prometheus:9090")).await;
    assert!(canary.contains(from), "{from} is not in {canary}");
    checked(&folder, &canary.replace(from, to), &[]).await
}

fn hook(name: &str, kind: &str) -> String {
    format!("    - name: {name}\n      type: {kind}\n")
}

/// A hook turned into somebody else's: then ours is missing.
fn lost(kind: &str) -> (String, String) {
    (format!("haldane:8080/hooks/us-east/{kind}"), "loadtester/gate/check".to_owned())
}

#[tokio::test]
async fn a_hook_that_does_not_ask_haldane_is_missing_with_what_happens_without_it() {
    for (kind, effect) in [
        ("confirm-rollout", "a run starts unasked"),
        ("confirm-traffic-increase", "the weight rises on every tick"),
        ("confirm-promotion", "promoted unasked"),
        ("rollback", "a breach rolls nothing back"),
        ("event", "nothing leaves weight 0"),
    ] {
        let (from, to) = lost(kind);
        let said = spoilt(&from, &to).await;
        assert_eq!((said.code, said.count("WRONG"), said.count("note")), (Some(1), 1, 0), "{said:?}");
        let [says, cure] = said.about("WRONG", &format!("no {kind}"))[..] else { panic!("{}", said.out) };
        assert!(says.contains(effect) && cure.contains("haldane render"), "{says}\n{cure}");
    }
    let (from, to) = lost("post-rollout");
    assert_eq!(spoilt(&from, &to).await.code, Some(0), "its end is then only learned later");
}

#[tokio::test]
async fn a_hook_that_asks_the_wrong_question_is_named_with_what_would_happen() {
    let url = |path: &str| format!("haldane:8080/hooks/us-east/{path}\"");
    for (from, to, what, part) in [
        (url("rollback"), url("confirm-promotion"), "hook haldane-rollback", "it would roll back as soon as"),
        (url("event"), url("evnt"), "hook haldane-event", "only a 404"),
        (url("event"), url("confirm-rollout"), "hook haldane-event", "the answer is to another question"),
        (
            url("confirm-promotion"),
            url("rollback"),
            "hook haldane-promote",
            "pass only when Haldane wants to roll back",
        ),
        (
            url("confirm-promotion"),
            "haldane:8080/hooks/apac/confirm-promotion\"".to_owned(),
            "hook haldane-promote",
            "it asks as region apac, and this Canary is us-east's",
        ),
    ] {
        let said = spoilt(&from, &to).await;
        assert_eq!((said.code, said.count("WRONG"), said.count("note")), (Some(1), 1, 0), "{said:?}");
        let [says, cure] = said.about("WRONG", what)[..] else { panic!("{}", said.out) };
        assert!(says.contains(part) && cure.contains("/hooks/us-east/"), "{says}\n{cure}");
    }
}

#[tokio::test]
async fn a_hook_whose_failure_costs_a_check_is_named_whosever_it_is() {
    let end = hook("haldane-end", "post-rollout");
    for kind in ["rollout", "pre-rollout"] {
        let strange = format!("{}      url: \"http://load/\"\n      timeout: 1s\n{end}", hook("load", kind));
        let said = spoilt(&end, &strange).await;
        assert_eq!((said.code, said.count("WRONG"), said.count("note")), (Some(0), 0, 1), "{said:?}");
        assert!(said.about("note", "hook load")[0].contains("one of 5 failed checks"), "{}", said.out);
        let ours = strange.replace("http://load/", &format!("http://haldane:8080/hooks/us-east/{kind}"));
        let said = spoilt(&end, &ours).await;
        assert_eq!((said.code, said.count("WRONG")), (Some(1), 1), "{said:?}");
        assert!(said.about("WRONG", "hook load")[1].contains("remove it"), "{}", said.out);
    }
}

#[tokio::test]
async fn everything_else_that_misguides_a_rollout_is_named() {
    let analysis = "  analysis:\n";
    let checks = |text: &str| format!("    threshold: 5\n    metrics:\n{text}");
    for (from, to, verdict, what, part) in [
        ("    - name: haldane-traffic", "    - name: quiet", "ok", "canary", "at 5 %, every 10s"),
        ("      muteAlert: true\n", "", "WRONG", "hook haldane-traffic", "alerts on every tick"),
        (analysis, "  skipAnalysis: true\n  analysis:\n", "WRONG", "canary", "past every gate"),
        (analysis, "  suspend: true\n  analysis:\n", "WRONG", "canary", "Flagger does nothing"),
        (
            "stepWeights: [5]",
            "stepWeights: [10, 100]",
            "WRONG",
            "weights",
            "would go 10, 100, and the policy's steps are 5",
        ),
        ("stepWeights: [5]", "stepWeight: 5", "WRONG", "weights", "would go 5, 10, 15"),
        (
            "stepWeights: [5]",
            "iterations: 5",
            "WRONG",
            "strategy",
            "as blue-green, and the policy is written for canary",
        ),
        ("stepWeights: [5]", "stepWeights: [5]\n    mirror: true", "note", "canary", "copies of requests"),
        (
            "stepWeights: [5]",
            "stepWeights: [5]\n    sessionAffinity: {cookieName: x}",
            "note",
            "canary",
            "outgrows its weight",
        ),
        ("interval: 10s", "interval: 5s", "note", "interval", "raises 5s to 10s without a word"),
        (
            "interval: 10s",
            "interval: 11m",
            "note",
            "interval",
            "11m is longer than step 5 % is observed (10m)",
        ),
        ("interval: 10s", "interval: soon", "WRONG", "interval", "\"soon\" is no length of time"),
        (
            "timeout: 2s",
            "timeout: 3s",
            "note",
            "timeouts",
            "hold one tick up for 12s, and the interval is 10s",
        ),
        ("      timeout: 2s\n", "", "note", "timeouts", "for 40s"),
        ("timeout: 2s", "timeout: soon", "WRONG", "hook haldane-start", "fails without being asked"),
        (
            "hooks/us-east/rollback\"",
            "hooks/us-east/rollback\"\n      retries: 1",
            "note",
            "hook haldane-rollback",
            "up to 2 times a tick",
        ),
        (
            "    threshold: 5\n",
            &checks("    - {name: request-success-rate, thresholdRange: {min: 99.95}}\n"),
            "note",
            "check request-success-rate",
            "error-rate is 0.05%, tighter than the policy's 0.1%; each failure is one of 5",
        ),
        (
            "    threshold: 5\n",
            &checks("    - {name: request-duration, thresholdRange: {max: 500}}\n"),
            "note",
            "check request-duration",
            "fails without traffic",
        ),
        (
            "    threshold: 5\n",
            &checks(
                "    - {name: slow, templateRef: {name: haldane-plain-p99-latency}, thresholdRange: {max: 100}}\n",
            ),
            "note",
            "check slow",
            "p99-latency is 100ms, tighter than the policy's 200ms",
        ),
        (
            "    threshold: 5\n",
            &checks("    - {name: a, query: x}\n    - {name: b, templateRef: {name: b}}\n"),
            "note",
            "own checks",
            "Flagger judges a, b by itself",
        ),
    ] {
        let said = spoilt(from, to).await;
        let says = said.about(verdict, what)[0].to_owned();
        assert!(says.contains(part), "{to}: {}", said.out);
        let code = if verdict == "WRONG" { 1 } else { 0 };
        assert_eq!(said.code, Some(code), "{to}: {}", said.out);
    }
}

#[tokio::test]
async fn regions_in_an_order_need_the_release_s_name() {
    let ordered = policy::at("http://prometheus:9090")
        + "    - {name: apac, role: cold, after: us-east, prometheus: {url: \"http://p:9090\"}}\n";
    let (folder, canary) = world(&ordered).await;
    let said = checked(&folder, &canary, &[]).await;
    let [says, cure] = said.about("WRONG", "release")[..] else { panic!("{}", said.out) };
    assert!(
        says.contains("not every hook says which release") && cure.contains("--release NAME"),
        "{}",
        said.out
    );
    let named =
        canary.replace("      timeout: 2s\n", "      timeout: 2s\n      metadata: {release: \"2.0\"}\n");
    assert_eq!(checked(&folder, &named, &[]).await.code, Some(0));
    let two = named.replacen("release: \"2.0\"", "release: \"1.0\"", 1);
    let said = checked(&folder, &two, &[]).await;
    assert!(said.about("WRONG", "release")[0].contains("the hooks name 2 releases"), "{}", said.out);
    let cluster = ordered.replace("role: active", "role: active, cluster: in-cluster");
    std::fs::write(folder.path().join("p.yaml"), cluster).unwrap();
    assert_eq!(checked(&folder, &canary, &[]).await.code, Some(0), "the image names it");
}

#[tokio::test]
async fn pods_of_another_deployment_are_not_this_canary_s() {
    let family = "  metrics: {canary: 'track=\"canary\"', primary: 'track=\"stable\"'}\n";
    let (folder, canary) = world(&policy::at("http://prometheus:9090").replace(family, "")).await;
    let other =
        canary.replace("  analysis:\n", "  targetRef: {kind: Deployment, name: api-web}\n  analysis:\n");
    let said = checked(&folder, &other, &[]).await;
    let [says, cure] = said.about("WRONG", "target")[..] else { panic!("{}", said.out) };
    assert!(says.contains("counts the pods of api") && cure.contains("target: api-web"), "{}", said.out);
}

#[tokio::test]
async fn no_credential_of_a_canary_is_ever_printed() {
    let (folder, canary) = world(&policy::at("http://prometheus:9090")).await;
    let canary = canary
        .replace("http://haldane", "http://flagger:hunter2@haldane")
        .replace("      timeout: 2s\n", "      timeout: hunter2\n      metadata: {token: hunter2}\n")
        .replace("timeout: hunter2", "timeout: 2s")
        .replace("us-east/rollback", "apac/event?token=hunter2");
    for more in [&[][..], &["--json"]] {
        let said = checked(&folder, &canary, more).await;
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(!said.out.contains("hunter2") && !said.err.contains("hunter2"), "{said:?}");
    }
    let broken = canary.replace("threshold: 5", "threshold: hunter2");
    let said = checked(&folder, &broken, &[]).await;
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.err.contains("of no known shape") && !said.err.contains("hunter2"), "{said:?}");
}

#[tokio::test]
async fn names_out_of_a_canary_move_no_cursor() {
    let said = spoilt("haldane-rollback", "\"a\\e[2J\\nb\"\n      retries: 3 #").await;
    assert!(said.out.contains("hook a?[2J?b") && !said.out.contains('\u{1b}'), "{}", said.out);
}

#[tokio::test]
async fn the_same_as_json_for_machines() {
    let (folder, canary) = world(&policy::at("http://prometheus:9090")).await;
    let said = checked(&folder, &canary.replace("stepWeights: [5]", "stepWeights: [6]"), &["--json"]).await;
    let finding = &said.json()[0]["regions"][0]["findings"][0];
    assert_eq!((&finding["level"], &finding["what"]), (&"wrong".into(), &"weights".into()));
}

#[tokio::test]
async fn a_canary_that_could_be_any_region_s_or_nobody_s_is_refused() {
    let two = policy::at("http://p:9090")
        + "    - {name: apac, role: active, prometheus: {url: \"http://q:9090\"}}\n";
    let (folder, canary) = world(&two).await;
    let nameless = canary.replace("/hooks/us-east/", "/gate/");
    let said = checked(&folder, &nameless, &[]).await;
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.err.contains("write --canary REGION=c.yaml"), "{said:?}");
    let said = run(folder.path(), &["check", "p.yaml", "--canary", "apac=c.yaml"]).await;
    assert!(said.out.contains("\napac\n  WRONG  no confirm-rollout"), "{}", said.out);
    let said = run(folder.path(), &["check", "p.yaml", "--canary", "mars=c.yaml"]).await;
    assert!(said.err.contains("fnp/api has no such region"), "{said:?}");
    let other = checked(&folder, &canary.replace("name: api\n", "name: web\n"), &[]).await;
    assert!(other.err.contains("c.yaml: no Canary in it is fnp/api"), "{other:?}");
}
