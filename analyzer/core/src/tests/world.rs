//! A small world for scenarios: sites with traffic and rates, polled on a grid, walked as Flagger would walk them.
//!
//! Counts are their expectations unless the world is given a seed; then bad events are Poisson draws. Expectations
//! are plain to reason about, but where fewer than one event is expected in a poll they tell fraction bettors more
//! than chance ever would: there, give a seed.

use crate::cluster::Strategy;
use crate::fact::{Ending, Entry, Fact, HeardBy, Opened, RolloutId};
use crate::fold::look;
use crate::history::SignalHistory;
use crate::increment::{Arms, Bracket, Counts, Gauged, Increment, Missing, Reading, Region};
use crate::order::{Line, Order, Ordered};
use crate::plan;
use crate::policy::{Gate, Mode, OnInconclusive, Policy, RegionPolicy, Role, Step};
use crate::reason::{Against, Reason};
use crate::report::{Decision, GateLook, Look, RegionLook, Verdict};
use crate::signal::{Kind, Signal};
use crate::state::{Rollout, ServiceState, Stage};
use crate::time::{Span, Timestamp};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Poisson};
use std::collections::BTreeMap;

pub(crate) const EAST: &str = "us-east";
pub(crate) const WEST: &str = "us-west";
pub(crate) const APAC: &str = "apac";
pub(crate) const RELEASE: &str = "v2";
pub(crate) const BIN: Span = Span::from_s(30);

/// Bad events per request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    pub(crate) slow: f64,
    pub(crate) slow_at_most: f64,
    pub(crate) errors: f64,
    pub(crate) http_5xx: f64,
}

/// P99 at 150 ms, .01 % errors, 1.2 responses of 5xx per minute in 1000 requests per second.
pub(crate) const HEALTHY: Rates =
    Rates { slow: 0.0023, slow_at_most: 0.0023, errors: 0.0001, http_5xx: 0.00002 };

impl Rates {
    pub(crate) const fn slow(self, slow: f64) -> Self {
        Self { slow, slow_at_most: slow, ..self }
    }

    pub(crate) const fn errors(self, errors: f64) -> Self {
        Self { errors, ..self }
    }

    fn of(&self, signal: Signal) -> (f64, f64) {
        if signal == Signal::P99Latency {
            (self.slow, self.slow_at_most)
        } else if signal == Signal::Http5xx {
            (self.http_5xx, self.http_5xx)
        } else {
            (self.errors, self.errors)
        }
    }
}

/// Shares of a level's samples that lie beyond a bound; of a place, its level.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shares {
    pub(crate) canary: f64,
    pub(crate) primary: f64,
    pub(crate) worse: f64,
}

/// One region's traffic.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// Requests per second of both arms.
    pub(crate) rps: f64,
    pub(crate) canary: Rates,
    pub(crate) primary: Rates,
    /// The canary's share of the requests, where it is not its weight.
    pub(crate) share: Option<f64>,
    /// Canary processes that are new ones at the next poll.
    pub(crate) restarts: u32,
    /// How the canary's bad events are shared among its pods; empty where pods are not told apart.
    pub(crate) pods: Vec<f64>,
    /// Why nothing can be counted.
    pub(crate) missing: Option<Missing>,
    /// Polls are not even made.
    pub(crate) unpolled: bool,
    pub(crate) bracket: Option<Bracket>,
    /// Levels, by signal: the shares of samples above the limit.
    pub(crate) levels: BTreeMap<Signal, Shares>,
    /// Error logs per request of the canary; the primary writes none.
    pub(crate) canary_logs: f64,
    /// Signals that cannot be read.
    pub(crate) unread: Vec<Signal>,
    /// Levels that nobody asks of the primary: it has no samples, and is quiet.
    pub(crate) unasked: Vec<Signal>,
    /// The end of the last counted interval.
    cut: Timestamp,
}

pub(crate) struct World {
    pub(crate) policy: Policy,
    pub(crate) state: ServiceState,
    pub(crate) entries: Vec<Entry>,
    pub(crate) now: Timestamp,
    pub(crate) look: Look,
    pub(crate) sites: BTreeMap<Region, Site>,
    /// What histories say about the past; absent without history.
    pub(crate) past: Option<Rates>,
    /// How far they say that it wanders.
    pub(crate) drift: Option<f64>,
    rng: Option<ChaCha8Rng>,
}

fn by_pod(reading: &Reading, shares: &[f64]) -> BTreeMap<String, f64> {
    let Reading::Counted { canary: Some(canary), .. } = reading else {
        return BTreeMap::new();
    };
    shares.iter().enumerate().map(|(i, share)| (format!("canary-{i}"), share * canary.bad)).collect()
}

fn levels(since: Timestamp, shares: Shares, arms: Arms) -> Reading {
    let of = |share: f64, worse: f64| Gauged {
        level: share,
        samples: 4.0,
        above: 4.0 * share,
        worse: 4.0 * worse,
    };
    Reading::Gauged {
        since,
        canary: (arms != Arms::PrimaryOnly).then(|| of(shares.canary, shares.worse)),
        primary: (arms != Arms::CanaryOnly).then(|| of(shares.primary, 0.0)),
    }
}

/// The same where the primary is not asked, as of a query without a baseline.
fn unasked(reading: Reading) -> Reading {
    let Reading::Gauged { since, canary, primary: _ } = reading else { return reading };
    let nothing = Gauged { level: 0.0, samples: 0.0, above: 0.0, worse: 0.0 };
    Reading::Gauged { since, canary, primary: Some(nothing) }
}

fn step(weight: u32, observe_min: i64, prove: u8) -> Step {
    let min = Span::from_min;
    let (settle, observe, extend_up_to) = (min(3), min(observe_min), min(observe_min * 3));
    Step { weight, settle, observe, extend_up_to, prove }
}

pub(crate) fn gate(signal: Signal, limit: Option<f64>, tolerate: Option<f64>) -> Gate {
    Gate { signal, limit, tolerate, report_only: false }
}

/// Ann's order, because it is safe.
pub(crate) fn ordered(region: &str, rollout: RolloutId, order: Order) -> Ordered {
    let (by, reason) = (Line::name("ann").unwrap(), Line::reason("it is safe").unwrap());
    Ordered { region: region.into(), rollout, order, by, reason }
}

/// 5 % for 10 minutes, 50 % and 100 % for 5; three gates; one promise of 1 %.
pub(crate) fn policy(regions: &[&str]) -> Policy {
    let region = |name: &&str| RegionPolicy {
        name: Region::from(*name),
        role: Role::Active,
        after: Vec::new(),
        bake: Span::ZERO,
        limits: BTreeMap::new(),
        aims: Default::default(),
    };
    Policy {
        name: "fnp-api".into(),
        service: "fnp/api".into(),
        strategy: Strategy::Canary,
        mode: Mode::Enforce,
        false_rollback: 0.01,
        steps: vec![step(5, 10, 2), step(50, 5, 1), step(100, 5, 1)],
        gates: vec![
            gate(Signal::P99Latency, Some(200.0), Some(1.5)),
            gate(Signal::ErrorRate, Some(0.001), Some(1.5)),
            gate(Signal::Http5xx, Some(5.0), None),
        ],
        on_inconclusive: OnInconclusive::Hold,
        scrape_interval: Span::from_s(15),
        regions: regions.iter().map(region).collect(),
        across: Default::default(),
    }
}

impl World {
    pub(crate) fn new(policy: Policy) -> Self {
        let now = Timestamp::from_s(1_800_000_000);
        let site = |r: &RegionPolicy| {
            let site = Site {
                rps: 1000.0,
                canary: HEALTHY,
                primary: HEALTHY,
                share: None,
                restarts: 0,
                pods: Vec::new(),
                missing: None,
                unpolled: false,
                bracket: None,
                levels: BTreeMap::new(),
                canary_logs: 0.0,
                unread: Vec::new(),
                unasked: Vec::new(),
                cut: now,
            };
            (r.name.clone(), site)
        };
        Self {
            sites: policy.regions.iter().map(site).collect(),
            policy,
            state: ServiceState::default(),
            entries: Vec::new(),
            now,
            look: Look { as_of: now, regions: Vec::new(), releases: Vec::new(), guards: Vec::new() },
            past: Some(HEALTHY),
            drift: None,
            rng: None,
        }
    }

    /// One region at its first step, whose weight was just seen.
    pub(crate) fn at_five_percent() -> Self {
        Self::with_first_step(policy(&[EAST]))
    }

    /// Every region of `policy` at the first step.
    pub(crate) fn with_first_step(policy: Policy) -> Self {
        let mut world = Self::new(policy);
        world.begin();
        world
    }

    /// Every region at the first step, as events tell it.
    pub(crate) fn begin(&mut self) {
        let regions: Vec<Region> = self.sites.keys().cloned().collect();
        for region in regions {
            self.enter(&region.0);
        }
    }

    /// Opens a region's rollout and brings it to the first step.
    pub(crate) fn enter(&mut self, region: &str) {
        self.open(region, Some(RELEASE), HeardBy::ConfirmRollout);
        self.tell(Fact::Admitted { region: region.into() });
        let first = self.policy.steps[0].weight;
        self.weight(region, first);
    }

    pub(crate) fn seeded(mut self, seed: u64) -> Self {
        self.rng = Some(ChaCha8Rng::seed_from_u64(seed));
        self
    }

    pub(crate) fn site(&mut self, region: &str) -> &mut Site {
        self.sites.get_mut(&Region::from(region)).unwrap()
    }

    pub(crate) fn east(&mut self) -> &mut Site {
        self.site(EAST)
    }

    /// Two hours of the primary's past.
    fn history(&self, region: &str) -> BTreeMap<Signal, SignalHistory> {
        let total = self.sites[&Region::from(region)].rps * 7200.0;
        let Some(past) = self.past else {
            return BTreeMap::new();
        };
        let of = |signal: Signal| SignalHistory {
            covers: Span::from_min(120),
            bad: past.of(signal).1 * total,
            total,
            fano: Some(1.0),
            synthetic: false,
            drift: self.drift,
        };
        Signal::CORE.into_iter().map(|s| (s, of(s))).collect()
    }

    pub(crate) fn opened(&self, region: &str, release: Option<&str>, by: HeardBy) -> Opened {
        Opened {
            rollout: RolloutId::mint(&self.policy.service, &region.into(), self.now),
            region: region.into(),
            release: release.map(str::to_owned),
            checksum: None,
            by,
            policy: self.policy.clone(),
            history: self.history(region),
            pooled_fano: BTreeMap::new(),
        }
    }

    pub(crate) fn open(&mut self, region: &str, release: Option<&str>, by: HeardBy) {
        let opened = self.opened(region, release, by);
        self.tell(Fact::Opened(Box::new(opened)));
    }

    /// Ann orders something of the region's current run.
    pub(crate) fn order(&mut self, region: &str, order: Order) {
        let rollout = self.rollout(region).id.clone();
        self.tell(Fact::Ordered(ordered(region, rollout, order)));
    }

    pub(crate) fn weight(&mut self, region: &str, weight: u32) {
        self.tell(Fact::WeightSeen { region: region.into(), weight });
    }

    pub(crate) fn end(&mut self, region: &str, ending: Ending) {
        self.tell(Fact::Ended { region: region.into(), ending });
    }

    /// From the top of the ladder, wherever it was before, and allowed.
    pub(crate) fn promote(&mut self, region: &str) {
        let top = self.policy.steps.last().unwrap().weight;
        self.weight(region, top);
        self.tell(Fact::Permitted { region: region.into(), weight: top });
        self.tell(Fact::PromotionBegan { region: region.into() });
        self.end(region, Ending::Succeeded);
    }

    /// Folds one fact, now.
    pub(crate) fn tell(&mut self, fact: Fact) {
        let entry = Entry { at: self.now, fact };
        let (state, look) = look(std::mem::take(&mut self.state), std::slice::from_ref(&entry), self.now);
        (self.state, self.look) = (state, look);
        self.entries.push(entry);
    }

    /// Judges again without news.
    pub(crate) fn look_at(&mut self, now: Timestamp) {
        self.now = now;
        (self.state, self.look) = look(std::mem::take(&mut self.state), &[], now);
    }

    /// Half a minute passes, and every region that has a rollout is polled.
    pub(crate) fn tick(&mut self) {
        self.now = self.now + BIN;
        let regions: Vec<Region> = self.state.rollouts.keys().cloned().collect();
        for region in regions {
            if !self.sites[&region].unpolled {
                let increment = self.count(&region);
                self.tell(Fact::Polled(increment));
            }
        }
    }

    pub(crate) fn ticks(&mut self, n: usize) {
        (0..n).for_each(|_| self.tick());
    }

    pub(crate) fn minutes(&mut self, n: usize) {
        self.ticks(2 * n);
    }

    /// What a poll of `region` would bring now.
    pub(crate) fn count(&mut self, region: &Region) -> Increment {
        let arms = plan::arms(&self.state, region);
        let signals: Vec<Signal> =
            self.state.rollouts[region].policy.gates.iter().map(|g| g.signal).collect();
        let signals: BTreeMap<Signal, Reading> =
            signals.into_iter().map(|s| (s, self.reading(region, s, arms))).collect();
        let site = self.sites.get_mut(region).unwrap();
        if site.missing.is_none() {
            site.cut = self.now;
        }
        Increment {
            region: region.clone(),
            as_of: self.now,
            arms,
            canary_targets: if site.pods.is_empty() { 2 } else { u32::try_from(site.pods.len()).unwrap() },
            primary_targets: 2,
            canary_restarts: std::mem::take(&mut site.restarts),
            canary_pods: signals.iter().map(|(s, r)| (*s, by_pod(r, &site.pods))).collect(),
            signals,
        }
    }

    fn reading(&mut self, region: &Region, signal: Signal, arms: Arms) -> Reading {
        let site = self.sites[region].clone();
        if let Some(missing) = site.missing {
            return Reading::Missing(missing);
        }
        if site.unread.contains(&signal) {
            return Reading::Missing(Missing::FirstReading);
        }
        let beyond = site.levels.get(&signal).copied().unwrap_or_default();
        match signal.kind() {
            Kind::Ratio | Kind::Rate | Kind::Latency => {}
            Kind::Gauge if site.unasked.contains(&signal) => return unasked(levels(site.cut, beyond, arms)),
            Kind::Gauge => return levels(site.cut, beyond, arms),
            Kind::Place => return Reading::Placed { level: beyond.canary, what: None },
        }
        let weight = self.state.rollouts[region].weight().unwrap_or(0);
        let share = match arms {
            Arms::PrimaryOnly => 0.0,
            Arms::Both | Arms::CanaryOnly => site.share.unwrap_or(f64::from(weight) / 100.0),
        };
        let requests = site.rps * (self.now - site.cut).as_s();
        let (mut canary, mut primary) = (site.canary, site.primary);
        if signal == Signal::ErrorLogs {
            (canary, primary) = (canary.errors(site.canary_logs), primary.errors(0.0));
        }
        // Nobody calls anybody here.
        let requests = if signal == Signal::DependencyErrors { 0.0 } else { requests };
        let canary = self.counts(canary, signal, requests * share);
        let primary = self.counts(primary, signal, requests * (1.0 - share));
        Reading::Counted {
            since: site.cut,
            canary: (arms != Arms::PrimaryOnly).then_some(canary),
            primary: (arms != Arms::CanaryOnly).then_some(primary),
            bracket: site.bracket.filter(|_| signal == Signal::P99Latency),
        }
    }

    fn counts(&mut self, rates: Rates, signal: Signal, total: f64) -> Counts {
        let (bad, bad_at_most) = rates.of(signal);
        let least = self.draw(bad * total);
        Counts { bad: least, bad_at_most: least + self.draw((bad_at_most - bad) * total), total }
    }

    fn draw(&mut self, mean: f64) -> f64 {
        match &mut self.rng {
            Some(rng) if mean > 0.0 => Poisson::new(mean).unwrap().sample(rng),
            Some(_) | None => mean,
        }
    }

    pub(crate) fn seen(&self, region: &str) -> &RegionLook {
        self.look.region(&region.into()).unwrap()
    }

    pub(crate) fn decision(&self, region: &str) -> &Decision {
        &self.seen(region).decision
    }

    pub(crate) fn reasons(&self, region: &str) -> &[Reason] {
        self.decision(region).reasons()
    }

    /// Whether the region holds, and for a reason such as this among others.
    pub(crate) fn holds_for(&self, region: &str, such: impl Fn(&Reason) -> bool) -> bool {
        matches!(self.decision(region), Decision::Hold(reasons) if reasons.iter().any(such))
    }

    pub(crate) fn advances(&self, region: &str) -> bool {
        *self.decision(region) == Decision::Advance
    }

    pub(crate) fn rolls_back(&self, region: &str) -> bool {
        matches!(self.decision(region), Decision::Rollback(_))
    }

    pub(crate) fn rollout(&self, region: &str) -> &Rollout {
        &self.state.rollouts[&Region::from(region)]
    }

    pub(crate) fn gate(&self, region: &str, signal: Signal, against: Against) -> &GateLook {
        let mut gates = self.seen(region).gates.iter();
        gates.find(|g| g.signal == signal && g.against == against).unwrap()
    }

    pub(crate) fn proved(&self, region: &str) -> bool {
        self.seen(region).gates.iter().filter_map(|g| g.proof).all(|p| p.proved)
    }

    pub(crate) fn breached(&self, region: &str) -> Vec<(Signal, Against)> {
        let gates = self.seen(region).gates.iter();
        gates.filter(|g| g.verdict == Verdict::Breached).map(|g| (g.signal, g.against)).collect()
    }

    /// Ticks until the decision is no longer a hold, at most `most` times; how many it took.
    pub(crate) fn until_decided(&mut self, region: &str, most: usize) -> Option<usize> {
        (1..=most).find(|_| {
            self.tick();
            !matches!(self.decision(region), Decision::Hold(_))
        })
    }

    /// Does what Flagger would after a yes: the next weight, or the promotion.
    pub(crate) fn go_on(&mut self, region: &str) {
        assert!(self.advances(region), "{:?}", self.decision(region));
        let next = if let Stage::Step { index, .. } = self.rollout(region).stage { index + 1 } else { 0 };
        match self.policy.steps.get(next).map(|s| s.weight) {
            Some(weight) => self.weight(region, weight),
            None => self.promote(region),
        }
    }
}
