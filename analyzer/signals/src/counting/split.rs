//! Where a row of cumulative counts is split into good and bad.
//!
//! A latency limit that is a bucket edge splits exactly. One that lies between two edges cannot: then what is
//! slower than the *upper* edge is slow for certain, what is slower than the *lower* one may be, and both are kept.
//! Interpolating instead would invent a distribution inside the bucket, and a verdict with it.

use haldane_core::increment::{Bracket, Counts};

/// Edges closer than this to the limit, relatively, are the limit: the rest of a decimal's rounding.
const ROUNDING: f64 = 1e-9;

/// The two places of a row that bound what is bad.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Split {
    /// Everything right of this place is bad for certain.
    certain: usize,
    /// Everything right of this place may be bad; without it, everything.
    possible: Option<usize>,
}

impl Split {
    /// Requests: what is right of "not failed".
    pub(crate) const REQUESTS: Self = Self { certain: 0, possible: Some(0) };

    /// Durations against a limit. `edges` ascend and end in infinity.
    pub(crate) fn at(edges: &[f64], limit_ms: f64) -> Self {
        let slack = limit_ms * ROUNDING;
        let certain = edges.iter().position(|edge| *edge >= limit_ms - slack).unwrap_or(edges.len());
        let possible = edges.iter().rposition(|edge| *edge <= limit_ms + slack);
        Self { certain, possible }
    }

    /// The counts that a row (or a difference of two rows) makes.
    pub(crate) fn counts(self, row: &[f64]) -> Counts {
        let total = row.last().copied().unwrap_or(0.0);
        let good = |place: usize| row.get(place).copied().unwrap_or(total);
        let bad = total - good(self.certain);
        let bad_at_most = total - self.possible.map_or(0.0, good);
        Counts { bad, bad_at_most, total }
    }

    /// The edges around a limit that is none.
    pub(crate) fn bracket(self, edges: &[f64]) -> Option<Bracket> {
        let edge = |place: usize| edges.get(place).copied();
        (self.possible != Some(self.certain)).then(|| Bracket {
            below_ms: self.possible.and_then(edge).unwrap_or(0.0).max(0.0),
            above_ms: edge(self.certain).filter(|edge| edge.is_finite()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EDGES: [f64; 4] = [100.0, 200.0, 500.0, f64::INFINITY];
    const ROW: [f64; 4] = [70.0, 90.0, 97.0, 100.0];

    fn split(limit_ms: f64) -> (Counts, Option<Bracket>) {
        let split = Split::at(&EDGES, limit_ms);
        (split.counts(&ROW), split.bracket(&EDGES))
    }

    fn bounds(bad: f64, bad_at_most: f64) -> Counts {
        Counts { bad, bad_at_most, total: 100.0 }
    }

    #[test]
    fn a_limit_that_is_an_edge_splits_exactly() {
        assert_eq!(split(200.0), (Counts::exact(10.0, 100.0), None));
        assert_eq!(split(200.000_000_01), (Counts::exact(10.0, 100.0), None));
    }

    #[test]
    fn a_limit_between_edges_is_bracketed_by_them() {
        let bracket = |below_ms, above_ms| Some(Bracket { below_ms, above_ms });
        assert_eq!(split(250.0), (bounds(3.0, 10.0), bracket(200.0, Some(500.0))));
        assert_eq!(split(50.0), (bounds(30.0, 100.0), bracket(0.0, Some(100.0))));
        assert_eq!(split(900.0), (bounds(0.0, 3.0), bracket(500.0, None)));
    }
}
