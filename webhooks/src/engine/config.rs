//! What an engine is started with.

use haldane_clock::Clock;
use haldane_core::history::PastIncrement;
use haldane_core::increment::Region;
use haldane_core::policy::{Policy, Sources};
use haldane_store::Store;
use std::time::Duration;

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
    /// An invented past, for a demo.
    pub synthetic: Vec<SyntheticPast>,
}

/// How sources are read, in real time and real bytes.
#[derive(Clone, Copy, Debug)]
pub struct ScrapeSettings {
    /// Per request.
    pub deadline: Duration,
    /// The longest answer that is read.
    pub max_body_bytes: u64,
    /// Whether to poll at all; tests that bring their own increments do not.
    pub enabled: bool,
}

impl Default for ScrapeSettings {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(5), max_body_bytes: 8 * 1024 * 1024, enabled: true }
    }
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
