//! One region's scraper: polls its pods and cuts increments.

use super::arm::{ArmReader, ArmView};
use super::config::{ConfigError, ScrapeConfig};
use super::fetch::Fetcher;
use super::pod::missing;
use crate::counting::cut::{Cut, Shown, Totals};
use crate::counting::edges::{self, Odd};
use crate::counting::family::Fault;
use futures_util::future;
use haldane_core::increment::{Arm, Arms, Counts, Increment, Missing, Reading, Region};
use haldane_core::signal::{Kind, Signal};
use haldane_core::time::{Span, Timestamp};
use std::collections::BTreeMap;

/// Reads the pods of one region into increments.
pub struct RegionScraper {
    region: Region,
    pub(super) fetcher: Fetcher,
    pub(super) canary: ArmReader,
    pub(super) primary: ArmReader,
    pub(super) limit_ms: Option<f64>,
    bin: Span,
    cuts: BTreeMap<Signal, Cut>,
    /// Where the present bin began, and the arms that it is for.
    bin_start: Option<(Timestamp, Arms)>,
}

/// What the arms that were asked for showed at one poll.
type Views = BTreeMap<Arm, ArmView>;

impl RegionScraper {
    /// A scraper that has not looked yet.
    ///
    /// # Errors
    ///
    /// When a target is no `http://` URL, p99-latency lacks its limit, or the HTTP client cannot be made.
    pub fn new(config: ScrapeConfig) -> Result<Self, ConfigError> {
        let limit_ms = config.limit_ms()?;
        let arm = |arm| Ok::<_, ConfigError>(ArmReader::new(arm, config.targets(arm)?, limit_ms));
        Ok(Self {
            fetcher: Fetcher::new(config.deadline, config.max_body_bytes)?,
            canary: arm(Arm::Canary)?,
            primary: arm(Arm::Primary)?,
            limit_ms,
            bin: config.bin.max(Span::from_us(1)),
            cuts: config.signals.iter().map(|signal| (*signal, Cut::default())).collect(),
            bin_start: None,
            region: config.region,
        })
    }

    /// Asks every pod of `arms` once, at the same time, as of the instant `as_of`.
    ///
    /// Gives an increment when a whole bin has passed since the last one (the first poll gives one at once), with
    /// each signal counted since its own last cut or missing. Takes up to the deadline of the configuration.
    ///
    /// Other arms than at the last poll begin a new bin and drop what was counted in the old one: an arm that joins
    /// has no past to compare with, and one increment must cover the same interval in both arms. So does a time
    /// that went back: between such instants no length can be told.
    pub async fn poll(&mut self, as_of: Timestamp, arms: Arms) -> Option<Increment> {
        let views = self.look(arms).await;
        let is_due = self.bin_start.is_none_or(|(start, _)| as_of - start >= self.bin);
        if self.bin_start.is_none_or(|(start, begun_for)| begun_for != arms || as_of < start) {
            self.cuts.values_mut().for_each(Cut::drop_interval);
        } else if !is_due {
            self.hold_edges(&views);
            return None;
        }
        self.hold_edges(&views);
        self.bin_start = Some((as_of, arms));
        let signals = self.read(as_of, &views);
        let canary_targets = if arms.include(Arm::Canary) { self.canary.targets() } else { 0 };
        is_due.then(|| Increment {
            region: self.region.clone(),
            as_of,
            arms,
            canary_targets,
            canary_restarts: std::mem::take(&mut self.canary.restarts),
            signals,
        })
    }

    async fn look(&mut self, arms: Arms) -> Views {
        let Self { fetcher, canary, primary, .. } = self;
        let poll = async |reader: &mut ArmReader, arm: Arm| {
            if arms.include(arm) { Some((arm, reader.poll(fetcher).await)) } else { None }
        };
        let (canary, primary) = future::join(poll(canary, Arm::Canary), poll(primary, Arm::Primary)).await;
        canary.into_iter().chain(primary).collect()
    }

    fn hold_edges(&mut self, views: &Views) {
        let cuts = self.cuts.iter_mut().filter(|(signal, _)| signal.kind() == Kind::Latency);
        for (_, cut) in cuts {
            views.values().flat_map(|view| &view.edges).for_each(|(_, edges)| cut.hold_edges(edges));
        }
    }

    fn read(&mut self, as_of: Timestamp, views: &Views) -> BTreeMap<Signal, Reading> {
        let mut readings = BTreeMap::new();
        for signal in self.cuts.keys().copied().collect::<Vec<_>>() {
            let reading = match (self.shown(signal, views), self.cuts.get_mut(&signal)) {
                (Ok(shown), Some(cut)) => cut.take(as_of, shown, self.limit_ms),
                (Ok(_), None) => continue,
                (Err(why), _) => {
                    tracing::debug!(region = %self.region, %signal, %why, "not counted");
                    Reading::Missing(why)
                }
            };
            readings.insert(signal, reading);
        }
        readings
    }

    /// What `signal` shows in every arm that was asked for, or why it cannot be counted now.
    fn shown(&self, signal: Signal, views: &Views) -> Result<Shown, Missing> {
        let fault = |view: &ArmView| match signal.kind() {
            Kind::Latency => view.durations.clone(),
            Kind::Ratio | Kind::Rate => view.requests.clone(),
        };
        if let Some(why) = views.values().find_map(fault) {
            return Err(why);
        }
        let totals = views.keys().map(|arm| (*arm, self.totals(signal, *arm))).collect::<Totals>();
        let edges = match signal.kind() {
            Kind::Latency => common_edges(views)?,
            Kind::Ratio | Kind::Rate => None,
        };
        Ok(Shown { totals, edges })
    }

    const fn totals(&self, signal: Signal, arm: Arm) -> Counts {
        let reader = match arm {
            Arm::Canary => &self.canary,
            Arm::Primary => &self.primary,
        };
        match signal.kind() {
            Kind::Latency => reader.durations,
            Kind::Ratio | Kind::Rate => reader.requests,
        }
    }
}

/// The edges that all pods share: the primary's, if it was asked, are what the others are held to.
fn common_edges(views: &Views) -> Result<Option<Vec<f64>>, Missing> {
    let pods = views.iter().rev().flat_map(|(arm, view)| view.edges.iter().map(move |at| (*arm, at)));
    let shared = edges::common(pods.map(|(arm, (target, edges))| ((arm, target), edges.as_slice())));
    shared.map_err(|Odd { odd: (arm, target), first: (_, first) }| {
        missing(arm, target, Fault::Histogram { detail: edges::other_than(&first.name) })
    })
}
