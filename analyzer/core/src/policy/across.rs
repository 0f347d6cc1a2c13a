//! What a policy says about its regions together: how many at once, what a breach in one means, guards, freezes.
//!
//! One part of a policy of its own, because most policies leave all of it out, and records of those say nothing of it.

use super::freeze::Freeze;
use crate::guard::Guard;
use crate::time::Span;
use serde::{Deserialize, Serialize};

/// Beyond the order of the regions.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Across {
    /// How many regions may have a canary with traffic at once; absent where only the order limits it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_once: Option<u32>,
    /// What a breach in one region means for the others.
    #[serde(skip_serializing_if = "OnBreach::is_hold")]
    pub on_breach: OnBreach,
    /// How long a run may be held beyond its windows before somebody is called; absent where nobody is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_hold: Option<Span>,
    /// Conditions of the place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<Guard>,
    /// When nothing may go on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub freezes: Vec<Freeze>,
}

impl Across {
    /// Whether the policy says nothing of it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a breach in one region means for the others that the same release has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnBreach {
    /// They hold.
    #[default]
    HoldOthers,
    /// They go back, too, each through its own `rollback` hook, if they have traffic and are not promoted.
    RollBackRelease,
}

impl OnBreach {
    const fn is_hold(&self) -> bool {
        matches!(self, Self::HoldOthers)
    }
}
