//! One region's scraper: asks its pods all at once, and has their pages counted.

use super::config::{ConfigError, ScrapeConfig};
use super::counter::{PageCounter, Pages};
use super::fetch::Fetcher;
use super::pod::{Page, look};
use futures_util::future::{join, join_all};
use haldane_core::increment::{Arm, Arms, Increment};
use haldane_core::time::Timestamp;

/// Reads the pods of one region into increments.
pub struct RegionScraper {
    fetcher: Fetcher,
    pub(super) counter: PageCounter,
}

impl RegionScraper {
    /// A scraper that has not looked yet.
    ///
    /// # Errors
    ///
    /// When a target is no `http://` URL, p99-latency lacks its limit, or the HTTP client cannot be made.
    pub fn new(config: ScrapeConfig) -> Result<Self, ConfigError> {
        let counter = PageCounter::new(&config)?;
        Ok(Self { fetcher: Fetcher::new(config.deadline, config.max_body_bytes)?, counter })
    }

    /// Asks every pod of `arms` once, at the same time, as of the instant `as_of`; what follows from their pages:
    /// [`PageCounter::count`]. Takes up to the deadline of the configuration.
    pub async fn poll(&mut self, as_of: Timestamp, arms: Arms) -> Option<Increment> {
        let pages = self.pages(arms).await;
        self.counter.take(as_of, arms, pages)
    }

    async fn pages(&self, arms: Arms) -> Pages {
        let asked = async |arm: Arm| {
            if arms.include(arm) { Some((arm, self.pages_of(arm).await)) } else { None }
        };
        let (canary, primary) = join(asked(Arm::Canary), asked(Arm::Primary)).await;
        canary.into_iter().chain(primary).collect()
    }

    /// Each page is read as soon as it is there: its bytes are many times what is kept of it.
    pub(super) async fn pages_of(&self, arm: Arm) -> Vec<Page> {
        let page =
            async |target| look(arm, target, self.fetcher.body(arm, target).await, self.counter.further());
        join_all(self.counter.addresses(arm).map(page)).await
    }
}
