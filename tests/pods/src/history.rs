//! What the primary would have counted before the origin: the past that a baseline is learned from.
//!
//! It comes from the seconds before the origin of the very streams that the pods draw from, so past and present
//! differ by nothing but their seconds.

use crate::buckets::slower_from;
use crate::draw::{self, Second};
use crate::latency::LatencyShape;
use crate::{Arm, Counts, ModelConfig};
use haldane_core::time::{Span, Timestamp};

/// Which past is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistoryWindow {
    /// How far back, in minutes before the origin.
    pub minutes: u32,
    /// Length of a bin: whole seconds. Bins end at the origin; a shorter one at the far end is left out.
    pub bin: Span,
    /// The latency limit in milliseconds; must be an edge of [`crate::EDGES_S`].
    pub limit_ms: f64,
}

/// Counts of one bin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistoryBin {
    /// The end of the bin.
    pub as_of: Timestamp,
    /// Requests.
    pub requests: f64,
    /// Requests answered 500.
    pub errors: f64,
    /// Requests that took longer than the limit.
    pub slower_than_limit: f64,
}

/// A past that cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum HistoryError {
    /// Slower requests can only be counted at a bucket's edge.
    #[error("{0} ms is no bucket edge of the simulated histogram")]
    NoSuchEdge(f64),
    /// The model's grain is a second.
    #[error("a bin of {0} is not a positive number of whole seconds")]
    Bin(Span),
}

/// The primary with all the traffic of the region, in the minutes before the origin, oldest bin first.
///
/// # Errors
/// The limit is no bucket edge, or the bin is not a positive number of whole seconds.
pub fn history(config: &ModelConfig, window: &HistoryWindow) -> Result<Vec<HistoryBin>, HistoryError> {
    let slower = slower_from(window.limit_ms).ok_or(HistoryError::NoSuchEdge(window.limit_ms))?;
    let bin_s = whole_seconds(window.bin).ok_or(HistoryError::Bin(window.bin))?;
    let bins = i64::from(window.minutes) * 60 / bin_s;
    let shape = LatencyShape::with_p99(config.faults.usual.p99_ms);
    let bin = |back: i64| {
        let end = -back * bin_s;
        let counts = seconds(config, &shape, end - bin_s..end);
        HistoryBin {
            as_of: config.origin + Span::from_s(end),
            requests: counts.requests as f64,
            errors: counts.errors as f64,
            slower_than_limit: counts.buckets.iter().skip(slower).sum::<u64>() as f64,
        }
    };
    Ok((0..bins).rev().map(bin).collect())
}

fn whole_seconds(bin: Span) -> Option<i64> {
    let us = Span::from_s(1).as_us();
    (bin.as_us() > 0 && bin.as_us() % us == 0).then(|| bin.as_us() / us)
}

fn seconds(config: &ModelConfig, shape: &LatencyShape, range: std::ops::Range<i64>) -> Counts {
    let traffic = &config.traffic;
    let mut sum = Counts::default();
    for index in range {
        let which = Second { seed: config.seed, arm: Arm::Primary, index };
        let usual = &config.faults.usual;
        draw::second(which, traffic.requests_per_s, traffic.primary_pods, usual, shape)
            .iter()
            .for_each(|pod| sum.add(pod));
    }
    sum
}
