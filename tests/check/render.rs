//! `haldane render`: what it prints is what Flagger takes, the same every time, and clean in the eyes of `haldane check`.

use crate::contract::{canary_of, documents};
use crate::policy;
use crate::program::{Said, run};
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

const HALDANE: &str = "http://haldane:8080";

/// What is printed for us-east of the example policy, to the byte. After a change that is meant, write it anew:
/// `haldane render policies/fnp-prometheus.yaml --region us-east --haldane http://haldane:8080 --release 2.0.0 --backstop`
const EXPECTED: &str = include_str!("expected/us-east.yaml");

const TOKENS: [(&str, &str); 3] = [
    ("us-east", "0000111122223333-us"),
    ("eu-central", "0000111122223333-eu"),
    ("apac", "0000111122223333-ap"),
];

/// A folder with the example policies and a directory of secrets.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    for file in ["fnp.yaml", "fnp-prometheus.yaml"] {
        std::fs::copy(root.join(file), folder.path().join(file)).unwrap();
    }
    std::fs::create_dir(folder.path().join("secrets")).unwrap();
    for (region, secret) in TOKENS {
        std::fs::write(folder.path().join("secrets").join(region), format!("{secret}\n")).unwrap();
    }
    folder
}

async fn render_in(folder: &Path, policy: &str, more: &[&str]) -> Said {
    run(folder, &[&["render", policy, "--haldane", HALDANE], more].concat()).await
}

/// What is printed of one of the example policies.
async fn rendered(policy: &str, more: &[&str]) -> String {
    let said = render_in(folder().path(), policy, more).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    said.out
}

async fn refused(policy: &str, more: &[&str]) -> String {
    let said = render_in(folder().path(), policy, more).await;
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
    said.err
}

#[tokio::test]
async fn what_is_printed_is_the_same_every_time() {
    let asked = ["--region", "us-east", "--release", "2.0.0", "--backstop"];
    assert_eq!(rendered("fnp-prometheus.yaml", &asked).await, EXPECTED);
}

#[tokio::test]
async fn every_document_is_one_that_flagger_takes_and_check_finds_nothing_in_it() {
    let every = ["--release", "2.0.0", "--backstop", "--hook-secrets", "secrets"];
    for (policy, templates) in [("fnp-prometheus.yaml", 9), ("fnp.yaml", 0)] {
        for interval in ["10s", "15s", "1m", "5m"] {
            let folder = folder();
            let said =
                render_in(folder.path(), policy, &[&every[..], &["--interval", interval]].concat()).await;
            assert_eq!(said.code, Some(0), "{said:?}");
            assert_eq!(documents(&said.out).len(), 3 + templates);
            std::fs::write(folder.path().join("canaries.yaml"), &said.out).unwrap();
            let found = run(folder.path(), &["check", policy, "--canary", "canaries.yaml"]).await;
            assert_eq!((found.code, found.count("ok")), (Some(0), 3), "{found:?}");
            assert_eq!((found.count("note"), found.count("WRONG")), (0, 0), "{interval}: {}", found.out);
        }
    }
}

#[tokio::test]
async fn a_patch_takes_away_what_flagger_does_not_take_beside_the_others_and_is_for_one_canary() {
    let patch = ["--region", "us-east", "--backstop", "--print", "patch"];
    let text = rendered("fnp-prometheus.yaml", &patch).await;
    let [canary] = &serde_saphyr::from_multiple::<Value>(&text).unwrap()[..] else { panic!("{text}") };
    let analysis = &canary["spec"]["analysis"];
    assert_eq!(analysis["stepWeights"], serde_json::json!([5, 50, 100]));
    for gone in ["stepWeight", "maxWeight", "iterations"] {
        assert_eq!(analysis.get(gone), Some(&Value::Null), "{gone}: {text}");
    }
    assert!(text.contains("--namespace fnp patch canary api --type merge"), "{text}");
    let templates = rendered("fnp-prometheus.yaml", &["--region", "us-east", "--print", "templates"]).await;
    let wanted = &analysis["metrics"][0]["templateRef"]["name"];
    let kinds: Vec<Value> = documents(&templates).iter().map(|template| template["kind"].clone()).collect();
    assert_eq!(kinds, vec!["MetricTemplate"; 3]);
    assert!(documents(&templates).iter().any(|template| template["metadata"]["name"] == *wanted), "{wanted}");
    let three = refused("fnp-prometheus.yaml", &["--print", "patch"]).await;
    assert!(three.contains("add --region us-east or eu-central or apac"), "{three}");
}

#[tokio::test]
async fn a_policy_on_trial_is_not_made_faster_without_a_word() {
    let one = ["--region", "us-east", "--release", "2.0.0"];
    let pace = "in mode shadow Flagger advances on every tick";
    for (policy, more, is_warned) in [
        ("fnp-prometheus.yaml", &[][..], true),
        ("fnp-prometheus.yaml", &["--interval", "1m"], false),
        ("fnp-prometheus.yaml", &["--print", "templates"], false),
        ("fnp.yaml", &[], false),
    ] {
        let said = render_in(folder().path(), policy, &[&one[..], more].concat()).await;
        assert_eq!((said.code, said.err.contains(pace)), (Some(0), is_warned), "{more:?}: {said:?}");
    }
}

#[tokio::test]
async fn no_hook_is_printed_whose_failure_costs_a_check() {
    let canary = canary_of(&rendered("fnp-prometheus.yaml", &["--region", "apac"]).await);
    let hooks = canary["spec"]["analysis"]["webhooks"].as_array().unwrap().clone();
    let of = |key: &str| hooks.iter().map(|hook| hook[key].clone()).collect::<Vec<_>>();
    let kinds = [
        "confirm-rollout",
        "confirm-traffic-increase",
        "confirm-promotion",
        "rollback",
        "post-rollout",
        "event",
    ];
    assert_eq!(of("type"), kinds);
    assert_eq!(of("url"), kinds.map(|kind| format!("{HALDANE}/hooks/apac/{kind}")));
    let muted = [Value::Null, true.into(), true.into(), Value::Null, Value::Null, Value::Null];
    assert_eq!(of("muteAlert"), muted);
    assert!(of("metadata").iter().all(Value::is_null), "nothing was asked for");
}

#[tokio::test]
async fn each_region_gets_its_own_secret_and_standard_error_says_that_secrets_are_printed() {
    let folder = folder();
    let said = render_in(folder.path(), "fnp-prometheus.yaml", &["--hook-secrets", "secrets"]).await;
    for canary in documents(&said.out).iter().filter(|document| document["kind"] == "Canary") {
        for hook in canary["spec"]["analysis"]["webhooks"].as_array().unwrap() {
            let region = hook["url"].as_str().unwrap().split('/').nth(4).unwrap();
            let (_, secret) = TOKENS.iter().find(|(name, _)| *name == region).unwrap();
            let presented = hook["url"].as_str().unwrap().split_once("://flagger:").unwrap().1;
            assert!(presented.starts_with(&format!("{secret}@haldane")), "{hook}");
        }
    }
    assert!(said.err.contains("contains secrets") && !said.err.contains("0000111122223333"), "{}", said.err);
    assert!(said.err.contains("3 regions are printed") && said.err.contains("`after`"), "{}", said.err);
    std::fs::remove_file(folder.path().join("secrets/apac")).unwrap();
    let said = render_in(folder.path(), "fnp-prometheus.yaml", &["--hook-secrets", "secrets"]).await;
    assert!(said.err.contains("no secret of region apac; write secrets/apac"), "{said:?}");
}

#[tokio::test]
async fn names_that_look_like_numbers_stay_text_for_every_reader() {
    for release in ["1.10", "1e3", "on", "0x1f", "2026-01-01", "a\"b", "null", "12:30:45"] {
        let text = rendered("fnp-prometheus.yaml", &["--region", "us-east", "--release", release]).await;
        let canary = canary_of(&text);
        let hooks = canary["spec"]["analysis"]["webhooks"].as_array().unwrap();
        assert!(hooks.iter().all(|hook| hook["metadata"]["release"] == release), "{text}");
        // Readers of YAML 1.1, as kubectl is, know more words for what is no text; quoted, nothing is one of them.
        let quoted = format!("release: {}\n", serde_json::Value::from(release));
        assert_eq!(text.matches(&quoted).count(), 6, "{text}");
    }
}

#[tokio::test]
async fn the_backstop_is_several_times_the_region_s_limit_and_names_a_template_that_is_there() {
    let text =
        rendered("fnp-prometheus.yaml", &["--region", "apac", "--backstop", "--backstop-factor", "20"]).await;
    let canary = canary_of(&text);
    let metric = &canary["spec"]["analysis"]["metrics"][0];
    assert_eq!((&metric["thresholdRange"]["max"], &metric["interval"]), (&2.0.into(), &"60s".into()));
    let named = documents(&text).iter().any(|d| d["metadata"]["name"] == metric["templateRef"]["name"]);
    assert!(named && text.contains("20 times the policy's limit of 0.1%"), "{text}");
    let region = "region=\"apac\"";
    assert!(text.contains(region), "a Prometheus that regions share is asked for this one's series");
    let alone = rendered("fnp.yaml", &["--region", "apac", "--backstop"]).await;
    assert!(alone.contains("# no backstop either") && !alone.contains("metrics:"), "{alone}");
}

#[tokio::test]
async fn a_prometheus_with_credentials_is_asked_with_a_secret_that_the_comment_names() {
    let text = rendered("fnp-prometheus.yaml", &["--region", "eu-central"]).await;
    assert!(
        text.contains("with the Secret haldane-prometheus in namespace fnp: create it, keys token"),
        "{text}"
    );
    let documents = documents(&text);
    let provider = &documents[0]["spec"]["provider"];
    assert_eq!(provider["secretRef"]["name"], "haldane-prometheus");
    assert_eq!(provider["headers"]["X-Scope-OrgID"], serde_json::json!(["fnp"]));
}

#[tokio::test]
async fn the_comment_says_whose_it_is_and_what_it_will_do() {
    let folder = folder();
    let region = "prometheus: {url: \"http://p:9090\"}, cluster: {context: \"east\\u2028kind: Secret\"}";
    std::fs::write(folder.path().join("p.yaml"), policy::with_source(region)).unwrap();
    let said = render_in(folder.path(), "p.yaml", &[]).await;
    let begins =
        "# region us-east of fnp/api (policy checked): context east\\u{2028}kind: Secret\n# mode enforce: ";
    assert!(said.out.starts_with(begins), "{}", said.out);
    assert_eq!(said.err, "", "one region without credentials needs no warning");
}

#[tokio::test]
async fn what_flagger_would_quietly_change_is_refused_with_the_reason() {
    let asked = |more: &'static [&'static str]| refused("fnp-prometheus.yaml", more);
    for (more, part) in [
        (&["--interval", "5s"][..], "Flagger raises every interval below 10s to 10s without a word"),
        (&["--interval", "6m"], "longer than the shortest step's observe (5m)"),
        (&["--region", "mars"], "no policy has a region mars; there are us-east, eu-central, apac"),
        (&["--threshold", "0"], "0 is not in 1.."),
        (&["--release", ""], "printable ASCII"),
        (&["--backstop-factor", "9"], "--backstop"),
        (&["--backstop", "--backstop-factor", "1"], "from 2 to 100"),
        (&["--hook-secrets", "nowhere"], "nowhere: cannot be read"),
    ] {
        let said = asked(more).await;
        assert!(said.contains(part), "{more:?}: {said}");
    }
    let said = run(folder().path(), &["render", "fnp.yaml", "--haldane", "http://x:hunter2@h"]).await;
    assert!(said.err.contains("--hook-secrets"), "{said:?}");
    let without = folder();
    let text = policy::at("http://p:9090").replace("limit: 0.1%,  ", "");
    std::fs::write(without.path().join("p.yaml"), text).unwrap();
    let said = render_in(without.path(), "p.yaml", &["--backstop"]).await;
    assert!(said.err.contains("error-rate, and region us-east has none that decides"), "{said:?}");
}
