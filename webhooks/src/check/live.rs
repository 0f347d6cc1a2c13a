//! Every query of a policy, asked once, all regions at the same time.

use super::findings::{Finding, RegionFindings};
use crate::sources::{RegionSource, ScrapeSettings};
use futures_util::future::join_all;
use haldane_clock::Clock;
use haldane_core::increment::{Arms, Region};
use haldane_core::policy::{Policy, Source, Sources};
use std::fmt::Write as _;

/// What each region's source says now, in the policy's order.
///
/// # Errors
///
/// A sentence when a source cannot be asked as the policy says.
pub async fn live(
    policy: &Policy,
    sources: &Sources,
    settings: ScrapeSettings,
    clock: &Clock,
) -> Result<Vec<RegionFindings>, String> {
    let asked = policy.regions.iter().filter_map(|r| Some((&r.name, sources.get(&r.name)?)));
    let asked = asked.map(|(region, source)| ask(policy, region, source, settings, clock));
    join_all(asked).await.into_iter().collect()
}

async fn ask(
    policy: &Policy,
    region: &Region,
    source: &Source,
    settings: ScrapeSettings,
    clock: &Clock,
) -> Result<RegionFindings, String> {
    let source = RegionSource::new(policy, region, source, settings, clock);
    match source.map_err(|problem| format!("{region}: {problem}"))? {
        RegionSource::Prometheus(prometheus) => {
            let probe = prometheus.probe(clock.now()).await;
            Ok(RegionFindings::of_prometheus(region, policy, probe))
        }
        RegionSource::Scrape(mut scraper) => {
            let first = scraper.poll(clock.now(), Arms::Both).await;
            Ok(RegionFindings::of_pages(region, first.as_ref()))
        }
    }
}

/// The findings as lines of text. Writing to a String cannot fail, so its results are dropped.
pub fn text(regions: &[RegionFindings]) -> String {
    let mut text = String::new();
    for region in regions {
        let _ = writeln!(text, "{}", region.region);
        for finding in &region.findings {
            match finding {
                Finding::Well { what, says } => drop(writeln!(text, "  ok     {what:<18} {says}")),
                Finding::Note { what, says } => drop(writeln!(text, "  note   {what:<18} {says}")),
                Finding::Wrong { what, says, query } => {
                    let _ = writeln!(text, "  WRONG  {what:<18} {says}");
                    if let Some(query) = query {
                        let _ = writeln!(text, "         paste into its own page: {query}");
                    }
                }
            }
        }
    }
    text
}
