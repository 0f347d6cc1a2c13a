//! What a region is made of.

use crate::{Arm, Faults, Scenario};
use haldane_clock::Clock;
use haldane_core::time::Timestamp;
use haldane_flagger_model::Live;
use tokio::sync::watch;

/// How much traffic a region gets, and how many pods share it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traffic {
    /// Mean requests per second of the whole region; none if it is not positive.
    pub requests_per_s: f64,
    /// Canary pods, when they run.
    pub canary_pods: usize,
    /// Primary pods.
    pub primary_pods: usize,
}

impl Default for Traffic {
    fn default() -> Self {
        Self { requests_per_s: 400.0, canary_pods: 2, primary_pods: 3 }
    }
}

impl Traffic {
    /// That of a region in which `scenario` is told.
    fn of(scenario: Scenario) -> Self {
        let usual = Self::default();
        if scenario == Scenario::NoTraffic { Self { requests_per_s: 0.0, ..usual } } else { usual }
    }

    /// Pods of one arm.
    pub const fn pods(&self, arm: Arm) -> usize {
        match arm {
            Arm::Canary => self.canary_pods,
            Arm::Primary => self.primary_pods,
        }
    }
}

/// Everything that the counters of a region follow from, but for its changes of routing.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    /// Of every draw. Two regions want two seeds, or they count the same requests.
    pub seed: u64,
    /// The instant at which all counters are 0 and the first second begins.
    pub origin: Timestamp,
    /// How much traffic.
    pub traffic: Traffic,
    /// What goes wrong.
    pub faults: Faults,
}

impl ModelConfig {
    /// A region in which `scenario` befalls `bad_revision`. What a release of several regions meets in this one is
    /// [`Scenario::in_role`].
    pub fn new(seed: u64, origin: Timestamp, scenario: Scenario, bad_revision: &str) -> Self {
        Self { seed, origin, traffic: Traffic::of(scenario), faults: Faults::of(scenario, bad_revision) }
    }
}

/// A model, the clock it lives on and the routing it follows.
#[derive(Clone, Debug)]
pub struct RegionConfig {
    /// The arrival model.
    pub model: ModelConfig,
    /// The clock whose seconds are simulated.
    pub clock: Clock,
    /// The routing and the versions; what it holds at the start counts from the origin on.
    pub live: watch::Receiver<Live>,
}
