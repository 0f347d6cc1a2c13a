//! One question for the simulation: a gate, at a step, in a region's traffic.
//!
//! Regions of the same traffic, limits and threshold ask the same question, so it is a value that can be compared: each
//! is simulated once.

use haldane_core::policy::Step;
use haldane_core::signal::{Kind, Signal};
use haldane_core::time::Span;

/// A gate at a step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cell {
    pub(crate) signal: Signal,
    /// In the unit of its kind.
    pub(crate) limit: Option<f64>,
    /// Times the primary's rate.
    pub(crate) tolerate: Option<f64>,
    /// Its shares of the budget: against the limit, against the primary.
    pub(crate) shares: (f64, f64),
    /// The region's threshold.
    pub(crate) ln_threshold: f64,
    /// Variance over mean of the counts.
    pub(crate) fano: f64,
    /// Bad events per request of the healthy service.
    pub(crate) healthy: f64,
    /// Of both arms.
    pub(crate) requests_per_s: f64,
    /// The length of an increment.
    pub(crate) dt: Span,
    /// The steps before, each left as soon as it may be, with a healthy canary.
    pub(crate) before: Vec<Step>,
    /// The step in which the canary is worse, from its beginning to the end of its extension.
    pub(crate) step: Step,
}

impl Cell {
    /// How many increments lie in `window`.
    pub(crate) fn polls(&self, window: Span) -> u32 {
        let polls = window.as_us().div_euclid(self.dt.as_us().max(1));
        u32::try_from(polls).unwrap_or(u32::MAX)
    }

    /// Increments that a latency gate sits out at the beginning of `step`.
    pub(crate) fn settling(&self, step: &Step) -> u32 {
        match self.signal.kind() {
            Kind::Latency => self.polls(step.settle + self.dt + Span::from_us(-1)),
            Kind::Ratio | Kind::Rate | Kind::Gauge | Kind::Place => 0,
        }
    }

    /// Requests of the canary and of the primary in one increment of `step`.
    pub(crate) fn requests(&self, step: &Step) -> (f64, f64) {
        let all = self.requests_per_s * self.dt.as_s();
        let canary = all * f64::from(step.weight) / 100.0;
        (canary, all - canary)
    }

    /// The most that the healthy rate can be multiplied by: every request is bad.
    pub(crate) fn most_times(&self) -> f64 {
        1.0 / self.healthy
    }
}
