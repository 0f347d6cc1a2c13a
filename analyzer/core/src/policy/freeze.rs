//! Windows in which nothing may go on: weekends, nights, a season; in the time of a place, daylight saving included.
//!
//! A window is data and so is the instant, so whether a release may go on is as replayable as everything else. The rules of
//! time zones are compiled in (chrono-tz): no file of the machine is read.

use crate::increment::Region;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A window in which nothing starts or advances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freeze {
    /// Why, for people.
    pub reason: String,
    /// IANA name of the zone in whose time it is written: `Europe/Berlin`.
    pub zone: String,
    /// When.
    pub when: FreezeWhen,
    /// Only these regions; empty where it is all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<Region>,
}

/// When a window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FreezeWhen {
    /// Every week, from a minute of the week to another (Monday 00:00 is 0; 10,080 minutes in all); it may reach over the
    /// week's end.
    Weekly {
        /// First minute that is frozen.
        from_min: u32,
        /// First minute that no longer is.
        to_min: u32,
    },
    /// Once.
    Once {
        /// From.
        since: Timestamp,
        /// Up to.
        until: Timestamp,
    },
}

impl Freeze {
    /// Until when `at` is frozen in `region`; absent where it is not.
    pub fn until(&self, region: &Region, at: Timestamp) -> Option<Timestamp> {
        if !(self.regions.is_empty() || self.regions.contains(region)) {
            return None;
        }
        match self.when {
            FreezeWhen::Once { since, until } => (since <= at && at < until).then_some(until),
            FreezeWhen::Weekly { .. } => None,
        }
    }
}
