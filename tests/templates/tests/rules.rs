//! promtool reads every query that is asked, as a rule of Prometheus: its own parser, not ours.

use super::shipped::{family, flaggers_query, selectors, source};
use haldane_signals::templates::signal_queries;
use haldane_templates_tests::truths;
use haldane_world::parts::program;
use std::process::Command;

#[test]
fn promtool_approves_of_every_query_and_every_selector() {
    let mut rules = Vec::new();
    for truth in truths().unwrap() {
        let source = source(family(truth.family));
        let what = signal_queries(&source, truth.signal).unwrap().what;
        let (_, query) = flaggers_query(&source, truth.signal);
        rules.extend(selectors(&what).into_iter().map(str::to_owned).chain([query]));
    }
    let said = check(&rules);
    assert!(said.contains(&format!("{} rules found", rules.len())), "{said}");
    assert!(check(&["sum(".to_owned()]).contains("could not parse expression"));
}

/// What promtool says of these expressions. A file of rules is YAML, and JSON is YAML.
fn check(expressions: &[String]) -> String {
    let rule =
        |(i, text): (usize, &String)| serde_json::json!({"record": format!("haldane:{i}"), "expr": text});
    let rules: Vec<_> = expressions.iter().enumerate().map(rule).collect();
    let groups = serde_json::json!({"groups": [{"name": "haldane", "rules": rules}]});
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("rules.yml");
    std::fs::write(&file, groups.to_string()).unwrap();
    let output =
        Command::new(program("promtool").unwrap()).args(["check", "rules"]).arg(&file).output().unwrap();
    let [out, error] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    out + &error
}
