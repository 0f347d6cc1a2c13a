//! What a pod, an arm or a second has counted.

use crate::buckets::{BUCKETS, slower_from};

/// Monotone counts. Durations are kept per bucket, not cumulated; only the exposition cumulates.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// Requests, whatever their answer.
    pub requests: u64,
    /// Those of them that were answered 500.
    pub errors: u64,
    /// Requests per duration bucket; the last bucket has no upper edge.
    pub buckets: [u64; BUCKETS],
    /// Sum of all durations, in seconds.
    pub duration_s: f64,
}

impl Counts {
    /// Adds what `more` has counted.
    pub fn add(&mut self, more: &Self) {
        self.requests += more.requests;
        self.errors += more.errors;
        self.duration_s += more.duration_s;
        for (sum, n) in self.buckets.iter_mut().zip(more.buckets) {
            *sum += n;
        }
    }

    /// Requests that took longer than `limit_ms`, or `None` if that is no edge of a bucket.
    pub fn slower_than(&self, limit_ms: f64) -> Option<u64> {
        slower_from(limit_ms).map(|first| self.buckets.iter().skip(first).sum())
    }
}
