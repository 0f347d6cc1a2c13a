//! Facts: everything that a rollout's fate may depend on, as recorded.
//!
//! State is never stored by itself; it is the fold of these, in their order. Whatever is learned at the edge (a poll,
//! a hook call, an event's text) becomes one of them before it can matter, and is in the store before it is acted on.

use crate::cluster::Sighting;
use crate::guard::Watch;
use crate::history::SignalHistory;
use crate::increment::{Increment, Region};
use crate::order::{Line, Ordered};
use crate::policy::Policy;
use crate::signal::Signal;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The identity of one rollout: one release in one region, one run of Flagger there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RolloutId(pub String);

impl RolloutId {
    /// The id of the rollout of `service` (`namespace/name`) that opened in `region` at `opened`.
    ///
    /// From the instant, because nothing in Flagger's payload names a run: its checksum names a spec, and a retry
    /// of the same spec is another run.
    pub fn mint(service: &str, region: &Region, opened: Timestamp) -> Self {
        Self(format!("{}.{region}.{}", service.replace('/', "."), opened.as_us()))
    }
}

impl fmt::Display for RolloutId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A fact and when it was learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// What.
    pub fact: Fact,
}

/// What was learned. Everything but `Opened` concerns the current rollout of its region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "kebab-case")]
pub enum Fact {
    /// A rollout was heard of for the first time. The one before it in the same region has ended.
    Opened(Box<Opened>),
    /// The payload now names the spec or the release.
    Identified {
        /// Where.
        region: Region,
        /// Flagger's checksum of the spec.
        checksum: Option<String>,
        /// `metadata.release` of the hook.
        release: Option<String>,
    },
    /// The event hook was heard: weights will be reported.
    Heard {
        /// Where.
        region: Region,
        /// When the event happened, by Flagger's own clock, if the payload says so: events may arrive out of order.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        said: Option<Timestamp>,
    },
    /// confirm-rollout was answered yes.
    Admitted {
        /// Where.
        region: Region,
    },
    /// Flagger reported the canary's weight in percent.
    WeightSeen {
        /// Where.
        region: Region,
        /// Percent.
        weight: u32,
    },
    /// Leaving this weight was answered yes.
    Permitted {
        /// Where.
        region: Region,
        /// The weight that may be left.
        weight: u32,
    },
    /// Flagger copies the canary's spec to the primary.
    PromotionBegan {
        /// Where.
        region: Region,
    },
    /// The run is over.
    Ended {
        /// Where.
        region: Region,
        /// How.
        ending: Ending,
    },
    /// A person ordered something; for another run than the region's current one it means nothing.
    Ordered(Ordered),
    /// The cluster showed something new. It concerns the region, whether or not a rollout is open there.
    Sighted(Sighting),
    /// A poll brought this.
    Polled(Increment),
    /// The guards of a region were looked at. It concerns the region, whether or not a rollout is open there.
    Guarded(Watch),
    /// A person freezes a region, or ends it: nothing starts or advances there, of whatever release.
    Frozen(Frozen),
}

/// A person's freeze of a region, whatever runs there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    /// Where.
    pub region: Region,
    /// Whether it begins; otherwise it ends.
    pub on: bool,
    /// Who.
    pub by: Line,
    /// Why.
    pub reason: Line,
}

impl Fact {
    /// Which region it concerns.
    pub fn region(&self) -> &Region {
        match self {
            Self::Opened(opened) => &opened.region,
            Self::Ordered(ordered) => &ordered.region,
            Self::Polled(increment) => &increment.region,
            Self::Sighted(sighting) => &sighting.region,
            Self::Guarded(watch) => &watch.region,
            Self::Frozen(frozen) => &frozen.region,
            Self::Identified { region, .. }
            | Self::Heard { region, .. }
            | Self::Admitted { region }
            | Self::WeightSeen { region, .. }
            | Self::Permitted { region, .. }
            | Self::PromotionBegan { region }
            | Self::Ended { region, .. } => region,
        }
    }
}

/// What is fixed when a rollout opens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// Its id.
    pub rollout: RolloutId,
    /// Where.
    pub region: Region,
    /// Which release, if the hook names it.
    pub release: Option<String>,
    /// Flagger's checksum; absent at confirm-rollout, where it still names the previous spec.
    pub checksum: Option<String>,
    /// How it was heard of.
    pub by: HeardBy,
    /// The policy that judges it, to its end.
    pub policy: Policy,
    /// The primary's past.
    pub history: BTreeMap<Signal, SignalHistory>,
    /// The Fano factors of all regions together.
    pub pooled_fano: BTreeMap<Signal, f64>,
}

/// How a rollout was heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeardBy {
    /// confirm-rollout asked for it: it waits for admission.
    ConfirmRollout,
    /// Flagger restarted its analysis with a new revision: routes are back at 0, confirm-rollout is not asked again.
    Restart,
    /// A hook in the middle of a run: nobody has said yet which step it is in.
    MidRun,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Flagger reported success.
    Succeeded,
    /// Flagger promoted it without an analysis.
    Skipped,
    /// Flagger reported failure.
    Failed,
    /// Another run took its place before it was over.
    Superseded,
    /// Flagger says that no run is under way, and nobody said how it ended.
    Unknown,
}
