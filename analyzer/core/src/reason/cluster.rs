//! Reasons that the cluster itself gives: what somebody edited, or what nobody can read.

use crate::cluster::Strategy;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why the cluster's state holds a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cluster", rename_all = "kebab-case")]
pub enum ClusterHold {
    /// The cluster cannot be read.
    Lost {
        /// Why.
        why: String,
    },
    /// There is no such Canary.
    NoCanary,
    /// Flagger does nothing with this Canary.
    Suspended,
    /// Flagger promotes on its next tick, past every gate.
    AnalysisSkipped,
    /// Flagger's next weight would be no step of the policy.
    LadderDiffers {
        /// The Canary's weights.
        canary: Vec<u32>,
        /// The policy's.
        policy: Vec<u32>,
    },
    /// The Canary moves traffic in another way than the policy says.
    StrategyDiffers {
        /// The Canary's.
        canary: Strategy,
        /// The policy's.
        policy: Strategy,
    },
    /// The canary's pods run something else than this run began with.
    ImageChanged {
        /// What it began with.
        analysed: String,
        /// What the target asks for now.
        now: String,
    },
    /// The routes and what Flagger reported do not agree.
    RouteDiffers {
        /// Percent reported.
        reported: u32,
        /// Percent in the route objects.
        live: u32,
    },
}

impl fmt::Display for ClusterHold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost { why } => write!(f, "the cluster cannot be read: {why}"),
            Self::NoCanary => f.write_str("the cluster has no such Canary"),
            Self::Suspended => f.write_str("the Canary is suspended: Flagger does nothing until spec.suspend is false"),
            Self::AnalysisSkipped => f.write_str(
                "the Canary has skipAnalysis: Flagger promotes on its next tick, past every gate; remove it to be asked",
            ),
            Self::LadderDiffers { canary, policy } => {
                write!(f, "the Canary goes through the weights {canary:?}, the policy's steps are {policy:?}: ")?;
                f.write_str("Flagger's next weight may be no step; make them the same")
            }
            Self::StrategyDiffers { canary, policy } => {
                write!(f, "the Canary's strategy is {canary}, the policy's is {policy}; make them the same")
            }
            Self::ImageChanged { analysed, now } => {
                write!(f, "the canary's pods run {now}, this run analyses {analysed}: Flagger restarts the analysis of a new ")?;
                f.write_str("revision, but does not notice a return to the promoted one; then roll back by order")
            }
            Self::RouteDiffers { reported, live } => {
                write!(f, "weight {reported} % was reported, the routes give the canary {live} %")
            }
        }
    }
}
