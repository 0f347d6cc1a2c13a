//! One region's pages, counted into increments: everything behind the network, without it.
//!
//! Pages are strangers' bytes, so what reads them is apart from what fetches them, and can be fed with any.

use super::arm::{ArmReader, ArmView};
use super::beyond::Beyond;
use super::config::{ConfigError, ScrapeConfig};
use super::discovery::Found;
use super::pod::{Page, look, missing};
use super::target::Target;
use crate::counting::cut::{Cut, Shown, Totals};
use crate::counting::edges::{self, Odd};
use crate::counting::family::Fault;
use crate::counting::tally::Tally;
use crate::further::counted;
use crate::guards::{GuardProbe, Plan};
use haldane_core::guard::Watched;
use haldane_core::increment::{Arm, Arms, Increment, Missing, Reading, Region};
use haldane_core::signal::{Kind, Signal};
use haldane_core::time::{Span, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Counts the pages of one region's pods into increments.
pub struct PageCounter {
    region: Region,
    canary: ArmReader,
    primary: ArmReader,
    limit_ms: Option<f64>,
    bin: Span,
    cuts: BTreeMap<Signal, Cut>,
    /// Where the present bin began, and the arms that it is for.
    bin_start: Option<(Timestamp, Arms)>,
    beyond: Beyond,
}

/// What every pod of an arm answered, in the order of [`PageCounter::asked`]: its page, or why there is none.
pub type Bodies = BTreeMap<Arm, Vec<Result<Vec<u8>, Missing>>>;

/// The pages of the arms that were asked for, read.
pub(super) type Pages = BTreeMap<Arm, Vec<Page>>;

/// What the arms that were asked for showed at one poll.
type Views = BTreeMap<Arm, ArmView>;

impl PageCounter {
    /// A counter that has seen no page yet.
    ///
    /// # Errors
    ///
    /// When a target is no `http://` URL, or p99-latency lacks its limit.
    pub fn new(config: &ScrapeConfig) -> Result<Self, ConfigError> {
        let limit_ms = config.limit_ms()?;
        let arm = |arm| Ok::<_, ConfigError>(ArmReader::new(arm, config.roll(arm)?, limit_ms));
        Ok(Self {
            canary: arm(Arm::Canary)?,
            primary: arm(Arm::Primary)?,
            limit_ms,
            bin: config.bin.max(Span::from_us(1)),
            cuts: counted(&config.signals, &config.further)
                .into_iter()
                .map(|signal| (signal, Cut::default()))
                .collect(),
            bin_start: None,
            beyond: Beyond::new(config)?,
            region: config.region.clone(),
        })
    }

    /// Takes in which pods `arm` has as of `at`, or why that cannot be told; `bodies` are in the order of
    /// [`PageCounter::asked`] from then on.
    pub fn retarget(&mut self, arm: Arm, at: Timestamp, found: Result<Found, Missing>) {
        self.arm_mut(arm).retarget(at, found);
    }

    /// The pages of `arm` that are asked for, as URLs.
    pub fn asked(&self, arm: Arm) -> Vec<String> {
        self.addresses(arm).map(|target| target.url.to_string()).collect()
    }

    /// Takes in what every pod of `arms` answered at the instant `as_of`. A pod without an answer in `bodies` has none.
    ///
    /// Gives an increment when a whole bin has passed since the last one (the first poll gives one at once), with
    /// each signal counted since its own last cut or missing.
    ///
    /// Other arms than at the last poll begin a new bin and drop what was counted in the old one: an arm that joins
    /// has no past to compare with, and one increment must cover the same interval in both arms. So does a time
    /// that went back: between such instants no length can be told.
    pub fn count(&mut self, as_of: Timestamp, arms: Arms, mut bodies: Bodies) -> Option<Increment> {
        let asked = [Arm::Canary, Arm::Primary].into_iter().filter(|arm| arms.include(*arm));
        let read = |arm: Arm| {
            let mut answers = bodies.remove(&arm).unwrap_or_default().into_iter();
            let page = |target: &Target| {
                let unasked = || Missing::Unreachable {
                    arm,
                    target: target.name.clone(),
                    detail: "nobody asked it".to_owned(),
                };
                look(arm, target, answers.next().unwrap_or_else(|| Err(unasked())), self.further())
            };
            (arm, self.addresses(arm).map(page).collect())
        };
        let pages = asked.map(read).collect();
        self.take(as_of, arms, pages)
    }

    /// With the guards of the region, read from the same pages.
    pub fn guarding(mut self, plan: Plan) -> Self {
        self.beyond.guard(plan);
        self
    }

    /// What each guard sees on the pages that were taken in, as of `as_of`.
    pub fn guards(&self, as_of: Timestamp) -> Vec<Watched> {
        self.beyond.guards(as_of)
    }

    /// The same, with what was asked for it.
    pub fn probe_guards(&self, as_of: Timestamp) -> Vec<GuardProbe> {
        self.beyond.probe_guards(as_of)
    }

    /// The metrics that further signals and guards are read from.
    pub(super) const fn further(&self) -> &BTreeSet<String> {
        self.beyond.metrics()
    }

    /// The latency above which a request is slow, in milliseconds, where p99-latency is asked for.
    pub(super) const fn limit_ms(&self) -> Option<f64> {
        self.limit_ms
    }

    /// Why it cannot be told which pods `arm` has.
    pub(super) const fn lost(&self, arm: Arm) -> Option<&Missing> {
        self.arm(arm).lost()
    }

    /// The pods of `arm` that are asked.
    pub(super) fn addresses(&self, arm: Arm) -> impl Iterator<Item = &Target> {
        self.arm(arm).addresses()
    }

    /// [`PageCounter::count`] for pages that have been read.
    pub(super) fn take(&mut self, as_of: Timestamp, arms: Arms, mut pages: Pages) -> Option<Increment> {
        self.note(as_of, arms, &mut pages);
        let views = pages.into_iter().map(|(arm, pages)| (arm, self.arm_mut(arm).take(pages))).collect();
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
        let canary_pods = self.canary_pods(&signals);
        let targets = |arm| if arms.include(arm) { self.arm(arm).targets() } else { 0 };
        let (canary_targets, primary_targets) = (targets(Arm::Canary), targets(Arm::Primary));
        if !is_due {
            return None;
        }
        let mut increment = Increment {
            region: self.region.clone(),
            as_of,
            arms,
            canary_targets,
            primary_targets,
            canary_restarts: std::mem::take(&mut self.canary.restarts),
            canary_pods,
            signals,
        };
        self.beyond.read(arms, &mut increment);
        Some(increment)
    }

    /// Keeps what pages say of further signals.
    fn note(&mut self, as_of: Timestamp, arms: Arms, pages: &mut Pages) {
        self.beyond.begin(as_of, arms);
        for (arm, pages) in pages {
            let names: Vec<String> = self.arm(*arm).addresses().map(|t| t.name.clone()).collect();
            for (name, page) in names.iter().zip(pages) {
                self.beyond.note(*arm, name, as_of, page);
            }
        }
    }

    /// Whose bad events the counted signals of the canary are. A signal that is missing keeps them for its next cut.
    fn canary_pods(
        &mut self,
        signals: &BTreeMap<Signal, Reading>,
    ) -> BTreeMap<Signal, BTreeMap<String, f64>> {
        let mut pods = BTreeMap::new();
        for (latency, of) in [(true, &mut self.canary.slow), (false, &mut self.canary.failed)] {
            let family = signals.iter().filter(|(s, _)| (s.kind() == Kind::Latency) == latency);
            pods.extend(of.share_out(family));
        }
        pods
    }

    const fn arm(&self, arm: Arm) -> &ArmReader {
        match arm {
            Arm::Canary => &self.canary,
            Arm::Primary => &self.primary,
        }
    }

    const fn arm_mut(&mut self, arm: Arm) -> &mut ArmReader {
        match arm {
            Arm::Canary => &mut self.canary,
            Arm::Primary => &mut self.primary,
        }
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
            Kind::Ratio | Kind::Rate | Kind::Gauge | Kind::Place => view.requests.clone(),
        };
        if let Some(why) = views.values().find_map(fault) {
            return Err(why);
        }
        if let Some(why) = self.shared(views) {
            return Err(why);
        }
        let totals = views.keys().map(|arm| (*arm, self.totals(signal, *arm))).collect::<Totals>();
        let edges = match signal.kind() {
            Kind::Latency => common_edges(views)?,
            Kind::Ratio | Kind::Rate | Kind::Gauge | Kind::Place => None,
        };
        Ok(Shown { totals, edges })
    }

    /// A pod that is in both arms would be compared with itself.
    fn shared(&self, views: &Views) -> Option<Missing> {
        if views.len() < 2 {
            return None;
        }
        let primary: BTreeMap<&str, &Target> =
            self.addresses(Arm::Primary).map(|t| (t.url.as_str(), t)).collect();
        let twin =
            |canary: &Target| Some((canary.name.clone(), primary.get(canary.url.as_str())?.name.clone()));
        let (canary, primary) = self.addresses(Arm::Canary).find_map(twin)?;
        Some(Missing::InBothArms { canary, primary })
    }

    const fn totals(&self, signal: Signal, arm: Arm) -> Tally {
        let reader = self.arm(arm);
        match signal.kind() {
            Kind::Latency => reader.durations,
            Kind::Ratio | Kind::Rate | Kind::Gauge | Kind::Place => reader.requests,
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
