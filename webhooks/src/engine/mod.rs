//! The engine: one keeper per service owns its state; pollers and hooks send to it, readers see what it published.
//!
//! ```text
//! poller (one per region) ─► keeper: fold ─► store ─► publish ─► hooks, pages, API
//! hook that tells or gives something ─┤
//! person who orders something ────────┤
//! observer (one per region's cluster) ┘
//! ```
//!
//! Nothing is published before it is in the store. A hook that neither tells nor gives anything is answered from
//! what is published, without waiting for anybody.

mod config;
mod handle;
mod health;
mod intent;
mod keeper;
mod notices;
mod observe;
mod opening;
mod orders;
mod past;
mod poller;
mod record;
mod respond;
mod sighted;
mod start;

pub use crate::sources::ScrapeSettings;
pub use config::{EngineConfig, SyntheticPast};
pub use handle::{Published, Service};
pub use orders::{NotOrdered, Stands};
pub use respond::Answered;
pub use start::{Engine, StartError};

pub(crate) use record::digest;
