//! One metric family of one target, in the one form that all counting uses.
//!
//! Requests and durations are both read as rows of *cumulative* counts, one row per series, never falling from left
//! to right, the last being the series' total. "Bad" is then always "total less what lies left of a mark", whether
//! the mark is a bucket edge or "did not fail", and resets are handled once for both.

use std::collections::BTreeMap;

/// A series' labels.
pub(crate) type Labels = BTreeMap<String, String>;

/// Above 2^53 a counter in this format can no longer count by ones.
const MAX_COUNT: f64 = 9_007_199_254_740_992.0;

/// What a pod says of one family now.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Family {
    /// The upper edges of a row's places in milliseconds, the last infinite; none for requests.
    pub(crate) edges: Option<Vec<f64>>,
    /// Cumulative counts, series by series.
    pub(crate) rows: BTreeMap<Labels, Vec<f64>>,
}

impl Family {
    /// All events ever counted.
    pub(crate) fn total(&self) -> f64 {
        self.rows.values().filter_map(|row| row.last()).sum()
    }
}

/// Why a pod's family cannot be counted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fault {
    /// There is none, or it lacks what would tell good from bad.
    Absent { series: String },
    /// A counter is NaN, infinite, negative or beyond exact counting.
    NotANumber { series: String },
    /// The same series stands twice on one page.
    Twice { series: String },
    /// The histogram contradicts itself.
    Histogram { detail: String },
}

/// `value`, if it can be a count.
pub(crate) fn count(value: f64, series: &str) -> Result<f64, Fault> {
    if (0.0..=MAX_COUNT).contains(&value) {
        Ok(value)
    } else {
        Err(Fault::NotANumber { series: series.to_owned() })
    }
}
