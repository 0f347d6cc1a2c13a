//! What one answer shows of one family, target by target: rows of cumulative counts with their instants.
//!
//! Samples of one scrape share one time stamp, and together they make a row. A row that cannot be read is no row, and
//! its fault is kept with its instant: it hides the newest count while it is the newest, and nothing after that.

use super::target::{Pod, TargetKey, pod};
use crate::counting::family::{Fault, Labels};
use haldane_core::time::{Span, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// A row and its instant.
pub(crate) type Row = (Timestamp, Vec<f64>);

/// Every target that an answer shows.
#[derive(Debug, Default)]
pub(crate) struct Sighting {
    pub(crate) targets: BTreeMap<TargetKey, Seen>,
    /// How many series the answer had.
    pub(crate) series: usize,
    /// Whether its histograms are native ones.
    pub(crate) is_native: bool,
}

/// One target.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Rows by series, instants ascending.
    pub(crate) series: BTreeMap<Labels, Vec<Row>>,
    /// The instants of rows that can be read.
    pub(crate) pages: BTreeSet<Timestamp>,
    /// Why rows of these instants cannot be read.
    pub(crate) faults: BTreeMap<Timestamp, Fault>,
    /// The bucket edges in milliseconds; none for requests.
    pub(crate) edges: Option<Vec<f64>>,
    /// The pod, if every series says the same.
    pub(crate) pod: Option<Pod>,
}

impl Sighting {
    /// The target of a series.
    pub(super) fn target(&mut self, labels: &Labels) -> &mut Seen {
        let found = pod(labels);
        let fresh = || Seen { pod: found.clone(), ..Seen::default() };
        let seen = self.targets.entry(TargetKey::of(labels)).or_insert_with(fresh);
        seen.pod = seen.pod.take().filter(|known| found.as_ref() == Some(known));
        seen
    }

    /// The newest instant of any row.
    pub(crate) fn newest(&self) -> Option<Timestamp> {
        self.targets.values().filter_map(|seen| seen.pages.last().copied()).max()
    }
}

impl Seen {
    /// Takes in one series. The same one twice is a fault of all its instants.
    pub(super) fn push(&mut self, labels: Labels, rows: Vec<Row>, metric: &str) {
        if self.series.contains_key(&labels) {
            let twice = || Fault::Twice { series: metric.to_owned() };
            self.faults.extend(rows.iter().map(|(at, _)| (*at, twice())));
            return;
        }
        self.pages.extend(rows.iter().map(|(at, _)| *at));
        self.series.insert(labels, rows);
    }

    /// The newest instant not after `at`.
    pub(crate) fn newest(&self, at: Timestamp) -> Option<Timestamp> {
        self.pages.range(..=at).next_back().copied()
    }

    /// Whether something has been counted by the newest rows not after `at`.
    pub(crate) fn has_counted(&self, at: Timestamp) -> bool {
        let total = |rows: &Vec<Row>| rows.iter().rev().find(|(t, _)| *t <= at)?.1.last().copied();
        self.series.values().filter_map(total).any(|total| total > 0.0)
    }

    /// All that its series show by `until`, of those with a row after `after`.
    pub(crate) fn total(&self, after: Timestamp, until: Timestamp) -> f64 {
        let last = |rows: &Vec<Row>| {
            let (_, row) = rows.iter().rev().find(|(at, _)| after < *at && *at <= until)?;
            row.last().copied()
        };
        self.series.values().filter_map(last).sum()
    }

    /// The distances between neighbouring rows of one series, all series together.
    pub(crate) fn distances(&self) -> Vec<Span> {
        let pairs = self.series.values().flat_map(|rows| rows.windows(2));
        pairs.filter_map(|p| if let [(a, _), (b, _)] = p { Some(*b - *a) } else { None }).collect()
    }
}
