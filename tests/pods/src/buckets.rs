//! The duration buckets of the pods' histogram.

/// Upper edges in seconds; a last bucket without an edge follows. 200 ms is one of them, because a latency limit
/// can only be counted at an edge.
pub const EDGES_S: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 1.0, 2.5];

/// Buckets, with the last one.
pub(crate) const BUCKETS: usize = EDGES_S.len() + 1;

/// The first bucket that holds only requests slower than `limit_ms`, or `None` if that is no edge.
pub(crate) fn slower_from(limit_ms: f64) -> Option<usize> {
    // A millionth of a millisecond forgives only the rounding of 0.15 × 1000.
    EDGES_S.iter().position(|edge_s| (edge_s * 1000.0 - limit_ms).abs() < 1e-6).map(|edge| edge + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edge_is_found_in_milliseconds_and_nothing_between() {
        for (i, edge_s) in EDGES_S.iter().enumerate() {
            assert_eq!(slower_from(edge_s * 1000.0), Some(i + 1));
        }
        assert_eq!(slower_from(200.0), Some(7));
        assert_eq!(slower_from(201.0), None);
        assert_eq!(slower_from(f64::NAN), None);
    }
}
