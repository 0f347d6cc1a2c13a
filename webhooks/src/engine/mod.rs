//! The engine: one keeper per service owns its state; pollers and hooks send to it, readers see what it published.
//!
//! ```text
//! poller (one per region) ─► keeper: fold ─► store ─► publish ─► hooks, pages, API
//! hook that tells or gives something ─┤
//! person who orders something ────────┤
//! observer (one per region's cluster) ┘          └─► notify: who has to know is told
//! ```
//!
//! Nothing is published before it is in the store. A hook that neither tells nor gives anything is answered from
//! what is published, without waiting for anybody.

mod called;
mod config;
mod freezes;
mod guarded;
mod handle;
mod health;
mod intent;
mod keeper;
mod notices;
mod notify;
mod observe;
mod opening;
mod orders;
mod past;
mod poller;
mod record;
mod respond;
mod restore;
mod sighted;
mod start;

pub use crate::sources::ScrapeSettings;
pub use called::NotCalled;
pub use config::{EngineConfig, SyntheticPast};
pub use freezes::{FreezeOrder, Freezes, NotFrozen};
pub use handle::{Published, Service};
pub use notify::NotifyCounts;
pub use orders::{NotOrdered, Stands};
pub use respond::Answered;
pub use start::{Engine, StartError};

pub(crate) use record::digest;
