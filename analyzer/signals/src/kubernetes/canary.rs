//! A Flagger Canary (`flagger.app/v1beta1`), as far as it matters here.
//!
//! Read leniently: unknown keys are Flagger's business, and what has the wrong type is refused by its own CRD.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// More weights than any policy has steps: a longer list is a different one, however long it is.
const MOST_WEIGHTS: usize = 101;

/// A Canary.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct CanaryObject {
    /// What somebody asked for.
    pub spec: CanarySpec,
    /// What Flagger says.
    #[serde(default)]
    pub status: CanaryStatus,
}

/// `spec`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CanarySpec {
    /// What moves the traffic, if it differs from Flagger's default.
    pub provider: Option<String>,
    /// What is rolled out.
    pub target_ref: TargetRef,
    /// The Ingress, for providers that use one.
    pub ingress_ref: Option<IngressRef>,
    /// The Services that Flagger makes.
    pub service: ServiceSpec,
    /// How a run goes.
    pub analysis: Option<Analysis>,
    /// The same by its old name.
    pub canary_analysis: Option<Analysis>,
    /// Promote without any analysis.
    pub skip_analysis: bool,
    /// Do nothing.
    pub suspend: bool,
}

/// `spec.targetRef`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TargetRef {
    /// `Deployment`, `DaemonSet`, `Service`.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// `spec.ingressRef`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct IngressRef {
    /// Its name.
    pub name: String,
}

/// `spec.service`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceSpec {
    /// The apex Service's name, if it is not the target's.
    pub name: Option<String>,
    /// Gateways of the Gateway API.
    pub gateway_refs: Option<Vec<Value>>,
}

/// `spec.analysis`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Analysis {
    /// Time between two ticks, as Go writes it.
    pub interval: Option<String>,
    /// Failed checks that roll back; 0 and none mean 1.
    pub threshold: u32,
    /// Of blue/green and A/B.
    pub iterations: u32,
    /// Where the weights end, without `stepWeights`.
    pub max_weight: u32,
    /// By how much they grow, without `stepWeights`.
    pub step_weight: u32,
    /// The weights themselves.
    pub step_weights: Vec<u32>,
    /// One mirrored step before the first.
    pub mirror: bool,
    /// Whose requests an A/B test takes.
    #[serde(rename = "match")]
    pub matches: Option<Vec<Value>>,
    /// Whether users stay where they were.
    pub session_affinity: Option<Value>,
    /// Flagger's own checks.
    pub metrics: Vec<Metric>,
    /// Whom Flagger calls.
    pub webhooks: Vec<Hook>,
}

/// One of Flagger's own checks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metric {
    /// Its name; that of a built-in query decides what is asked.
    pub name: String,
    /// The limit by its old name: the most, and of a success rate the least.
    pub threshold: f64,
    /// What passes.
    pub threshold_range: Option<ThresholdRange>,
    /// The MetricTemplate that it asks.
    pub template_ref: Option<TemplateRef>,
}

/// What a check lets pass, both ends included.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ThresholdRange {
    /// The least.
    pub min: Option<f64>,
    /// The most.
    pub max: Option<f64>,
}

/// A MetricTemplate.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TemplateRef {
    /// Its name.
    pub name: String,
}

/// One webhook. Its address and its metadata may carry credentials, so it does not show itself.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Hook {
    /// Its name.
    pub name: String,
    /// Which question; `rollout` where none is written.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whom it calls. May carry a credential.
    pub url: String,
    /// How long an answer may take, as Go writes it.
    pub timeout: Option<String>,
    /// Whether refusals stay out of the chat.
    pub mute_alert: bool,
    /// How often it is repeated.
    pub retries: u32,
    /// What it tells. May carry a credential.
    pub metadata: Option<BTreeMap<String, String>>,
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook").field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// `status`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CanaryStatus {
    /// How far.
    pub phase: String,
    /// Failed checks of this run.
    pub failed_checks: u32,
    /// Iterations of blue/green and A/B; -1 in WaitingPromotion.
    pub iterations: i64,
    /// Percent; of weighted canaries only, and 0 in WaitingPromotion.
    pub canary_weight: u32,
    /// Names the spec that is analysed.
    pub last_applied_spec: String,
    /// Names the spec that the primary runs.
    pub last_promoted_spec: String,
    /// RFC 3339, whole seconds.
    pub last_transition_time: Option<String>,
}

impl CanarySpec {
    /// Whether Flagger promotes without an analysis: because it is told to, or because there is none.
    pub fn skips_analysis(&self) -> bool {
        self.skip_analysis || (self.analysis.is_none() && self.canary_analysis.is_none())
    }

    /// The analysis, by either name.
    pub fn analysis(&self) -> Analysis {
        self.analysis.clone().or_else(|| self.canary_analysis.clone()).unwrap_or_default()
    }

    /// The apex Service; its canary's ends in `-canary`.
    pub fn apex(&self) -> &str {
        self.service.name.as_deref().filter(|n| !n.is_empty()).unwrap_or(&self.target_ref.name)
    }
}

impl Analysis {
    /// The weights that Flagger goes through. `stepWeight` wins over `stepWeights` for the increment, and the list still
    /// says where the top is.
    pub fn ladder(&self) -> Vec<u32> {
        if self.iterations > 0 {
            return vec![100];
        }
        let top = match self.step_weights.last() {
            Some(last) => (*last).min(100),
            None if self.max_weight > 0 => self.max_weight.min(100),
            None => 100,
        };
        if self.step_weight == 0 {
            return self.step_weights.iter().map(|w| (*w).min(100)).take(MOST_WEIGHTS).collect();
        }
        let mut ladder = Vec::new();
        let mut weight: u32 = 0;
        while weight < top {
            weight = weight.saturating_add(self.step_weight).min(100);
            ladder.push(weight);
        }
        ladder
    }

    /// Failed checks that roll back.
    pub fn effective_threshold(&self) -> u32 {
        self.threshold.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ladder(json: &str) -> Vec<u32> {
        serde_json::from_str::<Analysis>(json).unwrap().ladder()
    }

    #[test]
    fn the_ladder_is_the_one_that_flagger_would_go() {
        assert_eq!(ladder(r#"{"stepWeights":[5,50,100]}"#), [5, 50, 100]);
        assert_eq!(ladder(r#"{"stepWeight":20,"maxWeight":50}"#), [20, 40, 60]);
        assert_eq!(ladder(r#"{"stepWeight":50}"#), [50, 100]);
        assert_eq!(ladder(r#"{"stepWeight":30,"stepWeights":[5,50]}"#), [30, 60]);
        assert_eq!(ladder(r#"{"iterations":5}"#), [100]);
        assert!(ladder("{}").is_empty());
    }

    #[test]
    fn a_ladder_that_no_policy_has_ends_all_the_same() {
        assert_eq!(ladder(r#"{"stepWeight":50,"maxWeight":1000}"#), [50, 100], "100 % is the most there is");
        assert_eq!(ladder(r#"{"stepWeight":4294967295,"maxWeight":4294967295}"#), [100]);
        let endless = format!(r#"{{"stepWeights":[{}5]}}"#, "5,".repeat(100_000));
        assert!(ladder(&endless).len() <= 101, "it is written into every report that it holds");
    }

    #[test]
    fn the_old_name_of_the_analysis_is_read_and_unknown_keys_are_not_minded() {
        let text = r#"{"spec":{"targetRef":{"kind":"Deployment","name":"api"},"canaryAnalysis":{"threshold":0,"later":1}}}"#;
        let canary: CanaryObject = serde_json::from_str(text).unwrap();
        assert_eq!(canary.spec.analysis().effective_threshold(), 1);
        assert_eq!(canary.spec.apex(), "api");
    }

    #[test]
    fn a_credential_of_a_hook_is_shown_to_nobody() {
        let text =
            r#"{"name":"start","type":"event","url":"http://u:hunter2@h/x","metadata":{"token":"hunter2"}}"#;
        let hook: Hook = serde_json::from_str(text).unwrap();
        assert!(!format!("{hook:?}").contains("hunter2") && hook.url.contains("hunter2"));
    }
}
