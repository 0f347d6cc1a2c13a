//! A recording through the fold: what Haldane would have held and reported, poll by poll.
//!
//! Guards see the recording; what a release counts beside it is made up, and healthy, so that only the place can hold. The
//! release stands where it is put: the drill asks at each poll whether it might have gone on, and does not move it.

use super::recording::Recording;
use super::sample::What;
use super::seen::{tells, watch};
use super::turn::{Told, Turn};
use crate::fault::Kind;
use crate::folded::Folded;
use crate::noise::Noise;
use crate::readings::{Polled, increment, openings, past};
use crate::site::{Site, Tally};
use crate::traffic::{Demand, Traffic};
use haldane_core::fact::{Ending, Fact};
use haldane_core::history::PastIncrement;
use haldane_core::increment::{Arm, Arms, Increment, Missing, Reading, Region};
use haldane_core::plan;
use haldane_core::policy::Policy;
use haldane_core::report::{Decision, Look};
use haldane_core::signal::Signal;
use haldane_core::time::{Span, Timestamp};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet};

/// History of the primary before the release.
const HISTORY: Span = Span::from_min(120);

/// Beyond a step's least time, before the recording begins: what a release that is well needs to have proved itself.
const MARGIN: Span = Span::from_min(4);

/// A release that is under way when the region is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderWay {
    /// Where.
    pub region: Region,
    /// The canary's weight there, in percent: one of the policy's steps.
    pub weight: u32,
}

/// What is replayed.
#[derive(Clone, Copy, Debug)]
pub struct Replay<'a> {
    /// Under which policy: only guards that the recording tells ([`recorded_guards`]), or the others hold throughout.
    pub policy: &'a Policy,
    /// What was seen.
    pub recording: &'a Recording,
    /// Where the release is; absent where it waits to begin everywhere.
    pub under_way: Option<&'a UnderWay>,
    /// Of what is made up.
    pub seed: u64,
}

/// A stretch of time in which a region's release could have started or gone on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Where.
    pub region: Region,
    /// From this look on.
    pub from: Timestamp,
    /// Until this one; absent where it was so to the end.
    pub to: Option<Timestamp>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Replayed {
    /// Every turn of a decision or a guard, in order.
    pub turns: Vec<Turn>,
    /// When each region's release could have gone on, in order.
    pub open: Vec<Open>,
}

/// The policy with those of its guards, region by region, that the recording tells; and what is left out: names and regions.
/// Freezes are left out, too: a drill is about what happens, not about when.
pub fn recorded_guards(policy: &Policy, recording: &Recording) -> (Policy, BTreeMap<String, Vec<Region>>) {
    let (mut kept, mut left_out) = (policy.clone(), BTreeMap::new());
    kept.across.freezes.clear();
    kept.across.guards.clear();
    for guard in &policy.across.guards {
        let asked = |r: &&Region| guard.regions.is_empty() || guard.regions.contains(r);
        let names = policy.regions.iter().map(|r| &r.name).filter(asked).cloned();
        let (told, untold): (Vec<Region>, Vec<Region>) = names.partition(|r| tells(recording, r, guard));
        if !untold.is_empty() {
            left_out.insert(guard.name.clone(), untold);
        }
        if !told.is_empty() {
            kept.across.guards.push(haldane_core::guard::Guard { regions: told, ..guard.clone() });
        }
    }
    (kept, left_out)
}

/// Replays it, poll by poll.
pub fn replay(setting: &Replay<'_>) -> Replayed {
    let Some((first, last)) = setting.recording.ends() else {
        return Replayed::default();
    };
    let mut world = World::open(setting, first);
    let (mut told, mut replayed) = (Told::default(), Replayed::default());
    let end = last + setting.policy.scrape_interval;
    while world.now() < end {
        let look = world.poll();
        if look.as_of < first {
            continue;
        }
        replayed.turns.extend(told.turns(&look));
        opened(&mut replayed.open, &look);
    }
    replayed
}

fn opened(open: &mut Vec<Open>, look: &Look) {
    for region in &look.regions {
        let advance = region.decision == Decision::Advance;
        let standing = open.iter_mut().rev().find(|o| o.region == region.region).filter(|o| o.to.is_none());
        match standing {
            Some(standing) if !advance => standing.to = Some(look.as_of),
            None if advance => open.push(Open { region: region.region.clone(), from: look.as_of, to: None }),
            Some(_) | None => {}
        }
    }
}

/// The fold, and every region's made-up service.
struct World<'a> {
    setting: Replay<'a>,
    fold: Folded,
    rng: ChaCha8Rng,
    sites: BTreeMap<Region, Site<2>>,
    /// When the release is put where it stands.
    placed: Option<Timestamp>,
}

impl<'a> World<'a> {
    /// Long enough before the first sample for the release to be where it is put, with everything proved there.
    fn open(setting: &Replay<'a>, first: Timestamp) -> Self {
        let policy = setting.policy;
        let every = policy.scrape_interval;
        let step = setting.under_way.and_then(|u| policy.steps.iter().find(|s| s.weight == u.weight));
        let observed = step.map_or(MARGIN, |step| step.observe + step.settle + MARGIN);
        let bakes = policy.regions.iter().map(|r| r.bake).max().unwrap_or(Span::ZERO);
        let begin = (first - observed - bakes - MARGIN).aligned(every);
        let mut rng = ChaCha8Rng::seed_from_u64(setting.seed);
        let site = |rng: &mut ChaCha8Rng| Site::new(Noise::IID, every, rng);
        let sites = policy.regions.iter().map(|r| (r.name.clone(), site(&mut rng))).collect();
        let fold = Folded::from(begin);
        let placed = setting.under_way.map(|_| begin + bakes + MARGIN);
        let mut world = Self { setting: *setting, fold, rng, sites, placed };
        world.begin();
        world
    }

    const fn now(&self) -> Timestamp {
        self.fold.now()
    }

    /// Every region hears of the release; those that its place comes after have promoted it.
    fn begin(&mut self) {
        let policy = self.setting.policy;
        let pasts: Vec<_> = policy.regions.iter().map(|region| self.past(&region.name)).collect();
        let opened = openings(policy, &pasts, self.now()).into_iter().map(|o| Fact::Opened(Box::new(o)));
        let heard = policy.regions.iter().map(|r| Fact::Heard { region: r.name.clone(), said: None });
        let mut facts: Vec<Fact> = opened.chain(heard).collect();
        let before = self.setting.under_way.map(|u| comes_after(policy, &u.region)).unwrap_or_default();
        for region in before {
            facts.push(Fact::Admitted { region: region.clone() });
            let seen =
                policy.steps.iter().map(|s| Fact::WeightSeen { region: region.clone(), weight: s.weight });
            facts.extend(seen);
            let top =
                policy.steps.last().map(|s| Fact::Permitted { region: region.clone(), weight: s.weight });
            facts.extend(top);
            facts.push(Fact::PromotionBegan { region: region.clone() });
            facts.push(Fact::Ended { region, ending: Ending::Succeeded });
        }
        let _ = self.fold.learn(facts);
    }

    /// What the primary of a region counted before.
    fn past(&mut self, region: &Region) -> Vec<PastIncrement> {
        let (policy, bin) = (self.setting.policy, self.setting.policy.bin());
        let mut site: Site<2> = Site::new(Noise::IID, bin, &mut self.rng);
        let demands = demands(policy, region, 0.0);
        let polls = 0..HISTORY.as_us() / bin.as_us().max(1);
        let tallies: Vec<Tally> = polls.map(|_| site.poll(&demands, None, &mut self.rng)[1]).collect();
        past(policy, region, &tallies, self.now())
    }

    /// The next poll of every region.
    fn poll(&mut self) -> Look {
        let policy = self.setting.policy;
        self.fold.pass(policy.scrape_interval);
        let now = self.now();
        let mut facts = Vec::new();
        if let Some((place, _)) = self.setting.under_way.zip(self.placed.filter(|placed| *placed <= now)) {
            self.placed = None;
            facts.push(Fact::Admitted { region: place.region.clone() });
            let weights = policy.steps.iter().map(|s| s.weight).filter(|w| *w <= place.weight);
            facts.extend(weights.map(|weight| Fact::WeightSeen { region: place.region.clone(), weight }));
        }
        for region in &policy.regions {
            facts.push(Fact::Guarded(watch(policy, self.setting.recording, &region.name, now)));
            facts.push(Fact::Polled(self.increment(&region.name)));
        }
        self.fold.learn(facts)
    }

    /// What the poller would bring; of a region that does not answer, nothing.
    fn increment(&mut self, region: &Region) -> Increment {
        let (as_of, dt) = (self.now(), self.setting.policy.scrape_interval);
        let arms = plan::arms(self.fold.state(), region);
        let place = self.setting.under_way.filter(|u| u.region == *region && self.placed.is_none());
        let share = place.map_or(0.0, |u| f64::from(u.weight) / 100.0);
        let [canary, primary] = self.tallies(region, share);
        let targets = Traffic::default().pods;
        let mut increment = increment(&Polled {
            policy: self.setting.policy,
            region,
            as_of,
            dt,
            arms,
            canary,
            primary,
            targets,
        });
        let recording = self.setting.recording;
        if recording.has(region, &What::Up) && recording.number(region, &What::Up, as_of) == Some(0.0) {
            for reading in increment.signals.values_mut() {
                *reading = Reading::Missing(away(arms, region));
            }
        }
        increment
    }

    fn tallies(&mut self, region: &Region, share: f64) -> [Tally; 2] {
        let demands = demands(self.setting.policy, region, share);
        let site = self.sites.get_mut(region);
        site.map_or([Tally::default(); 2], |site| site.poll(&demands, None, &mut self.rng))
    }
}

/// What both versions do where the canary serves `share`: well within any limit, because a drill is about the place.
fn demands(policy: &Policy, region: &Region, share: f64) -> [Demand; 2] {
    let gate = policy.gates.iter().find(|g| g.signal == Signal::P99Latency);
    let limit_ms = gate.and_then(|g| policy.limit_in(region, g)).unwrap_or(60_000.0);
    let traffic =
        Traffic { errors: 0.0, p99_ms: limit_ms / 4.0, http_5xx_per_min: 0.0, ..Traffic::default() };
    [share, 1.0 - share].map(|share| traffic.demand(share, limit_ms, Kind::None))
}

fn away(arms: Arms, region: &Region) -> Missing {
    let arm = if arms.include(Arm::Canary) { Arm::Canary } else { Arm::Primary };
    Missing::Unreachable { arm, target: region.to_string(), detail: "the region is lost".to_owned() }
}

/// Every region that `region` comes after, directly or through others.
fn comes_after(policy: &Policy, region: &Region) -> BTreeSet<Region> {
    let mut before = BTreeSet::new();
    let mut due: Vec<&Region> = policy.region(region).map(|r| r.after.iter().collect()).unwrap_or_default();
    while let Some(next) = due.pop() {
        if before.insert(next.clone()) {
            due.extend(policy.region(next).into_iter().flat_map(|r| &r.after));
        }
    }
    before
}
