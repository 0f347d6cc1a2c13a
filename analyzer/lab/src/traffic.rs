//! What a made-up service does on average: how much traffic it has, and how much of it goes wrong.
//!
//! Latencies are log-normal with the spread of a service whose median is 40 ms when its P99 is 150 ms, so the share above
//! a limit follows from the P99 alone, also where a fault moves it.

use crate::fault::Kind;
use haldane_core::math::ln;
use haldane_core::signal::Signal;
use serde::{Deserialize, Serialize};

/// The 99 % quantile of the standard normal distribution.
const Z99: f64 = 2.326_347_874_040_841;

/// One region's traffic and the health of the version it runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// Requests per second of the whole region.
    pub rps: f64,
    /// Share of the requests that fail.
    pub errors: f64,
    /// The 99th percentile of the latency, in milliseconds.
    pub p99_ms: f64,
    /// Responses of 5xx per minute of the whole region.
    pub http_5xx_per_min: f64,
    /// Canary pods.
    pub pods: u32,
}

impl Default for Traffic {
    fn default() -> Self {
        Self { rps: 1000.0, errors: 0.0005, p99_ms: 150.0, http_5xx_per_min: 1.0, pods: 2 }
    }
}

/// What one arm does per second, on average.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Demand {
    /// Requests.
    pub requests: f64,
    /// Bad events, in the order of [`Signal::CORE`].
    pub bad: [f64; Signal::CORE.len()],
}

impl Demand {
    /// Bad events per second beyond those of `healthy`.
    pub fn beyond(&self, healthy: &Self) -> f64 {
        self.bad.iter().zip(healthy.bad).map(|(b, h)| (b - h).max(0.0)).sum()
    }
}

impl Traffic {
    /// An arm that serves `share` of the region's requests with this fault, where slower than `limit_ms` is slow.
    pub fn demand(&self, share: f64, limit_ms: f64, fault: Kind) -> Demand {
        let requests = self.rps * share;
        let (mut errors, mut p99_ms) = (self.errors, self.p99_ms);
        let mut http_5xx = self.http_5xx_per_min * share / 60.0;
        match fault {
            Kind::None => {}
            Kind::Errors(e) => errors = e,
            Kind::P99Ms(ms) => p99_ms = ms,
            Kind::Http5xxPerMin(rate) if share > 0.0 => http_5xx = rate / 60.0,
            Kind::Http5xxPerMin(_) => {}
        }
        let slow = share_above(limit_ms, p99_ms);
        Demand { requests, bad: [slow * requests, errors * requests, http_5xx] }
    }
}

/// The share of requests slower than `limit_ms` where the 99th percentile is `p99_ms`.
pub fn share_above(limit_ms: f64, p99_ms: f64) -> f64 {
    let sigma = ln(150.0 / 40.0) / Z99;
    libm::erfc((Z99 + ln(limit_ms / p99_ms) / sigma) / core::f64::consts::SQRT_2) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_percent_is_slower_than_the_p99() {
        assert!((share_above(150.0, 150.0) - 0.01).abs() < 1e-12);
    }

    /// A P99 of 150 ms: .063 % above 250 ms, 5.3 % above 100 ms; of 250 ms: 2.66 % above 200 ms.
    #[test]
    fn latencies_are_log_normal_with_a_median_of_40_ms_at_150_ms() {
        for (limit_ms, p99_ms, share) in
            [(250.0, 150.0, 0.00063), (100.0, 150.0, 0.0534), (200.0, 250.0, 0.0266)]
        {
            let ours = share_above(limit_ms, p99_ms);
            assert!((ours / share - 1.0).abs() < 0.01, "{limit_ms} {p99_ms}: {ours}");
        }
    }

    #[test]
    fn a_fault_changes_its_own_signal_only() {
        let traffic = Traffic::default();
        let healthy = traffic.demand(0.05, 200.0, Kind::None);
        let faulty = traffic.demand(0.05, 200.0, Kind::Errors(0.01));
        assert!((faulty.beyond(&healthy) - 50.0 * 0.0095).abs() < 1e-9);
        assert_eq!((faulty.bad[0], faulty.bad[2]), (healthy.bad[0], healthy.bad[2]));
    }
}
