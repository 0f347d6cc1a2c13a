//! What the healthy service is like, as far as somebody said so, and what is assumed where nobody did.
//!
//! An error of `error-rate` is a response of `http-5xx`, so the one follows from the other and the traffic: assumed apart,
//! they would contradict each other.

use haldane_core::increment::Region;
use haldane_core::math::{exp, ln};
use haldane_core::policy::Policy;
use haldane_core::signal::{P99_ALLOWED, Signal};
use serde::Serialize;
use std::f64::consts::SQRT_2;

/// Spread of the logarithm of a duration. A P99 of 150 ms has a median of 40 ms, as the demo's pods have.
const SIGMA: f64 = 0.568;

/// Quantiles of the standard normal: 99 %, and 99.9 % (a tenth of what a P99 limit allows is slower).
const Z99: f64 = 2.326_347_874_040_841;
const Z999: f64 = 3.090_232_306_167_813;

/// A healthy service fails this share of what its limit allows, where nobody says how healthy it is.
const OF_LIMIT: f64 = 0.1;

/// Errors per request where no limit says anything, either.
const ERRORS: f64 = 1e-4;

/// What somebody said about the healthy service; what is absent is assumed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Assumed {
    /// Failed requests per request, above 0.
    pub error_rate: Option<f64>,
    /// The 99th percentile of durations in milliseconds.
    pub p99_ms: Option<f64>,
    /// 5xx responses per minute with all traffic of a region.
    pub http_5xx_per_min: Option<f64>,
    /// Dispersion of the bad events per increment (variance over mean); 1 is Poisson, more is clustered.
    pub fano: f64,
}

/// The healthy service in one region.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Healthy {
    /// Failed requests per request.
    pub error_rate: f64,
    /// The 99th percentile of durations in milliseconds; absent without a latency limit and without a word about it.
    pub p99_ms: Option<f64>,
    /// Requests slower than the region's latency limit, per request.
    pub slow: f64,
    /// 5xx responses per minute with all traffic.
    pub http_5xx_per_min: f64,
}

impl Healthy {
    /// The healthy service of `policy` in `region` at `requests_per_s`.
    pub fn of(policy: &Policy, region: &Region, requests_per_s: f64, assumed: &Assumed) -> Self {
        let limit = |signal: Signal| {
            let gate = policy.gates.iter().find(|g| g.signal == signal)?;
            policy.limit_in(region, gate)
        };
        let per_min = requests_per_s * 60.0;
        let by_rate = || limit(Signal::Http5xx).map(|limit| (limit / per_min * OF_LIMIT).min(OF_LIMIT));
        let by_limit = || limit(Signal::ErrorRate).map(|limit| limit * OF_LIMIT).or_else(by_rate);
        let error_rate = assumed.error_rate.or_else(by_limit).unwrap_or(ERRORS);
        let (p99_ms, slow) = latency(limit(Signal::P99Latency), assumed.p99_ms);
        let http_5xx_per_min = assumed.http_5xx_per_min.unwrap_or(error_rate * per_min);
        Self { error_rate, p99_ms, slow, http_5xx_per_min }
    }

    /// Bad events of `signal` per request.
    pub(crate) fn per_request(&self, signal: Signal, requests_per_s: f64) -> f64 {
        if signal == Signal::P99Latency {
            self.slow
        } else if signal == Signal::Http5xx {
            (self.http_5xx_per_min / (requests_per_s * 60.0)).min(1.0)
        } else {
            self.error_rate
        }
    }
}

/// The P99 and the share of requests slower than the limit. Durations are log-normal.
fn latency(limit_ms: Option<f64>, p99_ms: Option<f64>) -> (Option<f64>, f64) {
    match (limit_ms, p99_ms) {
        (Some(limit), Some(p99)) => {
            let z = Z99 + (ln(limit) - ln(p99)) / SIGMA;
            // A share of nothing has no multiples; one in a billion is nothing at any traffic.
            (Some(p99), (0.5 * libm::erfc(z / SQRT_2)).max(1e-9))
        }
        (Some(limit), None) => (Some(limit * exp(-SIGMA * (Z999 - Z99))), P99_ALLOWED * OF_LIMIT),
        (None, said) => (said, P99_ALLOWED * OF_LIMIT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_at_its_limit_is_slower_than_it_one_time_in_a_hundred() {
        let (_, slow) = latency(Some(200.0), Some(200.0));
        assert!((slow - 0.01).abs() < 1e-9, "{slow}");
    }

    #[test]
    fn the_p99_that_is_assumed_and_the_share_that_is_slower_belong_together() {
        let (p99, slow) = latency(Some(200.0), None);
        let (_, again) = latency(Some(200.0), p99);
        assert!((slow - again).abs() < 1e-9, "{slow} {again}");
        assert!((p99.unwrap() - 129.6).abs() < 0.1, "{p99:?}");
    }

    #[test]
    fn the_reference_shift_to_a_p99_of_250_ms_makes_two_and_a_half_percent_slow() {
        let (_, slow) = latency(Some(200.0), Some(250.0));
        assert!((slow - 0.0266).abs() < 0.0005, "{slow}");
    }
}
