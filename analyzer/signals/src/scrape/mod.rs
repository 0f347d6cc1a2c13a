//! Direct scrape: pods' own `/metrics`, for a region that has no Prometheus.
//!
//! ```text
//! discovery ─► roll (who is asked)
//! fetch ─► exposition ─► pod (requests, histogram) ─► arm (memory: deltas) ─► counter (cuts) ─► Increment
//! ```
//!
//! A pod's counters become deltas series by series, deltas add up to an arm's cumulative totals, and an increment
//! is the difference of these totals between two *cuts*. A cut is taken only when every pod of every arm that was
//! asked for has just answered well, so both arms cover the same interval and a missed scrape makes it longer.

mod arm;
mod beyond;
mod book;
mod config;
mod counter;
mod discovery;
mod exposition;
mod fetch;
mod histogram;
mod line;
mod memory;
mod pod;
mod probe;
mod region;
mod requests;
mod roll;
mod target;
mod token;

pub use config::{ConfigError, ScrapeConfig};
pub use counter::{Bodies, PageCounter};
pub use discovery::{Discovery, Found, FoundPod, Standing};
pub use probe::ArmPages;
pub use region::RegionScraper;

/// The counter of requests, one series per status code and whatever else.
const REQUESTS: &str = "http_requests_total";
/// The histogram of durations, as reasons name it.
const HISTOGRAM: &str = "http_request_duration_seconds";
/// The series that carry that histogram.
const BUCKETS: &str = "http_request_duration_seconds_bucket";
