//! A faithful, small model of Flagger 1.44's scheduler, for the demo and the tests.
//!
//! It covers one strategy, the weighted canary by `stepWeights`, and calls real webhooks over HTTP, so that what
//! is tested is an answer's *effect*: weight, failed checks and phase. The order inside a tick, the phases in the
//! payloads, what becomes of an answer's body and the quirks of the status are Flagger's, because a gate must live
//! with them. Left out: metrics, mirroring, iterations (blue/green, A/B), `stepWeightPromotion`, autoscalers,
//! alerts, TLS, and the installation before the phase `Initialized`.
//!
//! ```text
//! Cluster   what the API server would hold: the Canary's spec, the target's revision, pods' health, routes (Live)
//! Flagger   the controller: its status, one `tick` at a time, or `run` on a clock
//! Tick      one pass through the scheduler, step by step, in Flagger's order
//! ```

mod checksum;
mod client;
mod cluster;
mod events;
mod flagger;
mod gauges;
mod hooks;
mod live;
mod phase;
mod plain;
mod report;
mod run;
mod spec;
mod status;
mod steps;
mod tick;
mod webhook;

pub use checksum::checksum;
pub use client::HookFailure;
pub use cluster::{Cluster, Health};
pub use events::{Event, EventType};
pub use flagger::Flagger;
pub use live::Live;
pub use phase::Phase;
pub use plain::plain_http;
pub use report::{HookCall, TickReport};
pub use spec::CanarySpec;
pub use status::Status;
pub use webhook::{HookKind, Webhook};
