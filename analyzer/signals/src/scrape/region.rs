//! One region's scraper: asks its pods all at once, and has their pages counted.

use super::config::{ConfigError, ScrapeConfig};
use super::counter::{PageCounter, Pages};
use super::discovery::{Finder, Found};
use super::fetch::Fetcher;
use super::pod::{Page, look};
use crate::guards::{GuardProbe, Plan};
use futures_util::future::{join, join_all};
use haldane_core::guard::Watched;
use haldane_core::increment::{Arm, Arms, Increment, Missing};
use haldane_core::time::Timestamp;

/// Reads the pods of one region into increments.
pub struct RegionScraper {
    fetcher: Fetcher,
    finders: [(Arm, Finder); 2],
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
        let finder = |arm| (arm, Finder::new(config.discovery(arm).clone(), config.deadline));
        let finders = [finder(Arm::Canary), finder(Arm::Primary)];
        Ok(Self { fetcher: Fetcher::new(config.deadline, config.max_body_bytes)?, finders, counter })
    }

    /// The same, with the guards of the region, read from the pods' pages.
    pub fn guarding(mut self, plan: Plan) -> Self {
        self.counter = self.counter.guarding(plan);
        self
    }

    /// What each guard of the region sees on the pages of the last polls. Nobody is asked for it.
    pub fn guards(&self, as_of: Timestamp) -> Vec<Watched> {
        self.counter.guards(as_of)
    }

    /// The same, with what was asked for it.
    pub fn probe_guards(&self, as_of: Timestamp) -> Vec<GuardProbe> {
        self.counter.probe_guards(as_of)
    }

    /// Finds the pods of `arms` and asks each once, at the same time, as of the instant `as_of`; what follows from their
    /// pages: [`PageCounter::count`]. Takes up to the deadline of the configuration, and where pods have to be found
    /// twice that.
    pub async fn poll(&mut self, as_of: Timestamp, arms: Arms) -> Option<Increment> {
        for (arm, found) in self.find(arms).await {
            self.counter.retarget(arm, as_of, found);
        }
        let pages = self.pages(arms).await;
        self.counter.take(as_of, arms, pages)
    }

    /// Who is there now, of the arms that are not listed.
    pub(super) async fn find(&self, arms: Arms) -> Vec<(Arm, Result<Found, Missing>)> {
        let asked = self.finders.iter().filter(|(arm, _)| arms.include(*arm));
        let found = join_all(asked.map(async |(arm, finder)| Some((*arm, finder.find(*arm).await?)))).await;
        found.into_iter().flatten().collect()
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
