//! One poller per region: it ticks on the grid that all regions share, and one region's trouble is its own.

use super::config::EngineConfig;
use super::handle::Service;
use haldane_clock::Clock;
use haldane_core::increment::Region;
use haldane_core::plan;
use haldane_core::policy::{Policy, Source};
use haldane_core::signal::Signal;
use haldane_core::time::Span;
use haldane_signals::next_poll;
use haldane_signals::scrape::{RegionScraper, ScrapeConfig};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Starts polling `region`; an error is a sentence about its sources.
pub(super) fn start(
    config: &EngineConfig,
    policy: &Policy,
    region: &Region,
    source: &Source,
    service: Service,
    mut stop: watch::Receiver<bool>,
) -> Result<JoinHandle<()>, String> {
    let Source::Scrape(targets) = source else {
        return Err("this version reads pods' pages only".to_owned());
    };
    let latency = policy.gates.iter().find(|g| g.signal == Signal::P99Latency);
    let scrape = ScrapeConfig {
        canary: targets.canary.clone(),
        primary: targets.primary.clone(),
        latency_limit_ms: latency.and_then(|g| policy.limit_in(region, g)),
        signals: policy.gates.iter().map(|g| g.signal).collect(),
        bin: policy.bin(),
        deadline: config.scrape.deadline,
        max_body_bytes: config.scrape.max_body_bytes,
        ..ScrapeConfig::new(region.clone())
    };
    let scraper = RegionScraper::new(scrape).map_err(|e| e.to_string())?;
    let (region, interval) = (region.clone(), policy.scrape_interval);
    let poll = poll(scraper, region, interval, config.clock.clone(), service);
    Ok(tokio::spawn(async move {
        tokio::select! {
            () = poll => {}
            _ = stop.wait_for(|stopped| *stopped) => {}
        }
    }))
}

async fn poll(mut scraper: RegionScraper, region: Region, interval: Span, clock: Clock, service: Service) {
    loop {
        clock.sleep_until(next_poll(clock.now(), interval)).await;
        let arms = plan::arms(&service.published().state, &region);
        // The grid's instant, not the late one at which this task woke: else every other increment would miss its bin.
        let as_of = clock.now().aligned(interval);
        if let Some(increment) = scraper.poll(as_of, arms).await {
            service.ingest(increment).await;
        }
    }
}
