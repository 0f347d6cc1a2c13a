//! The canary's weight in the annotations of an Ingress, by the controller that reads them.
//!
//! Which controller it is, is a flag of Flagger's process: no object tells. So every prefix is read, and where two do not
//! agree nobody knows.

use super::canary::CanarySpec;
use super::view::strategy;
use haldane_core::cluster::Strategy;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Percent for the Service `canary`.
pub(super) fn weight(spec: &CanarySpec, canary: &str, ingress: &Value) -> Option<u32> {
    let annotations = ingress["metadata"]["annotations"].as_object()?;
    if let Some(weights) = annotations.get("zalando.org/backend-weights") {
        return of_skipper(weights.as_str()?, canary);
    }
    let matched = strategy(&spec.analysis()) == Strategy::AbTesting;
    let said: Vec<Option<u32>> =
        prefixes(annotations).map(|prefix| of_nginx(annotations, prefix, matched)).collect();
    match said.as_slice() {
        // Nobody's canary: all traffic goes elsewhere.
        [] => Some(0),
        [first, rest @ ..] if rest.iter().all(|other| other == first) => *first,
        [..] => None,
    }
}

/// Skipper's weights of both Services, as JSON.
fn of_skipper(weights: &str, canary: &str) -> Option<u32> {
    let weights: BTreeMap<String, u32> = serde_json::from_str(weights).ok()?;
    weights.get(canary).copied().filter(|w| *w <= 100)
}

/// The prefixes that say anything about how a canary gets its requests: a word `canary` alone may be anybody's.
fn prefixes(annotations: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let says = |prefix: &str| {
        ["weight", "by-header", "by-cookie"]
            .iter()
            .any(|w| annotations.contains_key(&format!("{prefix}/canary-{w}")))
    };
    let canaries = annotations.keys().filter_map(|key| key.strip_suffix("/canary"));
    canaries.filter(move |prefix| says(prefix))
}

/// As nginx reads them. In an A/B test the users matched by header or cookie are all that it is about.
fn of_nginx(annotations: &Map<String, Value>, prefix: &str, matched: bool) -> Option<u32> {
    let of = |word: &str| annotations.get(&format!("{prefix}/{word}")).and_then(Value::as_str);
    if of("canary") != Some("true") {
        return Some(0);
    }
    let matches = |word: &str| of(word).is_some_and(|value| !value.is_empty());
    if matched && (matches("canary-by-header") || matches("canary-by-cookie")) {
        return Some(100);
    }
    of("canary-weight")?.trim().parse().ok().filter(|w| *w <= 100)
}
