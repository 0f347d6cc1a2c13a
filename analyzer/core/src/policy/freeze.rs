//! Windows in which nothing may go on: weekends, nights, a season; in the time of a place, daylight saving included.
//!
//! A window is data and so is the instant, so whether a release may go on is as replayable as everything else. The rules of
//! time zones are compiled in (chrono-tz): no file of the machine is read.

use super::weekly;
use crate::increment::Region;
use crate::time::{Span, Timestamp};
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

/// One time that a freeze stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first instant that is frozen.
    pub since: Timestamp,
    /// The first instant that no longer is.
    pub until: Timestamp,
}

impl Freeze {
    /// Until when `at` is frozen in `region`; absent where it is not. At that instant another freeze may begin.
    ///
    /// A zone that this build does not know can only come from the record of another one; as nobody can say that it is not
    /// frozen there, it is, and is asked again a minute later.
    pub fn until(&self, region: &Region, at: Timestamp) -> Option<Timestamp> {
        if !self.concerns(region) {
            return None;
        }
        let Some(windows) = self.windows(at) else { return Some(at + Span::from_min(1)) };
        let stand = windows.iter().filter(|window| window.since <= at && at < window.until);
        stand.map(|window| window.until).max()
    }

    /// Whether it is about `region`.
    pub fn concerns(&self, region: &Region) -> bool {
        self.regions.is_empty() || self.regions.contains(region)
    }

    /// The window that `at` is in, or else the next one; absent where there is none any more.
    pub fn next(&self, at: Timestamp) -> Option<Window> {
        let windows = self.windows(at)?;
        windows.into_iter().filter(|w| w.since < w.until && at < w.until).min_by_key(|w| w.since)
    }

    /// The windows around `at`; none where its zone or the instant is beyond the calendar.
    fn windows(&self, at: Timestamp) -> Option<Vec<Window>> {
        match self.when {
            FreezeWhen::Once { since, until } => Some(vec![Window { since, until }]),
            FreezeWhen::Weekly { from_min, to_min } => weekly::windows(&self.zone, from_min, to_min, at),
        }
    }
}
