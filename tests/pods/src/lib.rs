//! Simulated pods of one region, for tests and the demo.
//!
//! Two halves that can be used apart. [`ArrivalModel`] is pure: from a seed and the changes of routing it counts
//! requests, errors and durations second by second, so that a test can ask for ten days of traffic without a
//! socket. [`RegionPods`] puts it behind real listeners on loopback, one per pod, so that what reads `/metrics`
//! meets refused connections, restarts and vanished metrics as it would in a cluster.

mod arm;
mod arm_state;
mod behaviour;
mod beyond;
mod buckets;
mod change;
mod config;
mod counts;
mod draw;
mod exposition;
mod faults;
mod history;
mod latency;
mod listener;
mod model;
mod place;
mod pod;
mod region;
mod region_pods;
mod scenario;

pub use arm::Arm;
pub use behaviour::{Behaviour, Errors, Metrics};
pub use buckets::EDGES_S;
pub use change::Change;
pub use config::{ModelConfig, RegionConfig, Traffic};
pub use counts::Counts;
pub use faults::{Episode, Faults, Moment, Onset};
pub use history::{HistoryBin, HistoryError, HistoryWindow, history};
pub use model::ArrivalModel;
pub use place::Place;
pub use pod::Pod;
pub use region_pods::RegionPods;
pub use scenario::{Scenario, UnknownScenario};
