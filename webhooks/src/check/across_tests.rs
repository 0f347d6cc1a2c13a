//! What `haldane check` says of regions together: every part of the grammar in words, and notes about what does not go together.

use super::{Level, aims, meaning};
use crate::policy_file::parse;
use haldane_core::policy::{Policy, Sources};
use haldane_core::time::Timestamp;

/// 2026-01-07T12:00Z, a Wednesday.
const NOW: Timestamp = Timestamp::from_s(1_767_787_200);

const HEAD: &str = r#"apiVersion: haldane.dev/v1alpha1
kind: AnalysisPolicy
metadata: {name: fnp-api}
spec:
  service: fnp/api
  steps: [{weight: 5, observe: 10m}]
  gates: [{signal: error-rate, limit: 0.1%}, {signal: readiness-failures, limit: 1%}]
"#;

const REGIONS: &str = r#"  regions:
    - {name: us-east, role: active, traffic: 60%, cluster: {context: us}, probes: [{tcp: "db:1"}], prometheus: {url: "http://us:9090"}}
    - {name: eu-central, role: warm, after: us-east, bake: 30m, rpo: 5s, rto: 30s, traffic: 40%, probes: [{tcp: "db:1"}], prometheus: {url: "http://eu:9090"}}
    - {name: apac, role: cold, after: eu-central, rpo: 15s, rto: 10m, service: fnp-apac/api, restsOn: [readiness, probe, active-verdicts],
       probes: [{tcp: "db:1"}], prometheus: {url: "http://ap:9090"}}
"#;

fn read(across: &str) -> (Policy, Sources) {
    parse("p.yaml", &format!("{HEAD}{across}{REGIONS}")).unwrap_or_else(|refused| panic!("{refused}"))
}

fn said(across: &str) -> String {
    let (policy, sources) = read(across);
    let text = meaning(&policy, &sources, NOW);
    let (_, together) = text.split_once("\norder\n").unwrap();
    let longest = together.lines().map(|line| line.chars().count()).max();
    assert!(longest <= Some(130), "a terminal shows it: {longest:?}\n{text}");
    text
}

#[track_caller]
fn assert_lines(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|said| said.trim() == *line), "{line}\nis not in\n{text}");
    }
}

#[test]
fn order_roles_and_what_one_region_means_for_the_others_are_told_in_words() {
    let text = said(
        "  atOnce: 1\n  onBreach: roll-back-release\n  maxHold: 4h\n  notify: {url: \"https://pager.example/hook\"}\n  guards: [health, replication-lag]\n",
    );
    assert_lines(
        &text,
        &[
            "us-east      active",
            "eu-central   warm, after us-east has run the release for 30m",
            "its Canary is fnp-apac/api",
            "has 60 % of all traffic",
            "may lose 5s of data (RPO): a copy further behind holds",
            "serves within 30s in the place of another (RTO)",
            "us-east, then eu-central, then apac",
            "the release is known by its image in the cluster of us-east",
            "at most 1 region has a canary with traffic at once",
            "a breach in one region rolls the release back wherever it has traffic and is not promoted",
            "held for 4h beyond its windows, a run is told to https://pager.example/hook",
        ],
    );
    assert!(text.contains("in eu-central and apac: each hook there needs metadata.release"), "{text}");
    assert!(text.contains("rests on all of these:\n      readiness (checks are counted"), "{text}");
}

#[test]
fn each_guard_says_on_what_it_holds_where_it_is_asked_and_whom_it_holds() {
    let text = said(
        r#"  guards:
    - {region-up: {for: 2m, query: 'up{job="api"}'}}
    - health
    - replication-lag
    - {replication-lag: {name: wal, max: 16Mi, regions: apac}}
    - {failover: {writers: 1}}
    - {capacity: {target: 60%, carry: [own, rollback]}}
    - alerts
    - {error-budget: {query: 'spent'}}
    - {freshness: {name: sync, query: 'synced', max: 30m}}
    - {level: {name: rtt, query: 'rtt', max: 2}}
"#,
    );
    assert_lines(
        &text,
        &[
            "guards (what they find holds, and never rolls back)",
            "region-up       anything of the region does not answer, for 2m; holds every region",
            "up{job=\"api\"}",
            "health          any probe fails; holds that region",
            "replication-lag a copy is further behind than 5s in eu-central, 15s in apac; holds that region",
            "wal             a copy is further behind than 16 MiB; asked in apac; holds that region",
            "failover        the writer moved less than 10m ago, or there is not exactly 1 writer in all regions; holds every region",
            "capacity        pods that are 60 % busy might not carry their own load, a rollback now; holds that region",
            "alerts          any alert of severity critical fires; holds that region",
            "error-budget    more than 100 % of the error budget is spent; holds that region",
            "sync            what the value says is more than 30m old; holds that region",
            "rtt             the number is above 2; holds that region",
        ],
    );
}

#[test]
fn the_next_freeze_is_told_as_the_clocks_there_and_those_of_everybody_show_it() {
    let text = said(
        r#"  freeze:
    - {days: "Fri 18:00 - Mon 06:00", zone: Europe/Berlin, reason: weekend, regions: [eu-central]}
    - {since: "2026-01-01", until: "2026-02-01", zone: UTC, reason: season}
    - {since: "2025-01-01", until: "2025-02-01", zone: UTC, reason: past}
  guards: [health, replication-lag]
"#,
    );
    assert_lines(
        &text,
        &[
            "weekend: every Fri 18:00 to Mon 06:00, Europe/Berlin; eu-central",
            "next Fri 2026-01-09 18:00 CET to Mon 2026-01-12 06:00 CET (Fri 2026-01-09 17:00 UTC to Mon 2026-01-12 05:00 UTC)",
            "season: once, UTC; all regions",
            "stands since Thu 2026-01-01 00:00 UTC to Sun 2026-02-01 00:00 UTC",
            "it is over, and can be taken out",
        ],
    );
}

#[test]
fn objectives_that_do_not_go_together_are_notes() {
    let (policy, _) = read("  guards: [{region-up: {for: 1m}}, health, replication-lag]\n");
    let found = aims(&policy);
    let says: Vec<&str> = found.iter().flat_map(|r| &r.findings).map(|f| f.says.as_str()).collect();
    assert_eq!(
        says,
        ["it has to serve within 30s, and region-up says after up to 1m30s that a region is down"]
    );
    assert!(found.iter().flat_map(|r| &r.findings).all(|finding| finding.level == Level::Note));
    let (mut policy, _) = read("  guards: [region-up, health, replication-lag]\n");
    assert_eq!(aims(&policy), []);
    policy.regions[2].aims.rpo = Some(haldane_core::time::Span::from_s(1));
    assert_eq!(aims(&policy)[0].findings[0].says, "this cold region promises 1s, and the warm eu-central 5s");
}
