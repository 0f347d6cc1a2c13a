//! A policy of three regions as tests draw it up: valid as it is, each change its own question.

use super::{Policy, PolicyDraft, Sources, validate};
use serde_json::{Value, json};

/// The file; `spec` and its regions can be changed by key.
pub(super) struct Example(pub(super) Value);

impl Example {
    /// us-east is active, eu-central warm, apac cold; each has a Prometheus.
    pub(super) fn new() -> Self {
        let region = |name: &str, role: &str| json!({"name": name, "role": role, "prometheus": {"url": format!("http://prometheus.{name}:9090")}});
        let mut regions = [region("us-east", "active"), region("eu-central", "warm"), region("apac", "cold")];
        regions[1]["after"] = json!("us-east");
        regions[2]["after"] = json!("eu-central");
        Self(json!({
            "apiVersion": "haldane.dev/v1alpha1",
            "kind": "AnalysisPolicy",
            "metadata": {"name": "fnp-api"},
            "spec": {
                "service": "fnp/api",
                "steps": [{"weight": 5, "observe": "10m"}, {"weight": 100, "observe": "5m"}],
                "gates": [{"signal": "error-rate", "limit": "0.1%"}],
                "regions": regions,
            }
        }))
    }

    /// With another value of a key of `spec`.
    pub(super) fn with(mut self, key: &str, value: Value) -> Self {
        self.0["spec"][key] = value;
        self
    }

    /// With another value of a key of the `n`th region.
    pub(super) fn region(mut self, n: usize, key: &str, value: Value) -> Self {
        self.0["spec"]["regions"][n][key] = value;
        self
    }

    /// Without a key of the `n`th region.
    pub(super) fn without(mut self, n: usize, key: &str) -> Self {
        self.0["spec"]["regions"][n].as_object_mut().unwrap().remove(key);
        self
    }

    /// The `n`th region reads its pods' pages.
    pub(super) fn scraped(self, n: usize) -> Self {
        let pages = json!({"canary": ["http://c/metrics"], "primary": ["http://p/metrics"]});
        self.without(n, "prometheus").region(n, "scrape", pages)
    }

    pub(super) fn read(self) -> (Policy, Sources) {
        let draft: PolicyDraft = serde_json::from_value(self.0).unwrap();
        validate(&draft).unwrap_or_else(|refusals| panic!("{refusals:#?}"))
    }

    /// Its refusals, a line each.
    pub(super) fn refused(self) -> String {
        let draft: PolicyDraft = serde_json::from_value(self.0).unwrap();
        let refusals = validate(&draft).expect_err("must be refused");
        refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    /// Fails unless there is one refusal, at `path`, that contains `text`.
    #[track_caller]
    pub(super) fn refused_at(self, path: &str, text: &str) {
        let said = self.refused();
        assert!(said.starts_with(&format!("{path}: ")), "{path} in\n{said}");
        assert!(said.contains(text) && said.lines().count() == 1, "{text:?} in\n{said}");
    }
}
