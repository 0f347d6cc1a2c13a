//! One poller per region: it ticks on the grid that all regions share, and one region's trouble is its own.

use super::config::EngineConfig;
use super::guarded::gathered;
use super::handle::Service;
use super::health::Health;
use super::past::REACH;
use crate::sources::{RegionSource, guards, own};
use futures_util::future::join;
use haldane_clock::Clock;
use haldane_core::guard::{Guard, Watch};
use haldane_core::increment::{Arms, Reading, Region};
use haldane_core::plan;
use haldane_core::policy::{Policy, Source, Sources};
use haldane_core::signal::Signal;
use haldane_core::time::{Span, Timestamp};
use haldane_signals::next_poll;
use haldane_signals::prometheus::hub::Hubs;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Starts polling `region`; an error is a sentence about its source.
pub(super) async fn start(
    config: &EngineConfig,
    policy: &Policy,
    (region, source): (&Region, &Source),
    sources: &Sources,
    hubs: &Hubs,
    service: Service,
    mut stop: watch::Receiver<bool>,
) -> Result<JoinHandle<()>, String> {
    let own = own(policy, sources, region).await?;
    let plan = guards(policy, sources, region, source)?;
    let source = RegionSource::new(policy, region, source, config.scrape, &config.clock, hubs, &own)?;
    let source = source.guarding(plan);
    let health = Health::of(policy, sources, region, &config.clock)?;
    let (region, interval) = (region.clone(), policy.scrape_interval);
    let asked = Asked { source, health, guards: policy.guards_in(&region) };
    let poll = poll(asked, region, interval, config.clock.clone(), service);
    Ok(tokio::spawn(async move {
        tokio::select! {
            () = poll => {}
            _ = stop.wait_for(|stopped| *stopped) => {}
        }
    }))
}

/// What is asked at every tick.
struct Asked {
    source: RegionSource,
    health: Option<Health>,
    guards: Vec<Guard>,
}

async fn poll(asked: Asked, region: Region, interval: Span, clock: Clock, service: Service) {
    let Asked { mut source, health, guards } = asked;
    let now = clock.now();
    let since = service.past_ends(&region, now).await.unwrap_or(now - REACH);
    let mut owed = Owed { since, until: now, tries: TRIES };
    owed.remember(&source, &region, &service).await;
    loop {
        clock.sleep_until(next_poll(clock.now(), interval)).await;
        let arms = plan::arms(&service.published().state, &region);
        // The grid's instant, not the late one at which this task woke: else every other increment would miss its bin.
        let as_of = clock.now().aligned(interval);
        let ((polled, read), probed) = join(source.look(as_of, arms), Health::ask(health.as_ref())).await;
        // At every tick, also where nothing could be counted: a region in trouble is what guards are about.
        let seen = gathered(&guards, &read, probed.as_ref());
        service.guarded(Watch { region: region.clone(), as_of, guards: seen }).await;
        if let Some(mut increment) = polled {
            let health = probed.and_then(|probed| probed.reading());
            increment.signals.extend(health.map(|reading| (Signal::Health, reading)));
            let answers = increment.signals.values().any(|r| matches!(r, Reading::Counted { .. }));
            service.ingest(increment).await;
            // Never in a rollout: its history is settled, and its polls must not wait for a long question.
            if answers && arms == Arms::PrimaryOnly {
                owed.remember(&source, &region, &service).await;
            }
        }
    }
}

/// How often the source is asked for its past. What it cannot tell then, it never will, and polls have to go on.
const TRIES: u8 = 5;

/// The past that this process has not seen: so that a rollout need not wait for an hour of polls.
struct Owed {
    since: Timestamp,
    until: Timestamp,
    tries: u8,
}

impl Owed {
    /// Asks the source for it, until it has all been told: at the start, and when the source answers again.
    async fn remember(&mut self, source: &RegionSource, region: &Region, service: &Service) {
        if self.tries == 0 {
            return;
        }
        self.tries -= 1;
        let (past, why) = source.backfill(self.since, self.until).await;
        let increments = past.len();
        if let Some(last) = past.last() {
            self.since = last.as_of;
            // Told when it counts: a rollout that opens from here on has it.
            service.ingest_past(past).await;
            tracing::info!(%region, increments, "the primary's past was read from the source");
        }
        match why {
            None => self.tries = 0,
            Some(why) => {
                tracing::warn!(%region, %why, tries_left = self.tries, "the primary's past cannot be read whole")
            }
        }
    }
}
