//! What a region's cluster shows of the Canary: the surest answer to "which step are we in?".
//!
//! Hooks say what Flagger asks and its events what it has done; neither says what somebody edited in between, and both can
//! get lost. The live Canary, its target and its routes do. They are facts like any other, so a replay needs no cluster.

use crate::increment::Region;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Something was learned from, or about, the cluster of a region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// Where.
    pub region: Region,
    /// What.
    pub seen: Seen,
}

/// What the cluster shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "seen", rename_all = "kebab-case")]
pub enum Seen {
    /// The Canary, with what belongs to it.
    Canary(Box<CanaryView>),
    /// There is no such Canary.
    Gone,
    /// The cluster cannot be read; what was seen before may no longer be so.
    Lost {
        /// Why, in one line without secrets.
        why: String,
    },
}

/// A Canary, its target and its routes at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanaryView {
    /// How far Flagger says that it is.
    pub phase: Phase,
    /// Percent of the traffic that the route objects give to the canary; absent where they cannot be read. Not the
    /// status's own number, which is 0 while a promotion is waited for with all traffic on the canary; but that of a run
    /// that failed, where it is written at once with the phase.
    pub weight: Option<u32>,
    /// Percent that Flagger's status claims in a run, written at once with `applied` but after the routes: it tells a run's
    /// own weight from one that the run before left behind. Absent where the status says nothing about traffic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed: Option<u32>,
    /// `status.lastAppliedSpec`: names the spec that the run analyses.
    pub applied: Option<String>,
    /// `status.lastTransitionTime`: when Flagger last wrote the status, by its own clock, in whole seconds.
    pub written: Option<Timestamp>,
    /// Checks failed in this run.
    pub failed_checks: u32,
    /// How many roll back.
    pub threshold: u32,
    /// The weights that Flagger would go through, in percent.
    pub ladder: Vec<u32>,
    /// How traffic is moved.
    pub strategy: Strategy,
    /// Flagger will promote on its next tick, past every gate.
    pub skip_analysis: bool,
    /// Flagger does nothing at all.
    pub suspended: bool,
    /// What the target asks for now: name and tag (or digest) of its first container's image, without the registry.
    pub image: Option<String>,
}

/// How far a Canary is, in Flagger's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Installed, or being so; no run has ever been.
    Initial,
    /// confirm-rollout is refused.
    Waiting,
    /// In a run.
    Progressing,
    /// confirm-promotion is refused.
    WaitingPromotion,
    /// The new version is copied to the primary, or traffic goes back there.
    Promoting,
    /// The last run ended well.
    Succeeded,
    /// The last run ended badly.
    Failed,
    /// Being deleted, or a word of a later Flagger.
    Other,
}

impl Phase {
    /// Reads `status.phase`.
    pub fn read(text: &str) -> Self {
        match text {
            "" | "Initializing" | "Initialized" => Self::Initial,
            "Waiting" => Self::Waiting,
            "Progressing" => Self::Progressing,
            "WaitingPromotion" => Self::WaitingPromotion,
            "Promoting" | "Finalising" => Self::Promoting,
            "Succeeded" => Self::Succeeded,
            "Failed" => Self::Failed,
            _ => Self::Other,
        }
    }

    /// Whether the canary may have traffic that gates decide about.
    pub const fn in_a_run(self) -> bool {
        matches!(self, Self::Progressing | Self::WaitingPromotion)
    }

    /// Whether a run is under way, a promotion included.
    pub const fn under_way(self) -> bool {
        matches!(self, Self::Progressing | Self::WaitingPromotion | Self::Promoting)
    }
}

/// How Flagger moves the traffic of a Canary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// Weights, step by step.
    #[default]
    Canary,
    /// All at once, after a number of iterations.
    BlueGreen,
    /// Some users by header or cookie, for a number of iterations.
    AbTesting,
}

impl Strategy {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Canary, Self::BlueGreen, Self::AbTesting];

    /// Whether it is the usual one.
    pub fn is_canary(&self) -> bool {
        *self == Self::Canary
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Canary => "canary",
            Self::BlueGreen => "blue-green",
            Self::AbTesting => "ab-testing",
        })
    }
}

/// What is known of a region's cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterState {
    /// The Canary as last seen; absent when there is none, or when none was seen yet.
    pub view: Option<CanaryView>,
    /// Why the cluster cannot be read now; absent while it can.
    pub lost: Option<String>,
}

impl ClusterState {
    /// The Canary, if what was seen is what is.
    pub fn live(&self) -> Option<&CanaryView> {
        self.view.as_ref().filter(|_| self.lost.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phase_of_flagger_is_read_and_none_that_is_unknown_is_a_run() {
        assert_eq!(Phase::read("Finalising"), Phase::Promoting);
        assert!(Phase::read("WaitingPromotion").in_a_run() && !Phase::read("Waiting").in_a_run());
        for text in ["Terminating", "WaitingTrafficIncrease", "progressing"] {
            assert_eq!(Phase::read(text), Phase::Other, "{text}");
            assert!(!Phase::read(text).under_way());
        }
    }
}
