//! The Canary: its name, and how a run goes. Everything else of it belongs to somebody else.

use super::backstop::Metric;
use super::hooks::{Webhook, webhooks};
use super::{Options, Print, RenderError};
use crate::canary::of_policy;
use crate::sources::parts;
use haldane_core::cluster::Strategy;
use haldane_core::increment::Region;
use haldane_core::policy::{Policy, RegionPolicy};
use serde::Serialize;
use serde_saphyr::FlowSeq;

/// Ticks before a blue/green or A/B canary asks for its promotion: one, because Haldane's answer makes the window.
const ITERATIONS: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Canary {
    api_version: &'static str,
    kind: &'static str,
    metadata: Name,
    spec: Spec,
}

/// Which object.
#[derive(Serialize)]
pub(super) struct Name {
    pub(super) name: String,
    pub(super) namespace: String,
}

#[derive(Serialize)]
struct Spec {
    analysis: Analysis,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Analysis {
    interval: String,
    threshold: u32,
    /// Of `iterations`, `stepWeight` and `stepWeights` Flagger's definition takes exactly one.
    #[serde(skip_serializing_if = "Option::is_none")]
    iterations: Option<Field<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step_weights: Option<Field<FlowSeq<Vec<u32>>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step_weight: Option<Field<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_weight: Option<Field<u32>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    metrics: Vec<Metric>,
    webhooks: Vec<Webhook>,
}

/// A field that is set or, in a patch, taken away: `null` there removes what is live, in the request that sets what takes its
/// place. Two requests would not do: Flagger's definition refuses a Canary with both, and one with neither.
#[derive(Serialize)]
#[serde(untagged)]
enum Field<T> {
    Set(T),
    Removed,
}

/// The Canary of `policy` in `region`.
pub(super) fn document(
    policy: &Policy,
    region: &RegionPolicy,
    options: &Options,
    metrics: Vec<Metric>,
) -> Result<Canary, RenderError> {
    let interval = options.interval;
    let shortest = policy.steps.iter().map(|step| step.observe).min();
    if let Some(observe) = shortest.filter(|observe| *observe < interval) {
        return Err(RenderError::Interval { interval, observe });
    }
    let strategy = of_policy(policy);
    let (iterations, step_weights) = match strategy {
        Strategy::Canary => (None, Some(FlowSeq(policy.steps.iter().map(|step| step.weight).collect()))),
        Strategy::BlueGreen | Strategy::AbTesting => (Some(ITERATIONS), None),
    };
    let is_patch = match options.print {
        Print::Patch => true,
        Print::All | Print::Templates => false,
    };
    let analysis = Analysis {
        interval: format!("{}s", interval.as_us() / 1_000_000),
        threshold: options.threshold,
        iterations: field(iterations, is_patch),
        step_weights: field(step_weights, is_patch),
        step_weight: field(None, is_patch),
        max_weight: field(None, is_patch),
        metrics,
        webhooks: webhooks(strategy, &region.name, options),
    };
    Ok(Canary {
        api_version: "flagger.app/v1beta1",
        kind: "Canary",
        metadata: name(policy, &region.name),
        spec: Spec { analysis },
    })
}

fn field<T>(value: Option<T>, is_patch: bool) -> Option<Field<T>> {
    value.map(Field::Set).or_else(|| is_patch.then_some(Field::Removed))
}

/// What the Canary is called in `region`.
pub(super) fn name(policy: &Policy, region: &Region) -> Name {
    let (namespace, name) = parts(policy.service_in(region));
    Name { name: name.to_owned(), namespace: namespace.to_owned() }
}
