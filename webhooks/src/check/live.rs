//! Every query of a policy, asked once, all regions at the same time.

use super::findings::RegionFindings;
use super::{guards, pages, prometheus};
use crate::sources::{self, RegionSource, ScrapeSettings, own};
use futures_util::future::join_all;
use haldane_clock::Clock;
use haldane_core::increment::{Arms, Region};
use haldane_core::policy::{Policy, Sources};
use haldane_core::time::Span;
use haldane_signals::prometheus::hub::Hubs;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Silence that is taken for a hang.
const QUIET: Span = Span::from_s(2);

/// The regions' sources as `haldane serve` would make them, in the policy's order.
///
/// # Errors
///
/// A sentence about the first that cannot be asked as the policy says.
pub async fn sources(
    policy: &Policy,
    sources: &Sources,
    settings: ScrapeSettings,
    clock: &Clock,
) -> Result<Vec<(Region, RegionSource)>, String> {
    let hubs = Hubs::new(clock.clone());
    let named = policy.regions.iter().filter_map(|r| Some((&r.name, sources.metrics.get(&r.name)?)));
    let mut all = Vec::new();
    for (region, source) in named {
        let own = own(policy, sources, region).await;
        let guards = sources::guards(policy, sources, region, source);
        let made =
            own.and_then(|own| RegionSource::new(policy, region, source, settings, clock, &hubs, &own));
        let made = made.and_then(|made| Ok(made.guarding(guards?)));
        all.push((region.clone(), made.map_err(|problem| format!("region {region}: {problem}"))?));
    }
    Ok(all)
}

/// What each source says now. `tell` hears every two seconds who has not answered yet.
pub async fn live(
    policy: &Policy,
    sources: Vec<(Region, RegionSource)>,
    clock: &Clock,
    tell: impl Fn(&str),
) -> Vec<RegionFindings> {
    let waiting: RefCell<BTreeSet<Region>> = RefCell::new(sources.iter().map(|(r, _)| r.clone()).collect());
    let asked = sources.into_iter().map(async |(region, source)| {
        let found = ask(policy, &region, source, clock).await;
        waiting.borrow_mut().remove(&region);
        found
    });
    let progress = async {
        loop {
            clock.sleep(QUIET).await;
            let names: Vec<String> = waiting.borrow().iter().map(ToString::to_string).collect();
            tell(&format!("still asking the source of {}", names.join(", ")));
        }
    };
    tokio::select! {
        found = join_all(asked) => found,
        () = progress => Vec::new(),
    }
}

async fn ask(policy: &Policy, region: &Region, source: RegionSource, clock: &Clock) -> RegionFindings {
    match source {
        RegionSource::Prometheus(source) => {
            let report = source.probe(clock.now()).await;
            let mut found = prometheus::findings(region, policy, &report);
            found.findings.extend(guards::findings(&report.guards));
            found
        }
        RegionSource::Scrape(mut scraper) => {
            let arms = scraper.probe(clock.now()).await;
            let asked = if arms.iter().any(pages::is_gone) { Arms::PrimaryOnly } else { Arms::Both };
            let now = clock.now();
            let first = scraper.poll(now, asked).await;
            let mut found = pages::findings(region, &arms, first.as_ref());
            found.findings.extend(guards::findings(&scraper.probe_guards(now)));
            found
        }
    }
}
