//! The policy of these tests: the example's limits, with windows that a test can wait for.
//!
//! Prometheus scrapes every second here, so a window of ten seconds holds as many scrapes as one of two and a half
//! minutes does at the usual fifteen; and a margin of eight is proved by as many requests as come within that.

/// A policy for the region `us-east` whose Prometheus is at `url`, and each of whose steps is observed for `observe`.
pub(crate) fn text(url: &str, observe: &str, scrape_interval_s: u32, error_limit: &str) -> String {
    format!(
        r#"apiVersion: haldane.dev/v1alpha1
kind: AnalysisPolicy
metadata: {{name: real-parts}}
spec:
  service: fnp/api
  mode: enforce
  metrics: plain
  scrapeInterval: {scrape_interval_s}s
  steps:
    - {{weight: 5,   settle: 3s, observe: {observe}, extendUpTo: 20m, prove: 8x}}
    - {{weight: 50,  settle: 3s, observe: {observe},  extendUpTo: 10m, prove: 8x}}
    - {{weight: 100, settle: 3s, observe: {observe},  extendUpTo: 10m, prove: 8x}}
  gates:
    - {{signal: p99-latency, limit: 200ms,  tolerate: 1.5x}}
    - {{signal: error-rate,  limit: {error_limit},   tolerate: 1.5x}}
    - {{signal: http-5xx,    limit: 60/min, tolerate: 1.5x}}
  regions:
    - {{name: us-east, role: active, prometheus: {{url: "{url}"}}}}
"#
    )
}
