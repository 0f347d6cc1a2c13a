//! Guards as a policy writes them: a word or a map, each rule with the keys that mean something to it.

use super::example::Example;
use super::{AgeOf, GuardDraft, Policy, Sources};
use crate::guard::{Carry, Reach, Rule};
use crate::increment::Region;
use crate::time::Span;
use serde_json::{Value, json};

fn guarded(guards: Value) -> Example {
    Example::new().with("guards", guards).region(1, "rpo", json!("5s")).region(2, "rpo", json!("15s"))
}

/// As `guarded`, where nothing has an RPO that would want a lag.
fn plain(guards: Value) -> Example {
    Example::new().with("guards", guards)
}

fn rule(policy: &Policy, name: &str) -> Rule {
    policy.across.guards.iter().find(|guard| guard.name == name).unwrap().rule.clone()
}

#[test]
fn a_word_is_a_guard_with_cautious_defaults() {
    let probes = |example: Example, n| example.region(n, "probes", json!([{"tcp": "db:5432"}]));
    let words = json!(["region-up", "health", "replication-lag", "failover", "capacity", "alerts"]);
    let (policy, sources) = (0..3).fold(guarded(words), probes).read();
    let reach = |name: &str| policy.across.guards.iter().find(|guard| guard.name == name).unwrap().reach;
    assert_eq!((reach("region-up"), reach("failover")), (Reach::Everywhere, Reach::Everywhere));
    for here in ["health", "replication-lag", "capacity", "alerts"] {
        assert_eq!(reach(here), Reach::Here, "{here}");
    }
    assert!(policy.across.guards.iter().all(|guard| guard.wait == Span::ZERO));
    assert_eq!(rule(&policy, "failover"), Rule::Failover { settle: Span::from_min(10), writers: None });
    assert_eq!(rule(&policy, "capacity"), Rule::Capacity { target: 0.8, carry: vec![Carry::Own] });
    assert_eq!(sources.guards.keys().collect::<Vec<_>>(), ["alerts"], "the rest is asked as its name says");
    assert_eq!(sources.guards["alerts"].severity.as_deref(), Some("critical"));
}

#[test]
fn a_map_says_more_and_is_read_with_the_units_of_its_rule() {
    let (policy, sources): (Policy, Sources) = guarded(json!([
        {"region-up": {"for": "2m", "query": "up{job=\"api\"}", "reach": "here"}},
        {"replication-lag": {"max": "30s", "for": "5m"}},
        {"replication-lag": {"name": "wal", "max": "16Mi"}},
        {"failover": {"settle": "5m", "writers": 1}},
        {"capacity": {"target": "60%", "carry": ["own", "failover", "rollback"]}},
        {"alerts": {"names": ["DiskFull", "Down"], "for": "1m", "regions": ["us-east"]}},
        {"error-budget": {"query": "spent"}},
        {"freshness": {"name": "model-sync", "query": "synced_at", "max": "30m", "of": "sample"}},
        {"level": {"name": "latency-between-regions", "query": "rtt", "max": 2}},
    ]))
    .read();
    let up = &policy.across.guards[0];
    assert_eq!((up.wait, up.reach), (Span::from_min(2), Reach::Here));
    assert_eq!(sources.guards["region-up"].query.as_deref(), Some("up{job=\"api\"}"));
    assert_eq!(rule(&policy, "replication-lag"), Rule::ReplicationLag { most: 30.0, bytes: false });
    assert_eq!(rule(&policy, "wal"), Rule::ReplicationLag { most: 16_777_216.0, bytes: true });
    assert_eq!(rule(&policy, "failover"), Rule::Failover { settle: Span::from_min(5), writers: Some(1) });
    assert_eq!(rule(&policy, "capacity"), Rule::Capacity { target: 0.6, carry: Carry::ALL.to_vec() });
    let alerts = &sources.guards["alerts"];
    assert_eq!((alerts.severity.as_deref(), alerts.names.len()), (None, 2), "whoever names them means those");
    assert_eq!(rule(&policy, "error-budget"), Rule::ErrorBudget { most: 1.0 });
    assert_eq!(rule(&policy, "model-sync"), Rule::Freshness { most: Span::from_min(30) });
    assert_eq!(sources.guards["model-sync"].age_of, AgeOf::Sample);
    assert_eq!(rule(&policy, "latency-between-regions"), Rule::Level { most: 2.0 });
}

#[test]
fn a_lag_without_a_limit_is_asked_where_there_is_an_rpo_and_held_against_that() {
    let (policy, _) = guarded(json!(["replication-lag"])).read();
    let here = |name: &str| -> Vec<Rule> {
        policy.guards_in(&Region::from(name)).into_iter().map(|guard| guard.rule).collect()
    };
    assert_eq!(here("us-east"), [], "its data is the one that is copied");
    assert_eq!(here("eu-central"), [Rule::ReplicationLag { most: 5.0, bytes: false }]);
    assert_eq!(here("apac"), [Rule::ReplicationLag { most: 15.0, bytes: false }]);
}

#[test]
fn guards_that_cannot_be_asked_are_refused_with_place_and_cure() {
    let cases = [
        (json!("replicaton-lag"), "", "there is no guard \"replicaton-lag\"; write replication-lag"),
        (json!({"weather": {"max": 2}}), "", "write region-up, health, replication-lag"),
        (json!({"region-up": {"max": 2}}), ".region-up.max", "it knows name, for, regions, reach, query"),
        (json!({"capacity": {"query": "q"}}), ".capacity.query", "capacity knows no query"),
        (json!({"region-up": {"for": "soon"}}), ".region-up.for", "no length of time"),
        (json!({"region-up": {"reach": "far"}}), ".region-up.reach", "write here or everywhere"),
        (json!({"region-up": {"name": "Up!"}}), ".region-up.name", "lower-case"),
        (json!({"region-up": {"query": " "}}), ".region-up.query", "it is empty"),
        (json!({"region-up": {"regions": ["us-eat"]}}), ".region-up.regions[0]", "write us-east"),
        (json!("health"), ".health", "nothing in us-east is probed"),
        (json!("replication-lag"), ".replication-lag", "nobody says how far a copy may be behind"),
        (json!({"replication-lag": {"regions": "apac"}}), ".replication-lag", "add rpo: to apac"),
        (
            json!({"replication-lag": {"max": "5"}}),
            ".replication-lag.max",
            "a time such as 30s, or bytes such as 16Mi",
        ),
        (json!({"failover": {"for": "1m"}}), ".failover.for", "settle: says how long"),
        (json!({"failover": {"writers": 0}}), ".failover.writers", "nobody may write"),
        (json!({"capacity": {"target": 60}}), ".capacity.target", "a share such as 60%"),
        (json!({"capacity": {"target": "0%"}}), ".capacity.target", "such as 60%"),
        (json!({"capacity": {"carry": ["own", "own"]}}), ".capacity.carry[1]", "twice"),
        (json!({"capacity": {"carry": "all"}}), ".capacity.carry[0]", "write own, failover, rollback"),
        (json!({"alerts": {"severity": ""}}), ".alerts.severity", "no alert has such a label"),
        (json!("error-budget"), ".error-budget", "add query: with PromQL"),
        (
            json!({"error-budget": {"query": "q", "max": "120%"}}),
            ".error-budget.max",
            "a share of the budget",
        ),
        (json!({"freshness": {"query": "q"}}), ".freshness", "add max: 30m"),
        (
            json!({"freshness": {"query": "q", "max": "30m", "of": "wine"}}),
            ".freshness.of",
            "value (an instant",
        ),
        (json!({"level": {"query": "q", "max": "2s"}}), ".level.max", "is no number"),
    ];
    for (guard, place, text) in cases {
        let path = format!("spec.guards[0]{place}");
        let said = plain(json!([guard])).refused();
        let first = said.lines().find(|line| line.starts_with(&format!("{path}: "))).unwrap_or_default();
        assert!(first.contains(text), "{path} {text:?} in\n{said}");
    }
}

#[test]
fn two_guards_of_one_name_are_refused() {
    let twice = json!([{"level": {"query": "a", "max": 1}}, {"level": {"query": "b", "max": 1}}]);
    plain(twice).refused_at("spec.guards[1]", "level is there before; give one of them a name: of its own");
}

#[test]
fn a_region_that_scrapes_its_pods_is_asked_nothing_that_only_a_prometheus_answers() {
    let query = json!([{"region-up": {"query": "up"}}]);
    plain(query.clone()).scraped(2).refused_at("spec.guards[0].region-up.query", "apac scrapes its pods");
    plain(json!(["alerts"]))
        .scraped(2)
        .refused_at("spec.guards[0].alerts", "only a Prometheus knows its alerts");
    let elsewhere = json!([{"region-up": {"query": "up", "regions": ["us-east", "eu-central"]}}]);
    plain(elsewhere).scraped(2).read();
    plain(json!(["region-up", "failover"])).scraped(2).read();
}

#[test]
fn what_is_no_guard_at_all_is_refused_in_words() {
    let refused = |guard: Value| serde_json::from_value::<GuardDraft>(guard).unwrap_err().to_string();
    assert!(
        refused(json!({"region-up": {"fro": "2m"}}))
            .contains("unknown field `fro`, expected one of `name`, `for`")
    );
    let beside = refused(json!({"failover": null, "settle": "2m"}));
    assert!(
        beside.contains("a guard has one key, its rule: write settle among what belongs to failover"),
        "{beside}"
    );
    assert!(refused(json!(7)).contains("a map with the rule as its one key"));
    assert!(refused(json!({})).contains("a map with the rule as its one key"));
}
