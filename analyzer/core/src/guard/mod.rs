//! Guards: conditions of the place, not of the canary. They hold; they never roll back.
//!
//! A guard is observed at every poll, whether or not a rollout is open, and what was seen is recorded with the guard that
//! asked for it ([`Watch`]): so the state needs no policy to know since when something stands, and a replay has it all. What is
//! not known holds, because unknown lag is not zero lag.

mod capacity;
mod elsewhere;
mod finding;
mod stand;

pub use capacity::{Carry, Pods};
pub(crate) use elsewhere::Elsewhere;
pub use finding::{Finding, GuardHold};
pub(crate) use stand::watch;
pub use stand::{GuardState, Stand, is_news};

use crate::increment::{Missing, Region};
use crate::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One condition of the place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    /// Its name, once in a policy: that of its rule, or the author's.
    pub name: String,
    /// What it asks.
    pub rule: Rule,
    /// How long it must stand before it holds (`for`).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub wait: Span,
    /// Only in these regions; empty where it is all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<Region>,
    /// Whom it holds.
    #[serde(default, skip_serializing_if = "Reach::is_here")]
    pub reach: Reach,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(span: &Span) -> bool {
    *span == Span::ZERO
}

/// Whom a guard holds where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// The region itself.
    #[default]
    Here,
    /// Every region of the service.
    Everywhere,
}

impl Reach {
    const fn is_here(&self) -> bool {
        matches!(self, Self::Here)
    }
}

/// What a guard asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "kebab-case")]
pub enum Rule {
    /// Something of the region is down: the share of what is looked at that does not answer ([`Seen::Level`], 0 to 1).
    RegionUp,
    /// A probe of the region fails: the share of probes that do ([`Seen::Level`], 0 to 1).
    Health,
    /// A copy of the data is behind: seconds, or bytes ([`Seen::Level`]).
    ReplicationLag {
        /// The most that is allowed; of a region with an RPO, that.
        most: f64,
        /// Whether it is counted in bytes.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        bytes: bool,
    },
    /// The writer of the data has moved, or there are too few or too many ([`Seen::Names`]: those that write).
    Failover {
        /// How long after a move nothing goes on.
        settle: Span,
        /// How many writers the whole service must have; absent where that is not asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        writers: Option<u32>,
    },
    /// Pods for the load ([`Seen::Pods`]).
    Capacity {
        /// The utilisation that the autoscaler aims at (0.6 = 60 %).
        target: f64,
        /// What they have to carry.
        carry: Vec<Carry>,
    },
    /// Alerts fire ([`Seen::Names`]: those that do).
    Alerts,
    /// The error budget is spent: its spent share ([`Seen::Level`]; 1 is all of it).
    ErrorBudget {
        /// The most that may be spent.
        most: f64,
    },
    /// Something is too old: its age in seconds ([`Seen::Level`]).
    Freshness {
        /// The oldest that is allowed.
        most: Span,
    },
    /// A number of the place is too high ([`Seen::Level`]).
    Level {
        /// The most that is allowed.
        most: f64,
    },
}

/// What one poll saw of one guard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "seen", rename_all = "kebab-case")]
pub enum Seen {
    /// The worst of all levels.
    Level {
        /// In the unit of the rule.
        level: f64,
        /// Where it was seen, or what was wrong there; one line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        what: Option<String>,
    },
    /// Names: of alerts that fire, of writers.
    Names {
        /// In order.
        names: BTreeSet<String>,
    },
    /// Pods and their load.
    Pods(Pods),
    /// Nothing can be said.
    Unknown {
        /// Why.
        why: Missing,
    },
}

/// What one poll of one region saw of its guards, each with the guard as it was asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// Where.
    pub region: Region,
    /// When.
    pub as_of: Timestamp,
    /// What.
    pub guards: Vec<Watched>,
}

/// One guard and what was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watched {
    /// The guard, with what it means in this region.
    pub guard: Guard,
    /// What was seen.
    pub seen: Seen,
}

/// What is known of the guards of a service, region by region, guard by guard.
pub type Guards = BTreeMap<Region, BTreeMap<String, GuardState>>;
