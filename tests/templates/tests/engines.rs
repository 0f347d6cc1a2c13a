//! Every template finds in both engines what is known to be there, event for event, and nothing of a neighbour's.

use super::reading::{close, known, same};
use super::shipped::{family, flaggers_query, source};
use super::{page, shipped};
use haldane_signals::templates::{Names, What, go_template, signal_queries};
use haldane_templates_tests::{END_S, Engine, START_S, Truth, truths};
use haldane_world::parts::Leash;
use serde_json::Value;
use std::collections::BTreeSet;

pub(crate) async fn both(directory: &tempfile::TempDir, leash: &Leash) -> [Engine; 2] {
    let (prometheus, victoria_metrics) = tokio::join!(
        Engine::prometheus(directory.path(), leash),
        Engine::victoria_metrics(directory.path(), leash)
    );
    [prometheus.unwrap(), victoria_metrics.unwrap()]
}

/// The numbers of an answer that Flagger reads: each series' value.
fn numbers(body: &str) -> Vec<f64> {
    let answer: Value = serde_json::from_str(body).unwrap();
    let number = |value: &Value| value[1].as_str().unwrap().parse().unwrap();
    let result = &answer["data"]["result"];
    match answer["data"]["resultType"].as_str().unwrap() {
        "vector" => result.as_array().unwrap().iter().map(|series| number(&series["value"])).collect(),
        "scalar" => vec![number(result)],
        other => panic!("{other}: {body}"),
    }
}

#[tokio::test]
async fn both_engines_find_what_is_there_and_give_flagger_exactly_one_number() {
    let (directory, leash) = (tempfile::tempdir().unwrap(), Leash::default());
    let engines = both(&directory, &leash).await;
    let mut wrong = Vec::new();
    let truths = truths().unwrap();
    for Truth { family: name, signal, arms, scalar, .. } in &truths {
        let source = source(family(name));
        let what = signal_queries(&source, signal).unwrap().what;
        let (_, query) = flaggers_query(&source, signal);
        for engine in &engines {
            let who = format!("{} {name} {signal}", engine.name());
            let found = known(engine, &what).await;
            if found.len() != arms.len() || found.iter().zip(arms).any(|(found, known)| !same(found, known)) {
                wrong.push(format!("{who}: {found:?} instead of {arms:?}"));
            }
            let given = numbers(&engine.ask(&query, END_S).await.unwrap());
            if !matches!(given[..], [number] if close(number, *scalar)) {
                wrong.push(format!("{who}: {given:?} instead of {scalar} for {query}"));
            }
            // Before the first scrape nobody knows anything: one number still, and one that passes.
            let before = numbers(&engine.ask(&query, START_S - 7200).await.unwrap());
            if before != [0.0] {
                wrong.push(format!("{who}: {before:?} where there is nothing, for {query}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    page::is_as_committed(&truths);
}

#[test]
fn every_shipped_template_has_its_truth() {
    let known: BTreeSet<String> =
        truths().unwrap().iter().map(|t| format!("{}/{}.yaml", t.family, t.signal)).collect();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../metric-templates");
    let mut shipped = BTreeSet::new();
    for folder in std::fs::read_dir(root).unwrap() {
        let folder = folder.unwrap();
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let file = file.unwrap().file_name().into_string().unwrap();
            shipped.insert(format!("{}/{file}", folder.file_name().into_string().unwrap()));
        }
    }
    assert_eq!(known, shipped);
}

#[tokio::test]
async fn a_dot_in_a_name_is_a_dot_for_haldane_where_flagger_takes_it_for_any_character() {
    let (directory, leash) = (tempfile::tempdir().unwrap(), Leash::default());
    let mut source = shipped::source(family("plain"));
    source.target = "dot.ted".into();
    let What::Counts { canary, .. } = signal_queries(&source, "error-rate").unwrap().what else { panic!() };
    let flaggers = "http_requests_total{pod=~\"{{ target }}-[0-9a-zA-Z]+-[0-9a-zA-Z]+\"}";
    let flaggers = go_template(flaggers, &Names::from(&source)).unwrap();
    for engine in both(&directory, &leash).await {
        assert_eq!(numbers(&engine.ask(&canary, END_S).await.unwrap()), [1004.0], "{}", engine.name());
        assert_eq!(numbers(&engine.ask(&flaggers, END_S).await.unwrap()).len(), 2, "{}", engine.name());
    }
}
