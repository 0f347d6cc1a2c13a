//! One arm of the model: its pods, and what they counted together.

use crate::draw::{self, Second};
use crate::latency::LatencyShape;
use crate::{Behaviour, Counts, Metrics, Pod};
use haldane_core::time::Timestamp;

/// The pods of one arm as of the last second counted.
#[derive(Clone, Debug)]
pub(crate) struct ArmState {
    pub(crate) pods: Vec<Pod>,
    /// Of all the arm's processes, gone or not.
    pub(crate) total: Counts,
    /// The last one used: it is needed every second, and hardly ever changes.
    shape: LatencyShape,
}

impl ArmState {
    pub(crate) fn started(pods: usize, at: Timestamp) -> Self {
        let shape = LatencyShape::with_p99(Behaviour::HEALTHY.p99_ms);
        Self { pods: vec![Pod::started(at); pods], total: Counts::default(), shape }
    }

    pub(crate) fn restart(&mut self, at: Timestamp) {
        self.pods.fill(Pod::started(at));
    }

    pub(crate) fn count(&mut self, which: Second, requests: f64, behaviour: &Behaviour) {
        if requests <= 0.0 || behaviour.metrics == Metrics::Unreachable {
            return;
        }
        if self.shape.p99_ms.to_bits() != behaviour.p99_ms.to_bits() {
            self.shape = LatencyShape::with_p99(behaviour.p99_ms);
        }
        let counts = draw::second(which, requests, self.pods.len(), behaviour, &self.shape);
        for (pod, more) in self.pods.iter_mut().zip(&counts) {
            pod.counts.add(more);
            self.total.add(more);
        }
    }
}
