//! How a version behaves: latency, slow requests, failures. Settable while it runs.

use serde::{Deserialize, Serialize};

/// Latency and failures of one version.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behaviour {
    /// Median of the lognormal latency, in milliseconds; positive.
    pub median_ms: f64,
    /// Its 99th percentile, in milliseconds; above the median.
    pub p99_ms: f64,
    /// Share of requests that take longer by `slow_extra_ms`, 0 to 1.
    pub slow_share: f64,
    /// What a slow request takes in addition, in milliseconds; not negative.
    pub slow_extra_ms: f64,
    /// Share of requests answered 500 after the same work, 0 to 1.
    pub error_share: f64,
}

/// The standard normal's 99th percentile.
const Z99: f64 = 2.326_347_874_040_841;

impl Behaviour {
    /// A median of 40 ms and a P99 of 150 ms (0.23 % above 200 ms), and no failures.
    pub const HEALTHY: Self =
        Self { median_ms: 40.0, p99_ms: 150.0, slow_share: 0.0, slow_extra_ms: 0.0, error_share: 0.0 };

    /// A median of 2 ms and a P99 of 8 ms, and no failures: for tests that count and do not wait.
    pub const FAST: Self =
        Self { median_ms: 2.0, p99_ms: 8.0, slow_share: 0.0, slow_extra_ms: 0.0, error_share: 0.0 };

    /// The same with this share of failures, 0 to 1.
    #[must_use]
    pub const fn failing(mut self, share: f64) -> Self {
        self.error_share = share;
        self
    }

    /// The same with this share (0 to 1) of requests that take `extra_ms` longer.
    #[must_use]
    pub const fn slow(mut self, share: f64, extra_ms: f64) -> Self {
        (self.slow_share, self.slow_extra_ms) = (share, extra_ms);
        self
    }

    /// Whether every number is one that can be served.
    ///
    /// # Errors
    /// A sentence that names the number.
    pub fn check(&self) -> Result<(), String> {
        let finite = |x: f64| x.is_finite() && x < 60_000.0;
        if !(self.median_ms > 0.0 && self.p99_ms > self.median_ms && finite(self.p99_ms)) {
            return Err(format!(
                "0 < median_ms < p99_ms < 60000 does not hold: {}, {}",
                self.median_ms, self.p99_ms
            ));
        }
        if !(self.slow_extra_ms >= 0.0 && finite(self.slow_extra_ms)) {
            return Err(format!("slow_extra_ms is not from 0 to 60000: {}", self.slow_extra_ms));
        }
        for (name, share) in [("slow_share", self.slow_share), ("error_share", self.error_share)] {
            if !(0.0..=1.0).contains(&share) {
                return Err(format!("{name} is not from 0 to 1: {share}"));
            }
        }
        Ok(())
    }

    /// Mean of the latency's logarithm, of seconds.
    pub(crate) fn mu(&self) -> f64 {
        libm::log(self.median_ms / 1000.0)
    }

    /// Standard deviation of the latency's logarithm.
    pub(crate) fn sigma(&self) -> f64 {
        libm::log(self.p99_ms / self.median_ms) / Z99
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_cannot_be_served_are_refused_by_name() {
        assert_eq!(Behaviour::HEALTHY.check(), Ok(()));
        let refused = Behaviour::HEALTHY.failing(1.5).check().unwrap_err();
        assert!(refused.contains("error_share"), "{refused}");
        let upside_down = Behaviour { median_ms: 200.0, ..Behaviour::HEALTHY };
        assert!(upside_down.check().unwrap_err().contains("median_ms"));
        assert!(Behaviour::HEALTHY.slow(0.1, f64::NAN).check().is_err());
    }
}
