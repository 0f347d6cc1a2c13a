//! The policies of these tests.

/// A policy for one region whose source is `source` (YAML in braces), with its own matchers of the arms.
pub(crate) fn with_source(source: &str) -> String {
    format!(
        r#"apiVersion: haldane.dev/v1alpha1
kind: AnalysisPolicy
metadata: {{name: checked}}
spec:
  service: fnp/api
  mode: enforce
  metrics: {{canary: 'track="canary"', primary: 'track="stable"'}}
  scrapeInterval: 15s
  steps:
    - {{weight: 5, observe: 10m, extendUpTo: 30m}}
  gates:
    - {{signal: p99-latency, limit: 200ms, tolerate: 1.5x}}
    - {{signal: error-rate,  limit: 0.1%,  tolerate: 1.5x}}
  regions:
    - {{name: us-east, role: active, {source}}}
"#
    )
}

/// The same, its source being the Prometheus at `url`.
pub(crate) fn at(url: &str) -> String {
    with_source(&format!("prometheus: {{url: \"{url}\"}}"))
}
