//! What Flagger's own definition (v1.44.0, `artifacts/flagger/crd.yaml`) demands of a Canary's analysis and a MetricTemplate.

use haldane_core::answer::Hook;
use serde_json::Value;
use std::collections::BTreeSet;

/// Keys that `spec.analysis` may have here; a key that Flagger does not know is dropped without a word.
const ANALYSIS: [&str; 6] = ["interval", "threshold", "stepWeights", "iterations", "metrics", "webhooks"];

const WEBHOOK: [&str; 6] = ["name", "type", "url", "timeout", "muteAlert", "metadata"];

/// The documents of `text`, each held against the definition.
pub(crate) fn documents(text: &str) -> Vec<Value> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).unwrap_or_else(|e| panic!("{e}: {text}"));
    for document in &documents {
        assert_eq!(document["apiVersion"], "flagger.app/v1beta1");
        assert!(document["metadata"]["name"].is_string() && document["metadata"]["namespace"].is_string());
        match document["kind"].as_str() {
            Some("Canary") => canary(document),
            Some("MetricTemplate") => template(document),
            other => panic!("{other:?} is none of Flagger's kinds"),
        }
    }
    documents
}

/// The one Canary of `text`.
pub(crate) fn canary_of(text: &str) -> Value {
    let mut canaries: Vec<Value> =
        documents(text).into_iter().filter(|document| document["kind"] == "Canary").collect();
    assert_eq!(canaries.len(), 1, "{text}");
    canaries.remove(0)
}

fn canary(document: &Value) {
    assert_eq!(keys(&document["spec"]), ["analysis"].into(), "everything else belongs to its owner");
    let analysis = &document["spec"]["analysis"];
    assert!(keys(analysis).is_subset(&ANALYSIS.into()), "{analysis}");
    assert!(is_time(&analysis["interval"]) && analysis["threshold"].is_u64(), "{analysis}");
    let walks = ["stepWeights", "stepWeight", "iterations"];
    assert_eq!(walks.iter().filter(|key| !analysis[**key].is_null()).count(), 1, "{analysis}");
    for webhook in analysis["webhooks"].as_array().unwrap() {
        assert!(keys(webhook).is_subset(&WEBHOOK.into()), "{webhook}");
        assert!(webhook["name"].is_string() && is_time(&webhook["timeout"]), "{webhook}");
        let (kind, url) = (webhook["type"].as_str().unwrap(), webhook["url"].as_str().unwrap());
        kind.parse::<Hook>().unwrap();
        assert!(reqwest::Url::parse(url).is_ok() && url.ends_with(&format!("/{kind}")), "{webhook}");
        let metadata = webhook["metadata"].as_object();
        assert!(metadata.is_none_or(|m| m.values().all(Value::is_string)), "{webhook}");
    }
    for metric in analysis["metrics"].as_array().into_iter().flatten() {
        assert!(is_time(&metric["interval"]) && metric["thresholdRange"]["max"].is_number(), "{metric}");
    }
}

fn template(document: &Value) {
    let (provider, query) = (&document["spec"]["provider"], document["spec"]["query"].as_str().unwrap());
    assert!(provider["type"] == "prometheus" && provider["address"].as_str().unwrap().starts_with("http"));
    let headers = provider["headers"].as_object().into_iter().flatten();
    assert!(headers.map(|(_, v)| v).all(|values| values.as_array().unwrap().iter().all(Value::is_string)));
    assert!(query.contains("[{{ interval }}]") && query.contains("vector(0)"), "passes on no data: {query}");
    assert!(document["metadata"]["annotations"].as_object().unwrap().values().all(Value::is_string));
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap_or_else(|| panic!("{value} is no map")).keys().map(String::as_str).collect()
}

/// `^[0-9]+(m|s)`.
fn is_time(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < text.len() && unit.starts_with(['m', 's'])
}
