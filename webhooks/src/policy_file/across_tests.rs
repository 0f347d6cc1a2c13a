//! What a policy says of its regions together, as YAML: read as the manual shows it, refused at its own line and column.

use super::parse;

const TEXT: &str = r#"apiVersion: haldane.dev/v1alpha1
kind: AnalysisPolicy
metadata: {name: fnp-api}
spec:
  service: fnp/api
  steps: [{weight: 5, observe: 10m}]
  gates: [{signal: error-rate, limit: 0.1%}]
  atOnce: 1
  notify: {url: "https://pager.example/hook"}
  freeze:
    - {days: "Fri 18:00 - Mon 06:00", zone: Europe/Berlin, reason: weekend, regions: [eu-central]}
    - {since: "2026-12-20T00:00", until: "2027-01-03T00:00", zone: America/New_York}
  guards:
    - region-up
    - replication-lag:
        name: lag
        for: 5m
    - {level: {query: 'rtt', max: 2}}
  regions:
    - {name: us-east, role: active, prometheus: {url: "http://us:9090"}}
    - {name: eu-central, role: warm, after: us-east, bake: 30m, rpo: 5s, prometheus: {url: "http://eu:9090"}}
"#;

fn refusal(from: &str, to: &str) -> String {
    assert!(TEXT.contains(from), "{from} is not in the policy");
    parse("p.yaml", &TEXT.replacen(from, to, 1)).expect_err("must be refused").to_string()
}

#[test]
fn the_grammar_of_the_manual_is_read() {
    let (policy, sources) = parse("p.yaml", TEXT).unwrap();
    let names: Vec<&str> = policy.across.guards.iter().map(|guard| guard.name.as_str()).collect();
    assert_eq!(names, ["region-up", "lag", "level"]);
    assert_eq!((policy.across.freezes.len(), policy.across.at_once), (2, Some(1)));
    assert_eq!(sources.notify.unwrap().url, "https://pager.example/hook");
}

#[test]
fn what_cannot_be_meant_is_refused_at_its_line() {
    for (from, to, said) in [
        ("atOnce: 1", "atOnce: 7", "p.yaml:8: spec.atOnce: there are only 2 regions"),
        (
            "https://pager",
            "https://x:hunter2@pager",
            "p.yaml:9: spec.notify.url: the address carries credentials",
        ),
        (
            "Europe/Berlin",
            "Europe/Berln",
            "p.yaml:11: spec.freeze[0].zone: \"Europe/Berln\" is no time zone; write Europe/Berlin",
        ),
        ("[eu-central]}", "[eu]}", "p.yaml:11: spec.freeze[0].regions[0]: there is no region eu"),
        (
            "- region-up",
            "- region-upp",
            "p.yaml:14: spec.guards[0]: there is no guard \"region-upp\"; write region-up",
        ),
        ("for: 5m", "for: five", "p.yaml:17: spec.guards[1].replication-lag.for: "),
        ("max: 2", "max: 2s", "p.yaml:18: spec.guards[2].level.max: \"2s\" is no number"),
        (
            " after: us-east, bake: 30m,",
            "",
            "p.yaml:21: spec.regions[1].after: eu-central is warm and comes after no active region",
        ),
    ] {
        let text = refusal(from, to);
        assert!(text.starts_with(said) && !text.contains("hunter2"), "{said} in\n{text}");
    }
}

#[test]
fn keys_that_nobody_knows_are_refused_by_name_with_those_that_are_known() {
    for (from, to, line, parts) in [
        ("for: 5m", "fro: 5m", 17, ["fro", "`for`"]),
        ("zone: Europe", "zones: Europe", 11, ["zones", "`zone`"]),
        ("url: \"https", "uri: \"https", 9, ["uri", "`url`"]),
        ("rpo: 5s", "rpos: 5s", 21, ["rpos", "`rpo`"]),
    ] {
        let text = refusal(from, to);
        let at = format!("p.yaml:{line}:");
        assert!(
            text.starts_with(&at) && parts.iter().all(|part| text.contains(part)),
            "{at} {parts:?} in\n{text}"
        );
    }
}

#[test]
fn a_key_beside_its_rule_in_place_of_under_it_is_refused_with_what_to_write() {
    let text = refusal("        name: lag\n        for: 5m\n", "      for: 5m\n");
    let said = "a guard has one key, its rule: write for among what belongs to replication-lag, {replication-lag: {for: …}}";
    assert!(text.starts_with("p.yaml:1") && text.contains(said), "{text}");
    let text = refusal("- {level: {query: 'rtt', max: 2}}", "- [level]");
    assert!(text.contains("a guard's rule, or a map with the rule as its one key"), "{text}");
}
