//! What Flagger's decisions change in the cluster, as far as traffic is concerned.
//!
//! The model publishes it through a watch channel at the instant of each change, before it sends the event hook, as
//! the real controller writes its route objects before it records the event. Simulated pods follow it.

/// The routing and the versions of one region at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// Share of the requests that the canary gets, in percent. Real traffic, not the Canary's status.
    pub canary_weight: u32,
    /// Whether canary pods run (Flagger scales them to zero between rollouts).
    pub canary_up: bool,
    /// The version that the canary pods run.
    pub canary_revision: String,
    /// The version that the primary pods run.
    pub primary_revision: String,
}

impl Live {
    /// A region that serves `revision` from its primary alone.
    pub fn serving(revision: &str) -> Self {
        Self {
            canary_weight: 0,
            canary_up: false,
            canary_revision: revision.to_owned(),
            primary_revision: revision.to_owned(),
        }
    }
}
