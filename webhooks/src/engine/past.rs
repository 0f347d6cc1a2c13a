//! The primary's recent past per region: what a rollout's dispersion and baseline are taken from.
//!
//! Bounded by time. It is kept while nothing is judged (no rollout, waiting, ended) and frozen into the rollout when
//! one opens.

use haldane_core::history::{PastIncrement, SignalHistory, pooled_fano, summarise};
use haldane_core::increment::{Arms, Increment, Region};
use haldane_core::signal::Signal;
use haldane_core::time::Span;
use std::collections::{BTreeMap, VecDeque};

/// How far back it reaches.
pub(super) const REACH: Span = Span::from_min(120);

/// The recent past of one service.
#[derive(Default)]
pub(super) struct Past(BTreeMap<Region, VecDeque<PastIncrement>>);

impl Past {
    /// Adds what a poll of the primary alone brought.
    pub(super) fn push(&mut self, past: PastIncrement) {
        if past.increment.arms != Arms::PrimaryOnly {
            return;
        }
        let region = self.0.entry(past.increment.region.clone()).or_default();
        // The past of a source that did not answer at the start comes after the polls since.
        let place = region.partition_point(|p| p.increment.as_of < past.increment.as_of);
        region.insert(place, past);
        let oldest = region.back().map(|newest| newest.increment.as_of - REACH);
        while region.front().is_some_and(|p| Some(p.increment.as_of) < oldest) {
            region.pop_front();
        }
    }

    /// Whether an increment is one of the past.
    pub(super) fn takes(increment: &Increment) -> bool {
        increment.arms == Arms::PrimaryOnly
    }

    /// One region's summary.
    pub(super) fn summary(&self, region: &Region) -> BTreeMap<Signal, SignalHistory> {
        self.0.get(region).map(|past| summarise(&Vec::from(past.clone()))).unwrap_or_default()
    }

    /// All regions' bad events counted together.
    pub(super) fn pooled_fano(&self, bin: Span) -> BTreeMap<Signal, f64> {
        let regions: Vec<Vec<PastIncrement>> = self.0.values().map(|p| p.iter().cloned().collect()).collect();
        pooled_fano(&regions, bin)
    }
}
