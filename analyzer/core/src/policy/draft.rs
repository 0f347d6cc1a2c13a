//! What a policy file says, word for word, before anything is believed.
//!
//! Numbers with units stay text here: `0.1%` and `5/min` mean something only together with their signal. Unknown
//! keys are refused by serde, so that a misspelt `extendUpto` cannot quietly mean the default.

use super::cluster_draft::{ClusterDraft, word_or_map};
use super::discovery_draft::ScrapeDraft;
use super::freeze_draft::FreezeDraft;
use super::guard_draft::GuardDraft;
use super::notify_draft::NotifyDraft;
use super::probe_draft::{PlainDraft, ProbeDraft};
use super::source_draft::{MetricsDraft, PrometheusDraft, family_or_more};
use super::template_draft::{TemplateDraft, file_or_object};
use super::words::one_or_many;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyDraft {
    /// `haldane.dev/v1alpha1`.
    pub api_version: String,
    /// `AnalysisPolicy`.
    pub kind: String,
    /// Its name.
    pub metadata: MetadataDraft,
    /// The rest.
    pub spec: SpecDraft,
}

/// `metadata`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetadataDraft {
    /// The policy's name.
    pub name: String,
}

/// `spec`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SpecDraft {
    /// `namespace/name` of the Canary.
    pub service: String,
    /// `shadow` (default), `guard` or `enforce`.
    pub mode: Option<String>,
    /// `canary` (default: weights), `blue-green` or `ab-testing`.
    pub strategy: Option<String>,
    /// Family of metric names: `plain` (default), `istio`, `linkerd`, `nginx` or `gateway-api`, alone or with what differs from it.
    #[serde(default, deserialize_with = "family_or_more")]
    pub metrics: MetricsDraft,
    /// The promise; default `1%`.
    pub false_rollback: Option<String>,
    /// How often sources are read; default `15s`.
    pub scrape_interval: Option<String>,
    /// The ladder.
    pub steps: Vec<StepDraft>,
    /// What every step has to satisfy.
    pub gates: Vec<GateDraft>,
    /// `hold` (default) or `promote-if-quiet`.
    pub on_inconclusive: Option<String>,
    /// How many regions may have a canary with traffic at once; default: what the order allows.
    pub at_once: Option<u32>,
    /// `hold-others` (default) or `roll-back-release`.
    pub on_breach: Option<String>,
    /// How long a run may be held beyond its windows before somebody is called.
    pub max_hold: Option<String>,
    /// Who is told of what people have to know.
    pub notify: Option<NotifyDraft>,
    /// Windows in which nothing may go on.
    #[serde(default)]
    pub freeze: Vec<FreezeDraft>,
    /// Conditions of the place.
    #[serde(default)]
    pub guards: Vec<GuardDraft>,
    /// Where the service runs.
    pub regions: Vec<RegionDraft>,
}

/// One entry of `spec.steps`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StepDraft {
    /// Percent.
    pub weight: u32,
    /// Default `3m`, or half of `observe` where 3 minutes would leave too little.
    pub settle: Option<String>,
    /// The least time.
    pub observe: String,
    /// The most; default three times `observe`.
    pub extend_up_to: Option<String>,
    /// `1x`, `2x`, `4x` or `8x`; default `2x` at the first step, `1x` after.
    pub prove: Option<String>,
}

/// One entry of `spec.gates`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GateDraft {
    /// A signal's name.
    pub signal: Option<String>,
    /// Several, each with the same tolerance.
    #[serde(default)]
    pub signals: Vec<String>,
    /// A MetricTemplate of the author's own: a file beside the policy, or an object of the region's cluster.
    #[serde(default, deserialize_with = "file_or_object")]
    pub template: Option<TemplateDraft>,
    /// How that template counts: `gauge` (default), `ratio`, `rate`, `latency` or `place`.
    pub kind: Option<String>,
    /// `200ms`, `0.1%`, `5/min`; of a level `80%`, `5s`, `200`.
    pub limit: Option<String>,
    /// `1.5x`.
    pub tolerate: Option<String>,
    /// Judged and shown, but no part of any decision.
    #[serde(default)]
    pub report_only: bool,
}

/// One entry of `spec.regions`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegionDraft {
    /// Its name.
    pub name: String,
    /// `active`, `warm` or `cold`.
    pub role: String,
    /// One region or several.
    #[serde(default, deserialize_with = "one_or_many")]
    pub after: Vec<String>,
    /// How long those must have run the release.
    pub bake: Option<String>,
    /// Limits that differ here.
    #[serde(default)]
    pub limits: BTreeMap<String, String>,
    /// Where its pods expose their metrics; for a region without a Prometheus.
    pub scrape: Option<ScrapeDraft>,
    /// Its Prometheus, or anything that answers as one.
    pub prometheus: Option<PrometheusDraft>,
    /// Its Kubernetes cluster: `in-cluster`, or a kubeconfig.
    #[serde(default, deserialize_with = "word_or_map")]
    pub cluster: Option<ClusterDraft>,
    /// What its health is asked of.
    #[serde(default)]
    pub probes: Vec<ProbeDraft>,
    /// `namespace/name` of the Canary where it is not the policy's.
    pub service: Option<String>,
    /// How much time's data may be lost with the region that it copies.
    pub rpo: Option<String>,
    /// How soon it has to serve in the place of another.
    pub rto: Option<String>,
    /// Its share of all traffic.
    pub traffic: Option<PlainDraft>,
    /// What its verdict may rest on where it has too little traffic: `readiness`, `probe`, `active-verdicts`.
    #[serde(default, deserialize_with = "one_or_many")]
    pub rests_on: Vec<String>,
}
