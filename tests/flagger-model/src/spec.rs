//! The Canary's spec, as far as a weighted canary needs it, with Flagger's defaults and silent corrections.

use crate::webhook::{HookKind, Webhook};
use haldane_core::time::Span;

const DEFAULT_INTERVAL: Span = Span::from_s(60);
/// Flagger raises shorter intervals to this without a word.
const LEAST_INTERVAL: Span = Span::from_s(10);

/// What a user writes into a Canary, and how fast the simulated pods come up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanarySpec {
    /// The Canary's namespace.
    pub namespace: String,
    /// The Canary's name; its target has the same.
    pub name: String,
    /// Absolute weights in percent; the last one, at most 100, is the top. None: the canary never advances.
    pub step_weights: Vec<u32>,
    /// Failed checks of a run at which it is rolled back, one tick later; 0 counts as 1.
    pub threshold: u32,
    /// Time between two ticks, of the model's clock; raised to 10 s.
    pub interval: Span,
    /// The hooks; those of one kind are called in this order.
    pub webhooks: Vec<Webhook>,
    /// Ticks for which canary pods are not ready after they were started or replaced.
    pub ready_after_ticks: u32,
    /// Ticks for which primary pods are not ready after the promotion replaced them.
    pub primary_ready_after_ticks: u32,
    /// Promote at once, past every gate.
    pub skip_analysis: bool,
    /// Do nothing at all.
    pub suspend: bool,
}

impl CanarySpec {
    /// A canary with threshold 1, an interval of 60 s and pods that need one tick.
    pub fn new(namespace: &str, name: &str, step_weights: &[u32], webhooks: Vec<Webhook>) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            step_weights: step_weights.to_vec(),
            threshold: 1,
            interval: DEFAULT_INTERVAL,
            webhooks,
            ready_after_ticks: 1,
            primary_ready_after_ticks: 1,
            skip_analysis: false,
            suspend: false,
        }
    }

    /// The interval that Flagger really uses.
    pub fn effective_interval(&self) -> Span {
        self.interval.max(LEAST_INTERVAL)
    }

    /// The threshold that Flagger really uses.
    pub fn effective_threshold(&self) -> u32 {
        self.threshold.max(1)
    }

    /// The hooks of one kind, in the order of their calls.
    pub(crate) fn hooks(&self, kind: HookKind) -> Vec<Webhook> {
        self.webhooks.iter().filter(|hook| hook.kind == kind).cloned().collect()
    }

    /// `<name>.<namespace>`, as events name the canary.
    pub(crate) fn full_name(&self) -> String {
        format!("{}.{}", self.name, self.namespace)
    }

    /// `<name>-primary.<namespace>`.
    pub(crate) fn primary_name(&self) -> String {
        format!("{}-primary.{}", self.name, self.namespace)
    }
}
