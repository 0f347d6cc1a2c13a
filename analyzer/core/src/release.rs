//! A release: one version on its way through all regions, with what happened to it where and when.
//!
//! Rollouts belong to it by name: the image of the new revision through the cluster, or `metadata.release` of the hooks; never
//! the payload's checksum, which names a spec and at confirm-rollout still the previous one. It begins with its first rollout,
//! and is overtaken by whichever begins after it. The same name again, after it had been promoted, is another attempt: a
//! change of configuration under an unchanged image takes the same order as a new image.

use crate::increment::Region;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is known of one release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseState {
    /// When its first rollout opened; of one that came back after another, when it came back.
    pub begun: Timestamp,
    /// Whose run made it begin anew, and when it had begun before. Left out where none did, so that older records keep their
    /// digests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brought_back: Option<(Region, Timestamp)>,
    /// What happened, oldest first; the oldest are forgotten beyond [`MOST_MARKS`].
    pub timeline: Vec<Mark>,
}

/// How many marks a release keeps: regions × steps × a few restarts.
pub const MOST_MARKS: usize = 256;

/// Something that happened to a release in one region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// When.
    pub at: Timestamp,
    /// Where.
    pub region: Region,
    /// What.
    pub event: Event,
}

/// What can happen to a release in a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A rollout opened.
    Opened,
    /// It was admitted.
    Admitted,
    /// It reached a weight.
    Weight {
        /// Percent.
        percent: u32,
    },
    /// Nobody knows where it is.
    Lost,
    /// Its promotion began.
    Promoting,
    /// It was promoted.
    Promoted,
    /// It was promoted past the gates.
    PromotedUnjudged,
    /// Evidence crossed the budget.
    Breached,
    /// It went back.
    RolledBack,
    /// Its promotion failed, with all traffic on it.
    FailedPromotion,
    /// Another run took its place.
    Superseded,
    /// It ended, and nobody said how.
    EndedUnknown,
}

/// Releases by name.
pub type Releases = BTreeMap<String, ReleaseState>;
