//! A whole demo in this process, and what its reports tell of guards.

use haldane::demo::{DemoConfig, Outcome, System, start};
use haldane_pods::Scenario;
use serde_json::Value;
use std::collections::BTreeSet;

/// What came of a demo.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) outcome: Outcome,
    /// Guards that held a region whose canary had traffic.
    pub(crate) guards: BTreeSet<String>,
    /// Whether any look of any region decided to roll back.
    pub(crate) rolled_back: bool,
    /// How many regions had a canary with traffic at once, at most.
    pub(crate) most_at_once: usize,
    /// The region whose canary got traffic last.
    pub(crate) last_to_begin: Option<String>,
}

/// Runs `scenario` in `system` to its end.
pub(crate) async fn told(system: System, scenario: Scenario) -> Told {
    let listen = "127.0.0.1:0".parse().unwrap();
    let config = DemoConfig { system, scenario, seed: 1, speed: 120.0, listen, headless: true };
    let demo = start(config).await.unwrap();
    let outcome = demo.watch(&mut |_| {}).await.unwrap();
    let client = haldane_flagger_model::plain_http().build().unwrap();
    let mut looks: Vec<Value> = Vec::new();
    for (_, end) in outcome.regions.iter().filter(|(_, end)| !end.rollout.is_empty()) {
        let url = format!("{}api/v1/rollouts/{}", demo.address(), end.rollout);
        let report: Value = client.get(url).send().await.unwrap().json().await.unwrap();
        looks.extend(report["looks"].as_array().unwrap().iter().cloned());
    }
    demo.stop().await.unwrap();
    let with_traffic: Vec<&Value> = looks.iter().filter(|look| look["weight"].as_u64() > Some(0)).collect();
    Told {
        guards: with_traffic.iter().flat_map(|look| guards(look)).collect(),
        rolled_back: looks.iter().any(|look| look["decision"]["decision"] == "rollback"),
        most_at_once: most_at_once(&with_traffic),
        last_to_begin: last_to_begin(&with_traffic),
        outcome,
    }
}

/// The guards that a look's decision names.
fn guards(look: &Value) -> Vec<String> {
    let reasons = look["decision"]["reasons"].as_array().cloned().unwrap_or_default();
    let named = reasons.iter().filter(|reason| reason["reason"] == "guard");
    named.filter_map(|reason| Some(reason["guard"].as_str()?.to_owned())).collect()
}

/// The stretch of time in which each region's canary had traffic.
fn stretches(looks: &[&Value]) -> Vec<(String, i64, i64)> {
    let mut stretches: Vec<(String, i64, i64)> = Vec::new();
    for look in looks {
        let (region, at) = (look["region"].as_str().unwrap(), look["as_of"].as_i64().unwrap());
        match stretches.iter_mut().find(|(known, _, _)| known == region) {
            Some((_, from, to)) => (*from, *to) = ((*from).min(at), (*to).max(at)),
            None => stretches.push((region.to_owned(), at, at)),
        }
    }
    stretches
}

fn most_at_once(looks: &[&Value]) -> usize {
    let stretches = stretches(looks);
    let at =
        |instant: i64| stretches.iter().filter(|(_, from, to)| *from <= instant && instant <= *to).count();
    stretches.iter().map(|(_, from, _)| at(*from)).max().unwrap_or(0)
}

fn last_to_begin(looks: &[&Value]) -> Option<String> {
    stretches(looks).into_iter().max_by_key(|(_, from, _)| *from).map(|(region, _, _)| region)
}
