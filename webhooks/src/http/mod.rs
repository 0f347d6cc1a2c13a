//! HTTP: hooks for Flagger, the API and pages for people, health for the platform. No catch-all route, no redirects:
//! to Flagger anything up to 202 is a yes.

mod gates;
mod health;
mod hooks;
mod metrics;
mod orders;
mod pages;
mod rollouts;
mod server;
mod wire;

pub use metrics::Metrics;
pub use orders::{Asked, Word};
pub use server::{App, Server};
