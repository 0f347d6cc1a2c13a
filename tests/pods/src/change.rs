//! One entry of a region's timeline.

use haldane_core::time::Timestamp;
use haldane_flagger_model::Live;

/// A change of routing or versions, at the instant at which the pods noticed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// What holds from then on.
    pub live: Live,
}

/// Share of the requests that go to the canary, 0 to 1. Pods that do not run get none, whatever the route says:
/// a mesh without endpoints for the canary is not what these pods are for.
pub(crate) fn canary_share(live: &Live) -> f64 {
    if live.canary_up { f64::from(live.canary_weight.min(100)) / 100.0 } else { 0.0 }
}
