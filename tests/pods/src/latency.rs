//! Lognormal durations, as bucket probabilities.
//!
//! Durations are never drawn one by one: what a histogram keeps of them is a multinomial, and drawing it takes as
//! many draws as there are buckets, however many requests there are.

use crate::buckets::{BUCKETS, EDGES_S};
use std::f64::consts::SQRT_2;

/// Spread of the logarithm of a duration: a P99 of 150 ms has a median of 40 ms.
pub(crate) const SIGMA: f64 = 0.568;

/// The standard normal's 99th percentile.
const Z99: f64 = 2.326_347_874_040_841;

/// How the durations of one arm fall into the buckets.
#[derive(Clone, Debug)]
pub(crate) struct LatencyShape {
    /// The P99 it was made for, in milliseconds.
    pub(crate) p99_ms: f64,
    /// Probability of each bucket, given that the duration is in none of the earlier ones; the last is 1.
    pub(crate) hazards: [f64; BUCKETS],
    /// Mean duration in each bucket, in seconds.
    pub(crate) means_s: [f64; BUCKETS],
}

impl LatencyShape {
    /// The shape of durations with this P99.
    pub(crate) fn with_p99(p99_ms: f64) -> Self {
        let mu = libm::log(p99_ms / 1000.0) - Z99 * SIGMA;
        let whole_mean_s = libm::exp(mu + SIGMA * SIGMA / 2.0);
        let mut shape = Self { p99_ms, hazards: [1.0; BUCKETS], means_s: [0.0; BUCKETS] };
        // Upper tails of the durations and of their share in the mean; tails keep their precision where it counts.
        let (mut slower, mut slower_mean, mut lower_s) = (1.0, 1.0, 0.0);
        for (i, upper_s) in EDGES_S.into_iter().chain([f64::INFINITY]).enumerate() {
            let z = (libm::log(upper_s) - mu) / SIGMA;
            let (next, next_mean) = (upper_tail(z), upper_tail(z - SIGMA));
            let inside = slower - next;
            if inside > 0.0 {
                shape.hazards[i] = inside / slower;
                let mean_s = whole_mean_s * (slower_mean - next_mean) / inside;
                // In the far tails the quotient of two rounding errors could leave the bucket.
                shape.means_s[i] = mean_s.clamp(lower_s, upper_s);
            } else {
                shape.hazards[i] = if next > 0.0 { 0.0 } else { 1.0 };
                shape.means_s[i] = lower_s;
            }
            (slower, slower_mean, lower_s) = (next, next_mean, upper_s);
        }
        shape
    }
}

/// Probability that a standard normal exceeds `z`.
fn upper_tail(z: f64) -> f64 {
    0.5 * libm::erfc(z / SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Probability of exceeding the edge before bucket `first`.
    fn slower_from(shape: &LatencyShape, first: usize) -> f64 {
        shape.hazards.iter().take(first).map(|h| 1.0 - h).product()
    }

    #[test]
    fn one_percent_is_slower_than_the_p99_when_that_is_an_edge() {
        for (p99_ms, first) in [(150.0, 6), (250.0, 8), (500.0, 10)] {
            let slower = slower_from(&LatencyShape::with_p99(p99_ms), first);
            assert!((slower - 0.01).abs() < 1e-9, "P99 {p99_ms}: {slower}");
        }
    }

    #[test]
    fn the_share_slower_than_200_ms_is_known() {
        let share = |p99_ms| slower_from(&LatencyShape::with_p99(p99_ms), 7);
        assert!((share(150.0) - 0.002_31).abs() < 2e-5, "{}", share(150.0));
        assert!((share(250.0) - 0.026_6).abs() < 1e-4, "{}", share(250.0));
    }

    #[test]
    fn the_means_of_the_buckets_add_up_to_the_mean_of_the_lognormal() {
        let shape = LatencyShape::with_p99(150.0);
        let mut slower = 1.0;
        let mut mean_s = 0.0;
        for (hazard, bucket_mean_s) in shape.hazards.iter().zip(shape.means_s) {
            mean_s += slower * hazard * bucket_mean_s;
            slower *= 1.0 - hazard;
        }
        // Median 40 ms times e^(σ²/2).
        assert!((mean_s - 0.047).abs() < 0.000_1, "{mean_s}");
    }

    #[test]
    fn absurd_percentiles_still_give_probabilities() {
        for p99_ms in [1e-3, 1.0, 1e5, 1e9] {
            let shape = LatencyShape::with_p99(p99_ms);
            assert!(shape.hazards.iter().all(|h| (0.0..=1.0).contains(h)), "{shape:?}");
            assert!(shape.means_s.iter().all(|m| m.is_finite()), "{shape:?}");
        }
    }
}
