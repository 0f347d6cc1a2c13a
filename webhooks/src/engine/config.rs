//! What an engine is started with.

use crate::sources::ScrapeSettings;
use haldane_clock::Clock;
use haldane_core::history::PastIncrement;
use haldane_core::increment::Region;
use haldane_core::policy::{Policy, Sources};
use haldane_store::Store;

/// Everything that an engine needs.
pub struct EngineConfig {
    /// The policies with their sources; one per service.
    pub policies: Vec<(Policy, Sources)>,
    /// Where everything is recorded.
    pub store: Store,
    /// The time it lives on.
    pub clock: Clock,
    /// How sources are read.
    pub scrape: ScrapeSettings,
    /// Where people reach the report pages, if anybody said so.
    pub public_url: Option<String>,
    /// An invented past, for a demo.
    pub synthetic: Vec<SyntheticPast>,
}

/// One region's invented past, oldest first.
pub struct SyntheticPast {
    /// Whose.
    pub service: String,
    /// Where.
    pub region: Region,
    /// What.
    pub past: Vec<PastIncrement>,
}
