//! A region of real parts on loopback, for tests that must not rest on our own model of the world.
//!
//! Users' requests go through a real HAProxy, which splits them by weight between real processes; a real Prometheus
//! scrapes those; the model of Flagger moves the weights. Nothing here knows Haldane. It answers what a simulation
//! cannot: whether counts survive scrapes, restarts and replacement as we think they do.
//!
//! ```text
//! Load ──► Proxy ──► pods of the canary  ◄── Prometheus ◄── Haldane
//!            │  └──► pods of the primary ◄──┘
//!            └ weights, pods ◄── follow(Live) ◄── the model of Flagger
//! ```
//!
//! Everything is killed with the [`World`]; see `leash.rs` for how. Instants are the machine's: nothing is faster
//! than real time here. Programs that are missing are an error that says how to get them, never a skipped test.

mod arm;
mod config;
mod cost;
mod error;
mod fleet;
mod follow;
mod history;
mod http;
mod itself;
mod leash;
mod load;
mod part;
pub mod parts;
mod port;
pub mod programs;
mod prometheus;
mod proxy;
pub mod service;
mod wait;
mod world;

pub use arm::Arm;
pub use config::WorldConfig;
pub use error::WorldError;
pub use fleet::PodInfo;
pub use history::History;
pub use itself::become_a_pod_if_asked;
pub use load::{Load, LoadReport};
pub use prometheus::{Prometheus, Sample};
pub use proxy::Proxy;
pub use service::{Behaviour, MetricsAnswer, Truth};
pub use wait::until;
pub use world::World;
