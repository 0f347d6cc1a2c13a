//! A region's guards: what they ask there, and what they see at each poll.

use super::{RegionSource, further};
use haldane_core::guard::Watched;
use haldane_core::increment::{Arms, Increment, Region};
use haldane_core::policy::{Policy, Source, Sources};
use haldane_core::time::Timestamp;
use haldane_signals::guards::Plan;

/// What the guards of `policy` ask in `region`; an error is a sentence about what to mend.
///
/// # Errors
///
/// A guard's query that cannot be asked, or none where one is needed.
pub fn guards(policy: &Policy, sources: &Sources, region: &Region, source: &Source) -> Result<Plan, String> {
    let pages;
    let source = match source {
        Source::Scrape(_) => {
            pages = further::of_pages(policy, region);
            &pages
        }
        Source::Prometheus(source) => source.as_ref(),
    };
    Plan::new(policy.guards_in(region), &sources.guards, source).map_err(|e| e.to_string())
}

impl RegionSource {
    /// The same, with the guards of the region.
    pub fn guarding(self, plan: Plan) -> Self {
        match self {
            Self::Scrape(scraper) => Self::Scrape(Box::new(scraper.guarding(plan))),
            Self::Prometheus(prometheus) => Self::Prometheus(Box::new(prometheus.guarding(plan))),
        }
    }

    /// [`RegionSource::poll`], and what each guard sees as of `as_of`: a Prometheus is asked for both at the same time and neither
    /// waits for the other, and of pods the same pages are read. A guard `health` is unknown here: its probes are asked
    /// beside this.
    pub async fn look(&mut self, as_of: Timestamp, arms: Arms) -> (Option<Increment>, Vec<Watched>) {
        match self {
            Self::Scrape(scraper) => {
                let increment = scraper.poll(as_of, arms).await;
                (increment, scraper.guards(as_of))
            }
            Self::Prometheus(prometheus) => prometheus.look(as_of, arms).await,
        }
    }
}
