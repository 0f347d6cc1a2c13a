//! A policy that cannot be used is refused before anything is asked; exit code 2, every mistake told.

use crate::policy;
use crate::program::{Said, check};

fn usual() -> String {
    policy::at("http://prometheus:9090")
}

/// The policies that people begin with: the examples and README's.
fn examples() -> Vec<String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let files = std::fs::read_dir(format!("{root}/policies")).unwrap();
    let mut texts: Vec<String> =
        files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    let readme = std::fs::read_to_string(format!("{root}/README.md")).unwrap();
    let block = readme.split_once("```yaml\n").unwrap().1.split_once("```").unwrap().0;
    texts.push(block.to_owned());
    texts
}

/// The refusal of the usual policy with one text replaced.
async fn refusal(from: &str, to: &str) -> Said {
    assert!(usual().contains(from), "{from}");
    let said = check(&[&usual().replacen(from, to, 1)], &[]).await;
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
    said
}

#[tokio::test]
async fn what_a_policy_means_is_told_with_its_queries_and_without_asking() {
    let said = check(&[&usual()], &[]).await;
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    for part in [
        "0.yaml is valid",
        "enforce mode",
        "5 %  observed for 10m to 30m",
        "p99-latency  below 200ms",
        "asks http://prometheus:9090",
        "http_requests_total{track=\"canary\"}",
        "http_request_duration_seconds_bucket{track=\"stable\"}",
    ] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
}

#[tokio::test]
async fn every_example_policy_is_valid() {
    for text in examples() {
        let said = check(&[&text], &[]).await;
        assert_eq!(said.code, Some(0), "{said:?}");
        let longest = said.out.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(130), "a terminal shows it: {longest:?}\n{}", said.out);
    }
}

#[tokio::test]
async fn a_mistake_is_told_with_its_line_its_key_and_the_cure() {
    let said = refusal("observe: 10m", "observe: soon").await;
    let wanted = "haldane: 0.yaml:10: spec.steps[0].observe: \"soon\" is no length of time; write it like";
    assert!(said.err.starts_with(wanted), "{}", said.err);
    let said = refusal("prometheus: {url", "prometheus: {password: pa55word, url").await;
    assert!(said.err.starts_with("haldane: 0.yaml:15:") && said.err.contains("password"), "{}", said.err);
    assert!(!said.err.contains("pa55word"), "{}", said.err);
}

#[tokio::test]
async fn a_password_in_the_address_is_refused_unrepeated() {
    let said = refusal("http://prometheus", "http://haldane:pa55word@prometheus").await;
    assert!(said.err.contains("carries credentials") && !said.err.contains("pa55word"), "{}", said.err);
}

#[tokio::test]
async fn matchers_that_are_no_promql_are_refused_as_serve_would_refuse_them() {
    let said = refusal("track=\"canary\"", "track:canary").await;
    assert!(
        said.err.starts_with(
            "haldane: 0.yaml: region us-east: spec.metrics.canary is no list of label matchers such as"
        ),
        "{}",
        said.err
    );
}

#[tokio::test]
async fn all_files_are_read_before_any_is_asked_and_every_refusal_is_told() {
    let bad = usual().replacen("observe: 10m", "observe: soon", 1);
    let said = check(&[&usual(), &bad, "{"], &["--live"]).await;
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
    assert!(said.err.contains("1.yaml:10:") && said.err.contains("2.yaml:"), "{}", said.err);
    let said = check(&[], &["nowhere.yaml"]).await;
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("nowhere.yaml: cannot be read; check the path"), "{}", said.err);
}

#[tokio::test]
async fn an_empty_list_of_regions_is_no_way_to_say_all_of_them() {
    let freeze = "mode: enforce\n  freeze: [{days: \"Fri 18:00 - Mon 06:00\", zone: UTC, regions: []}]";
    let said = refusal("mode: enforce", freeze).await;
    assert!(said.err.contains("names nobody: leave the key out to mean all"), "{}", said.err);
    assert!(said.err.contains("spec.freeze[0].regions"), "{}", said.err);
}
