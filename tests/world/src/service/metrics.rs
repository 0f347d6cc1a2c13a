//! What a pod exposes: a counter by status code and a classic histogram, through the usual client library.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Upper edges of the histogram in seconds; 200 ms is one, because a latency limit can only be counted at an edge.
pub const EDGES_S: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 1.0, 2.5];

/// A duration inside each bucket, in 1024ths of a second: their sums are exact, so that a made-up past and the
/// process that goes on from it agree on the histogram's sum to the last bit.
pub(crate) const INSIDE_1024THS: [u32; EDGES_S.len() + 1] =
    [4, 8, 16, 36, 72, 128, 180, 230, 280, 410, 768, 1536, 3072];

type Labels = Vec<(&'static str, String)>;

/// What a process is to have counted before it began: the end of a made-up past.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Carried {
    pub(crate) failed: u64,
    /// Requests in each bucket, not cumulated, the failed ones among them.
    pub(crate) buckets: [u64; EDGES_S.len() + 1],
}

/// A pod's metrics.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    durations: Histogram,
}

impl Metrics {
    pub(crate) fn new(carried: &Carried) -> Self {
        let (requests, durations) = (Family::<Labels, Counter>::default(), Histogram::new(EDGES_S));
        let mut registry = Registry::default();
        // The library adds the `_total`.
        registry.register("http_requests", "Requests answered, by status code", requests.clone());
        registry.register("http_request_duration_seconds", "Time to answer a request", durations.clone());
        let metrics = Self { registry, requests, durations };
        metrics.begin_with(carried);
        metrics
    }

    fn begin_with(&self, carried: &Carried) {
        let all: u64 = carried.buckets.iter().sum();
        for (code, n) in [(200, all - carried.failed.min(all)), (500, carried.failed)] {
            if n > 0 {
                self.requests.get_or_create(&labels(code)).inc_by(n);
            }
        }
        for (n, inside) in carried.buckets.iter().zip(INSIDE_1024THS) {
            (0..*n).for_each(|_| self.durations.observe(f64::from(inside) / 1024.0));
        }
    }

    pub(crate) fn served(&self, code: u16, took_s: f64) {
        self.requests.get_or_create(&labels(code)).inc();
        self.durations.observe(took_s);
    }

    pub(crate) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::with_capacity(2048);
        encode(&mut text, &self.registry).map(|()| text)
    }
}

fn labels(code: u16) -> Labels {
    vec![("code", code.to_string())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_and_the_edge_that_queries_ask_for_are_there() {
        let metrics = Metrics::new(&Carried::default());
        metrics.served(200, 0.2);
        metrics.served(500, 0.201);
        let text = metrics.text().unwrap();
        for line in [
            "http_requests_total{code=\"200\"} 1",
            "http_requests_total{code=\"500\"} 1",
            "http_request_duration_seconds_bucket{le=\"0.2\"} 1",
            "http_request_duration_seconds_bucket{le=\"+Inf\"} 2",
            "# EOF",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in:\n{text}");
        }
    }

    #[test]
    fn a_process_goes_on_from_what_it_carries() {
        let mut carried = Carried { failed: 2, ..Carried::default() };
        carried.buckets[4] = 10;
        let text = Metrics::new(&carried).text().unwrap();
        for line in [
            "http_requests_total{code=\"200\"} 8",
            "http_request_duration_seconds_bucket{le=\"0.05\"} 0",
            "http_request_duration_seconds_bucket{le=\"0.1\"} 10",
            "http_request_duration_seconds_sum 0.703125",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in:\n{text}");
        }
    }

    #[test]
    fn every_inside_is_inside_its_bucket() {
        for (i, inside) in INSIDE_1024THS.into_iter().enumerate() {
            let s = f64::from(inside) / 1024.0;
            assert!(i == 0 || s > EDGES_S[i - 1], "{s}");
            assert!(i == EDGES_S.len() || s <= EDGES_S[i], "{s}");
        }
    }
}
