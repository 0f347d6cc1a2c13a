//! Increments: what one poll of one region brought.
//!
//! An increment counts every event once: it is the difference of counters between two instants, never a rate over
//! an overlapping window. Canary and primary are counted between the *same* two instants, because the split of
//! requests between them is measured, not assumed. What could not be counted is `Missing` with a reason: never a
//! zero, because silence is not health.

mod missing;

pub use missing::{Missing, SourceFault};

use crate::signal::Signal;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The name of a region, as the policy spells it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Region(pub String);

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Region {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

/// One of the two versions that a region runs side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arm {
    /// The new version.
    Canary,
    /// The old version (after promotion: the promoted one).
    Primary,
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Canary => "canary",
            Self::Primary => "primary",
        })
    }
}

/// Which arms a poll has to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arms {
    /// A rollout with a baseline: both, between the same two instants, or nothing.
    Both,
    /// The top step: the primary has no traffic left, so its silence is no news.
    CanaryOnly,
    /// Before a rollout (history) and after promotion (bake): there is no canary.
    PrimaryOnly,
}

impl Arms {
    /// Whether `arm` has to be counted.
    pub const fn include(self, arm: Arm) -> bool {
        matches!(
            (self, arm),
            (Self::Both, _) | (Self::CanaryOnly, Arm::Canary) | (Self::PrimaryOnly, Arm::Primary)
        )
    }
}

/// Events of one arm and one signal between two instants. All finite and not negative.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Bad events at least: what speaks *against* the arm.
    pub bad: f64,
    /// Bad events at most: what must be allowed for when something is to be proved. Equal to `bad` unless the
    /// limit lies between two bucket edges.
    pub bad_at_most: f64,
    /// All events.
    pub total: f64,
}

impl Counts {
    /// Counts without a bracket.
    pub const fn exact(bad: f64, total: f64) -> Self {
        Self { bad, bad_at_most: bad, total }
    }
}

/// Samples of a level (CPU, memory) of one arm between two instants, one per pod and scrape. All finite and not negative.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Gauged {
    /// Their mean, in the unit of the query.
    pub level: f64,
    /// How many there are.
    pub samples: f64,
    /// How many lie above the gate's limit; 0 without one.
    pub above: f64,
    /// How many lie above what is tolerated beside the primary's mean; 0 without a tolerance, and for the primary itself.
    pub worse: f64,
}

/// The two bucket edges around a limit that is no edge itself, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bracket {
    /// The last edge below the limit; 0 when there is none.
    pub below_ms: f64,
    /// The first edge above the limit; absent when only +Inf is.
    pub above_ms: Option<f64>,
}

/// What a poll brought for one signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// Both instants were seen in every arm that was asked for.
    Counted {
        /// The beginning of the interval; its end is the increment's `as_of`.
        since: Timestamp,
        /// The canary's counts, if it was asked for.
        canary: Option<Counts>,
        /// The primary's counts, if it was asked for.
        primary: Option<Counts>,
        /// Set when a latency limit is no bucket edge.
        bracket: Option<Bracket>,
    },
    /// A level, sample by sample.
    Gauged {
        /// The beginning of the interval; its end is the increment's `as_of`.
        since: Timestamp,
        /// The canary's samples, if it was asked for.
        canary: Option<Gauged>,
        /// The primary's samples, if it was asked for.
        primary: Option<Gauged>,
    },
    /// A level of the place, at the increment's `as_of`: the worst of all that was seen.
    Placed {
        /// In the unit of the query.
        level: f64,
        /// Where it was seen, or what was wrong there; one line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        what: Option<String>,
    },
    /// Nothing can be said about this signal for this interval.
    Missing(Missing),
}

/// What one poll of one region brought, signal by signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Increment {
    /// Where.
    pub region: Region,
    /// The end of the interval: the instant of the poll, or of the cut in the samples of a source.
    pub as_of: Timestamp,
    /// What was asked for.
    pub arms: Arms,
    /// How many canary targets (pods) were asked; one lone pod gets a stricter cap.
    pub canary_targets: u32,
    /// How many of the primary's were; after promotion they are the ones judged. Left out where none was, so that older
    /// records keep their digests.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub primary_targets: u32,
    /// How many of them lost their counters since the last increment, at least: their processes are new ones. Left
    /// out where there is none, so that older records keep their digests.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub canary_restarts: u32,
    /// Bad events of the canary by target, at least, for the signals that were counted and the targets that had any. Left
    /// out where nothing is known, so that older records keep their digests.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub canary_pods: BTreeMap<Signal, BTreeMap<String, f64>>,
    /// What came back. A signal that is absent here was not asked for.
    pub signals: BTreeMap<Signal, Reading>,
}

impl Increment {
    /// How many processes of an arm were asked.
    pub const fn targets(&self, arm: Arm) -> u32 {
        match arm {
            Arm::Canary => self.canary_targets,
            Arm::Primary => self.primary_targets,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}
