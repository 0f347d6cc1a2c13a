//! HTTP: hooks for Flagger, the API and pages for people, health for the platform. No route answers for another, no
//! redirects: to Flagger anything up to 202 is a yes.
//!
//! ```text
//! listen (room, deadlines, tls) ─► server (routes) ─► credentials ─► hooks: payload ─► budget ─► engine
//! ```

mod budget;
mod credentials;
mod edge;
mod freezes;
mod gates;
mod health;
mod hooks;
mod listen;
mod metrics;
mod orders;
mod pages;
mod releases;
mod rollouts;
mod server;
mod services;
mod tls;
mod wire;

pub use edge::{Edge, Limits};
pub use freezes::FreezeAsked;
pub use metrics::Metrics;
pub use orders::{Asked, Word};
pub use server::{App, Server, routes};
pub use services::FrozenNow;
pub use tls::{Tls, TlsError};
