//! The policy of a story.

use super::Story;
use crate::{Plane, User};
use std::sync::Arc;

impl Story {
    /// The policy.
    pub(super) fn policy(&self, planes: &[&Arc<Plane>]) -> String {
        let Self {
            name, mode, strategy, observe, error_limit, latency_is_only_reported, false_rollback, ..
        } = self;
        let step = |weight: u32| {
            format!(
                "    - {{weight: {weight}, settle: 3s, observe: {observe}, extendUpTo: 20m, prove: 8x}}\n"
            )
        };
        let weights: &[u32] = if *strategy == "canary" { self.weights } else { &[100] };
        let steps: String = weights.iter().map(|w| step(*w)).collect();
        let befores = std::iter::once(None).chain(planes.iter().map(|p| Some(p.region())));
        let regions: String =
            planes.iter().zip(befores).map(|(plane, before)| self.region(plane, before)).collect();
        format!(
            "apiVersion: haldane.dev/v1alpha1
kind: AnalysisPolicy
metadata: {{name: {name}}}
spec:
  service: {name}/api
  mode: {mode}
  strategy: {strategy}
  metrics: plain
  scrapeInterval: 2s
  falseRollback: {false_rollback}
  steps:
{steps}  gates:
    - {{signal: error-rate, limit: {error_limit}, tolerate: 3x}}
    - {{signal: p99-latency, limit: 200ms, tolerate: 3x, reportOnly: {latency_is_only_reported}}}
  regions:
{regions}"
        )
    }

    fn region(&self, plane: &Plane, before: Option<&str>) -> String {
        let (region, prometheus) = (plane.region(), plane.prometheus().url());
        let bake = self.bake;
        let order = before.map(|b| format!("      after: {b}\n      bake: {bake}\n")).unwrap_or_default();
        let kubeconfig = plane.kubeconfig(User::Haldane);
        let cluster =
            format!("      cluster: {{kubeconfig: \"{}\", context: {region}}}\n", kubeconfig.display());
        let cluster = if self.clustered { cluster } else { String::new() };
        format!(
            "    - name: {region}\n      role: active\n{order}{cluster}      prometheus: {{url: \"{prometheus}\"}}\n"
        )
    }
}
