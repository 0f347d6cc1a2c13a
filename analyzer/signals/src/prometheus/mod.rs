//! A Prometheus (or Thanos, Mimir, VictoriaMetrics) as a region's source.
//!
//! ```text
//! hub (all services' questions) ─► client ─► answer (bytes to samples)
//!                          ─► requests, durations (samples to rows) ─► ledger (cuts) ─► Increment
//! ```
//!
//! Raw samples are asked for, never `rate` or `increase`: an instant query of a plain range selector gives every
//! sample with the scrape's own time stamp, each is read once, and differences are taken here. So no event is counted
//! in two overlapping windows, nothing is extrapolated, and a poll that failed loses nothing.
//!
//! What this cannot tell: a process scraped under two instance names that share no pod label, and an address behind
//! which several processes answer in turn (its counters seem to be reset at every scrape). Each target needs an
//! `instance` of its own.

mod answer;
mod backfill;
mod choice;
mod client;
mod config;
mod dialect;
mod durations;
mod gone;
pub mod hub;
mod identity;
mod interval;
mod json;
mod judge;
mod ledger;
mod memory;
mod native;
mod native_json;
mod number;
pub(crate) mod offset;
mod probe;
mod probe_further;
mod reader;
mod recent;
mod refusal;
mod region;
mod requests;
mod samples;
pub(crate) mod secret;
mod selector;
mod sighting;
mod target;
mod twins;
mod vector;
mod warning;

pub use answer::{Matrix, NativeBucket, ResponseFault, Series, read_matrix, read_time};
pub use config::{ArmQueries, Auth, ClientIdentity, LeUnit, PrometheusConfig, RegionQueries};
pub(crate) use durations::durations;
pub(crate) use interval::median;
pub(crate) use judge::Family;
pub(crate) use ledger::{Answers, Ledger, Terms};
pub(crate) use requests::requests;
pub(crate) use selector::{Bad, Selector};

pub use identity::StoreProbe;
pub use probe::{ArmProbe, PastProbe, ProbeReport, QueryProbe};
pub use probe_further::SignalProbe;
pub use recent::Counted;
pub use refusal::ConfigError;
pub use region::PrometheusRegion;
pub use vector::read_vector;
