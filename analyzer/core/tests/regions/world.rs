//! The world: regions with their true weights and counts, and a keeper that folds and answers as the real one does.

use crate::flagger::Phase;
use haldane_core::answer::{Hook, answer};
use haldane_core::fact::{Ending, Entry, Fact, HeardBy, Opened, RolloutId};
use haldane_core::fold::look;
use haldane_core::guard::{Rule, Seen, Watch, Watched};
use haldane_core::history::SignalHistory;
use haldane_core::increment::{Arms, Counts, Increment, Missing, Reading, Region};
use haldane_core::plan;
use haldane_core::policy::Policy;
use haldane_core::report::Look;
use haldane_core::signal::Signal;
use haldane_core::state::{ServiceState, Stage};
use haldane_core::time::{Span, Timestamp};
use rand::RngExt;
use rand::seq::IteratorRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// Requests per second of a region.
const RPS: f64 = 500.0;

/// One region as it is.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) phase: Phase,
    /// The version that the primary serves.
    pub(crate) serving: u32,
    /// What somebody wants to run.
    pub(crate) target: u32,
    /// What the run analyses.
    pub(crate) analysed: u32,
    pub(crate) reaches_haldane: bool,
    pub(crate) loses_events: bool,
    source_answers: bool,
    lag_s: f64,
    down: bool,
    writer: u32,
    /// The version that fails here.
    sick: Option<u32>,
    polled: Timestamp,
}

/// Everything.
pub(crate) struct World {
    pub(crate) policy: Policy,
    pub(crate) places: BTreeMap<Region, Place>,
    pub(crate) state: ServiceState,
    pub(crate) look: Look,
    pub(crate) now: Timestamp,
    /// Weights that were left, and promotions.
    pub(crate) advances: u64,
    /// When a version was promoted where.
    pub(crate) promoted: BTreeMap<(Region, u32), Timestamp>,
    /// Regions that got a version before those that they come after had baked it.
    pub(crate) early: Vec<String>,
    /// Advances from a weight without what a look must have seen.
    pub(crate) unseen: Vec<String>,
    entries: Vec<Entry>,
    told: Vec<String>,
}

impl World {
    pub(crate) fn new(policy: Policy, seed: u64) -> Self {
        let now = Timestamp::from_s(1_800_000_000 + i64::from(u16::try_from(seed % 1000).unwrap_or(0)) * 30);
        let place = Place {
            phase: Phase::Idle,
            serving: 1,
            target: 1,
            analysed: 1,
            reaches_haldane: true,
            loses_events: false,
            source_answers: true,
            lag_s: 0.0,
            down: false,
            writer: 0,
            sick: None,
            polled: now,
        };
        Self {
            places: policy.regions.iter().map(|r| (r.name.clone(), place.clone())).collect(),
            policy,
            state: ServiceState::default(),
            look: Look { as_of: now, regions: Vec::new(), releases: Vec::new(), guards: Vec::new() },
            now,
            advances: 0,
            promoted: BTreeMap::new(),
            early: Vec::new(),
            unseen: Vec::new(),
            entries: Vec::new(),
            told: Vec::new(),
        }
    }

    pub(crate) fn place(&mut self, region: &Region) -> &mut Place {
        self.places.get_mut(region).expect("a region of the policy")
    }

    fn any(&self, rng: &mut ChaCha8Rng) -> Region {
        self.places.keys().choose(rng).expect("a region").clone()
    }

    /// Anything at all, releases that are sick and newer ones included.
    pub(crate) fn something_happens(&mut self, rng: &mut ChaCha8Rng) {
        match rng.random_range(0..150) {
            0 => {
                let version = rng.random_range(2..6);
                for region in self.places.keys().cloned().collect::<Vec<_>>() {
                    self.place(&region).target = version;
                }
                self.say(format!("deploy {version} everywhere"));
            }
            1 => {
                let (region, version) = (self.any(rng), rng.random_range(2..6));
                self.place(&region).target = version;
                self.say(format!("deploy {version} in {region}"));
            }
            2 => {
                let (region, sick) = (self.any(rng), rng.random_bool(0.3).then(|| rng.random_range(2..6)));
                self.place(&region).sick = sick;
            }
            3 => {
                let region = self.any(rng);
                self.place(&region).loses_events = rng.random_bool(0.2);
            }
            _ => self.trouble_happens(rng),
        }
    }

    /// Anything but another release.
    pub(crate) fn trouble_happens(&mut self, rng: &mut ChaCha8Rng) {
        let region = self.any(rng);
        match rng.random_range(0..40) {
            0 => self.place(&region).source_answers = rng.random_bool(0.8),
            1 => self.place(&region).reaches_haldane = rng.random_bool(0.8),
            2 => self.place(&region).lag_s = [0.0, 0.0, 4.0, 9.0, 600.0][rng.random_range(0..5)],
            3 => self.place(&region).down = rng.random_bool(0.2),
            4 => self.place(&region).writer = rng.random_range(0..2),
            5 => self.now = self.now + Span::from_s(rng.random_range(-90..600)),
            6..=20 => self.tick(&region),
            _ => self.everybody_ticks(),
        }
    }

    /// Half a minute: every region is polled, and every Flagger ticks.
    pub(crate) fn everybody_ticks(&mut self) {
        self.now = self.now + Span::from_s(30);
        for region in self.places.keys().cloned().collect::<Vec<_>>() {
            self.poll(&region);
            self.tick(&region);
        }
    }

    pub(crate) fn deploy_everywhere(&mut self, version: u32) {
        self.places.values_mut().for_each(|p| p.target = version);
    }

    pub(crate) fn all_is_well(&mut self) {
        for place in self.places.values_mut() {
            (place.source_answers, place.reaches_haldane, place.down) = (true, true, false);
            (place.lag_s, place.sick) = (0.0, None);
        }
    }

    pub(crate) fn unfinished(&self) -> Vec<String> {
        let open = self.places.iter().filter(|(_, p)| p.serving != p.target || p.phase != Phase::Idle);
        open.map(|(region, place)| format!("{region}: {place:?} {:?}", self.look.region(region))).collect()
    }

    fn poll(&mut self, region: &Region) {
        let (now, place) = (self.now, self.places[region].clone());
        let guards: Vec<Watched> = self
            .policy
            .guards_in(region)
            .into_iter()
            .map(|guard| {
                let level = |level| Seen::Level { level, what: None };
                let seen = match &guard.rule {
                    _ if !place.source_answers => Seen::Unknown { why: Missing::FirstReading },
                    Rule::ReplicationLag { .. } => level(place.lag_s),
                    Rule::RegionUp => level(f64::from(u8::from(place.down))),
                    Rule::Failover { .. } => Seen::Names { names: [format!("db-{}", place.writer)].into() },
                    Rule::Health
                    | Rule::Capacity { .. }
                    | Rule::Alerts
                    | Rule::ErrorBudget { .. }
                    | Rule::Freshness { .. }
                    | Rule::Level { .. } => unreachable!("no such guard is asked"),
                };
                Watched { guard, seen }
            })
            .collect();
        self.tell(Fact::Guarded(Watch { region: region.clone(), as_of: now, guards }));
        if self.state.rollouts.contains_key(region) {
            let since = place.polled.max(now - Span::from_s(30)).min(now);
            let increment = self.increment(region, &place, since);
            self.tell(Fact::Polled(increment));
        }
        self.place(region).polled = now;
    }

    fn increment(&self, region: &Region, place: &Place, since: Timestamp) -> Increment {
        let arms = plan::arms(&self.state, region);
        let weight = match place.phase {
            Phase::Canary(weight) => weight,
            Phase::Promoting => 100,
            Phase::Idle | Phase::Waiting => 0,
        };
        let canary = RPS * 30.0 * f64::from(weight) / 100.0;
        let bad = |version, total: f64| if place.sick == Some(version) { total * 0.2 } else { 0.0 };
        let counts = |version, total| Some(Counts::exact(bad(version, total), total));
        let reading = if !place.source_answers || since >= self.now {
            Reading::Missing(Missing::FirstReading)
        } else {
            Reading::Counted {
                since,
                canary: counts(place.analysed, canary).filter(|_| arms != Arms::PrimaryOnly),
                primary: counts(place.serving, RPS * 30.0 - canary).filter(|_| arms != Arms::CanaryOnly),
                bracket: None,
            }
        };
        Increment {
            region: region.clone(),
            as_of: self.now,
            arms,
            canary_targets: 3,
            primary_targets: 3,
            canary_restarts: 0,
            canary_pods: BTreeMap::new(),
            signals: [(Signal::ErrorRate, reading)].into(),
        }
    }

    /// confirm-rollout is asked: a rollout opens, if none is that this could be.
    pub(crate) fn hear_of(&mut self, region: &Region) {
        let version = format!("v{}", self.places[region].analysed);
        let open = self.state.rollouts.get(region).filter(|r| r.stage.ended().is_none());
        let close = match open {
            None => None,
            Some(open) if open.release.as_ref() != Some(&version) => Some(Ending::Superseded),
            Some(open)
                if open.exposed.is_none() && matches!(open.stage, Stage::Waiting | Stage::Admitted) =>
            {
                return;
            }
            Some(_) => Some(Ending::Unknown),
        };
        if let Some(ending) = close {
            self.tell(Fact::Ended { region: region.clone(), ending });
        }
        self.open(region, HeardBy::ConfirmRollout);
    }

    pub(crate) fn open(&mut self, region: &Region, by: HeardBy) {
        let history = SignalHistory {
            covers: Span::from_min(60),
            bad: 180.0,
            total: RPS * 3600.0,
            fano: Some(1.0),
            synthetic: false,
            drift: None,
        };
        let known = self.state.rollouts.get(region).map(|r| r.opened + Span::from_us(1));
        let at = known.map_or(self.now, |known| known.max(self.now));
        self.tell(Fact::Opened(Box::new(Opened {
            rollout: RolloutId::mint(&self.policy.service, region, at),
            region: region.clone(),
            release: Some(format!("v{}", self.places[region].analysed)),
            checksum: None,
            by,
            policy: self.policy.clone(),
            history: [(Signal::ErrorRate, history)].into(),
            pooled_fano: BTreeMap::new(),
        })));
    }

    /// Asks as the keeper does: judged at this instant, and a yes is on record before it is given.
    pub(crate) fn ask(&mut self, region: &Region, hook: Hook) -> bool {
        (self.state, self.look) = look(std::mem::take(&mut self.state), &[], self.now);
        let rollout = self.state.rollouts.get(region);
        let given = answer(hook, rollout, self.look.region(region), self.now);
        if !given.yes {
            return false;
        }
        let fact = match (hook, rollout.and_then(|r| r.weight())) {
            (Hook::ConfirmRollout, _) => Some(Fact::Admitted { region: region.clone() }),
            (Hook::ConfirmTrafficIncrease | Hook::ConfirmPromotion, Some(weight)) => {
                Some(Fact::Permitted { region: region.clone(), weight })
            }
            (_, _) => None,
        };
        if let Some(fact) = fact {
            self.seen_before(region);
            self.tell(fact);
        }
        true
    }

    /// An advance rests on counts of this very step.
    fn seen_before(&mut self, region: &Region) {
        let rollout = &self.state.rollouts[region];
        if let Stage::Step { since, .. } = rollout.stage {
            let counted = rollout.gates.iter().all(|g| {
                let fresh = |at: Timestamp| at > since && self.now - at <= self.policy.max_age();
                g.reading.missing.is_none() && g.reading.counted.is_some_and(fresh)
            });
            if !counted {
                self.unseen.push(format!("{region} left {:?} without a count", rollout.stage));
            }
        }
    }

    pub(crate) fn gets_traffic(&mut self, region: &Region, from: u32) {
        let version = self.places[region].analysed;
        let Some(own) = self.policy.region(region).filter(|_| from == 0) else { return };
        for before in &own.after {
            let promoted = self.promoted.get(&(before.clone(), version));
            if promoted.is_none_or(|at| self.now - *at < own.bake) {
                let early =
                    format!("{region} ({}) got v{version} before {before} had baked: {promoted:?}", own.role);
                self.early.push(early);
            }
        }
    }

    pub(crate) fn tell(&mut self, fact: Fact) {
        if let Fact::Ended { region, ending: Ending::Succeeded } = &fact {
            let version = self.places[region].analysed;
            self.promoted.insert((region.clone(), version), self.now);
        }
        if !matches!(fact, Fact::Polled(_) | Fact::Guarded(_)) {
            self.say(format!("{} {}", self.now.as_us() / 1_000_000, short(&fact)));
        }
        let entry = Entry { at: self.now, fact };
        (self.state, self.look) =
            look(std::mem::take(&mut self.state), std::slice::from_ref(&entry), self.now);
        self.entries.push(entry);
    }

    /// The process dies and comes back: state is what the record says, bit for bit.
    pub(crate) fn restart(&mut self) {
        let (state, _) = look(ServiceState::default(), &self.entries, self.now);
        assert_eq!(state, self.state, "the record does not say what was known");
    }

    /// Facts that were folded.
    pub(crate) fn recorded(&self) -> usize {
        self.entries.len()
    }

    fn say(&mut self, line: String) {
        self.told.push(line);
    }

    /// The last things that happened.
    pub(crate) fn story(&self) -> String {
        let regions: Vec<String> = self
            .policy
            .regions
            .iter()
            .map(|r| format!("{} {} after {:?} bake {}", r.name, r.role, r.after, r.bake))
            .collect();
        let last = self.told.len().saturating_sub(40);
        format!(
            "{}\nat once {:?}\n{}",
            regions.join("\n"),
            self.policy.across.at_once,
            self.told[last..].join("\n")
        )
    }
}

fn short(fact: &Fact) -> String {
    let Fact::Opened(opened) = fact else { return format!("{fact:?}") };
    format!("{} opens {:?} by {:?}", opened.region, opened.release, opened.by)
}
