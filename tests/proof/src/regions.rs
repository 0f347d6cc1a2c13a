//! Several regions at once: one of them broken, and a small fault in all of them.
//!
//! Every region's counts are drawn before anybody judges, so the broken one is judged on the very same counts in company
//! and alone. "Alone" is alone in the same policy of six: its own evidence has the same share of the budget to cross. A
//! region that is the first of its release has the pool to itself as well, whose share is six times a region's; that is
//! told apart.

use crate::compared;
use crate::effort::Effort;
use crate::stream::{DT, LIMIT_MS, PER_MIN, WATCHED_MIN};
use crate::table::{Cell, Table};
use haldane_core::policy::Policy;
use haldane_core::time::Span;
use haldane_lab::beside::{Convicted, Seen, Stream, beside};
use haldane_lab::fault::Kind;
use haldane_lab::noise::Noise;
use haldane_lab::reference::REGIONS;
use haldane_lab::runs::parallel;
use haldane_lab::site::{Site, Sky};
use haldane_lab::stats::{Delays, Share};
use haldane_lab::traffic::{Demand, Traffic};
use rand_chacha::ChaCha8Rng;

const SEED: u64 = 1895;
/// Polls of the two hours before.
const HISTORY: usize = 120 * PER_MIN;
/// The canary's share: the first step.
const SHARE: f64 = 0.05;
/// Canary pods of each region.
const PODS: u32 = 2;
/// Which region is broken: in the middle, so that some are polled before it and some after it.
const BROKEN: usize = 2;

/// The policy of the comparison with other rules, without an order.
pub fn policy() -> Policy {
    let mut policy = compared::policy();
    for region in &mut policy.regions {
        (region.after, region.bake) = (Vec::new(), Span::ZERO);
    }
    policy
}

/// Six regions with `rps` requests per second at each canary.
#[derive(Clone, Copy)]
struct Scene {
    rps: f64,
    noise: Noise,
    fault: Kind,
    /// Which region has the fault; all, where none is named.
    broken: Option<usize>,
    minutes: usize,
}

impl Scene {
    fn draw(&self, rng: &mut ChaCha8Rng) -> Vec<Stream> {
        let traffic = Traffic { rps: self.rps / SHARE, http_5xx_per_min: 20.0, ..Traffic::default() };
        let noise = self.noise;
        let mut sky = Sky::new(noise.shared_sd, noise.tau_min, DT, rng);
        let mut sites: Vec<Site<2>> = (0..REGIONS).map(|_| Site::new(noise, DT, rng).steady()).collect();
        let mut streams = vec![Stream::default(); REGIONS];
        let whole = [Demand::default(), traffic.demand(1.0, LIMIT_MS, Kind::None)];
        let primary = traffic.demand(1.0 - SHARE, LIMIT_MS, Kind::None);
        for poll in 0..HISTORY + self.minutes * PER_MIN {
            sky.turn(rng);
            let above = noise.everywhere.then_some(&sky);
            for (index, (site, stream)) in sites.iter_mut().zip(&mut streams).enumerate() {
                if poll < HISTORY {
                    let [_, primary] = site.poll(&whole, above, rng);
                    stream.history.push(primary);
                } else {
                    let sick = self.broken.is_none_or(|broken| broken == index);
                    let kind = if sick { self.fault } else { Kind::None };
                    stream.polls.push(site.poll(
                        &[traffic.demand(SHARE, LIMIT_MS, kind), primary],
                        above,
                        rng,
                    ));
                }
            }
        }
        streams
    }
}

/// What one release with one broken region came to.
struct OneBroken {
    /// In company.
    beside: Option<f64>,
    /// On the same counts alone: by its own evidence, and by whichever came first.
    own: Option<f64>,
    first: Option<f64>,
    /// Polls of their own until the others were held, of those that were there to be held.
    held: Vec<Option<usize>>,
    /// Regions rolled back that had nothing.
    innocent: usize,
}

fn one_broken(policy: &Policy, scene: &Scene, rng: &mut ChaCha8Rng) -> OneBroken {
    let streams = scene.draw(rng);
    let seen = beside(policy, 0, &streams, PODS, Convicted::GoesBack);
    let alone = beside(policy, 0, &streams[BROKEN..=BROKEN], PODS, Convicted::Stays);
    let minutes = |seen: &Seen| seen.rolled_back.as_ref().map(|found| found.minutes);
    let others = || seen.iter().enumerate().filter(|(index, _)| *index != BROKEN).map(|(_, seen)| seen);
    let convicted = seen.iter().any(|s| s.rolled_back.is_some());
    OneBroken {
        beside: minutes(&seen[BROKEN]),
        own: alone[0].own_min,
        first: minutes(&alone[0]),
        held: others().filter(|s| convicted && s.rolled_back.is_none()).map(|s| s.polls_until_held).collect(),
        innocent: others().filter(|s| s.rolled_back.is_some()).count(),
    }
}

/// One broken region of six: how soon it is found beside five healthy ones and alone, and what becomes of the others.
pub fn one_broken_of_six(effort: Effort, done: &dyn Fn(&str)) -> Table {
    let (runs, minutes) = (effort.runs(12, 500), effort.runs(10, WATCHED_MIN));
    let title = "One broken region of six (canary 50 requests/s each), on the same counts in company and alone: found \
                 within 30 minutes; minutes in which a tenth, half, nine tenths are";
    let head = [
        "fault, noise",
        "beside five healthy regions",
        "alone, same share of the budget",
        "alone, with the pool to itself",
        "others held within one poll of theirs",
        "most polls until held",
        "releases in which a healthy region went back",
    ];
    let mut table = Table::new("one-broken", title, SEED, runs, &head);
    let policy = policy();
    let noises =
        [Noise::IID, Noise::BURSTY, Noise::DRIFT, Noise::SHARED.everywhere(), Noise::MIXED.everywhere()];
    let faults = [
        ("errors .05 → .5 %", Kind::Errors(0.005)),
        ("errors → 1 %", Kind::Errors(0.01)),
        ("errors → 5 %", Kind::Errors(0.05)),
        ("P99 150 → 250 ms", Kind::P99Ms(250.0)),
    ];
    // One of them shows in short what all do.
    let shown = |kind: Kind| effort == Effort::Full || kind == Kind::Errors(0.01);
    for (name, fault) in faults.into_iter().filter(|(_, kind)| shown(*kind)) {
        for noise in noises {
            let name = format!("{name}, {noise}");
            done(&name);
            let scene = Scene { rps: 50.0, noise, fault, broken: Some(BROKEN), minutes };
            let all = parallel(runs, SEED, &|_| {}, |rng, _| one_broken(&policy, &scene, rng));
            table.row(name, row_of(&all));
        }
    }
    table
}

fn row_of(all: &[OneBroken]) -> Vec<Cell> {
    let held: Vec<Option<usize>> = all.iter().flat_map(|r| r.held.iter().copied()).collect();
    // A handful of polls, exact as a float.
    let most =
        held.iter().map(|polls| polls.map(|p| p as f64)).try_fold(0.0, |m: f64, p| p.map(|p| m.max(p)));
    vec![
        delays(all.iter().map(|r| r.beside)),
        delays(all.iter().map(|r| r.own)),
        delays(all.iter().map(|r| r.first)),
        Cell::Share(Share::among(&held, |polls| polls.is_some_and(|p| p <= 1))),
        Cell::Value(most.filter(|_| !held.is_empty())),
        Cell::Share(Share::among(all, |r| r.innocent > 0)),
    ]
}

/// The same small fault in six regions with two requests per second at each canary: any one region, the first of the six
/// to find it by itself, and all of them together.
pub fn small_everywhere(effort: Effort, done: &dyn Fn(&str)) -> Table {
    let runs = effort.runs(24, 500);
    let title = "The same small fault in six regions (canary 2 requests/s each): found within 30 minutes; minutes in \
                 which a tenth, half, nine tenths are";
    let head = [
        "fault, noise",
        "one region by itself",
        "the first of the six by itself",
        "all together",
        "went back",
    ];
    let mut table = Table::new("small-everywhere", title, SEED, runs, &head);
    let policy = policy();
    for (name, fault) in [(".2 %", 0.002), (".5 %", 0.005), ("1 %", 0.01)] {
        for noise in [Noise::IID, Noise::BURSTY, Noise::DRIFT, Noise::SHARED.everywhere()] {
            let name = format!("errors .05 → {name}, {noise}");
            done(&name);
            let scene =
                Scene { rps: 2.0, noise, fault: Kind::Errors(fault), broken: None, minutes: WATCHED_MIN };
            let all = parallel(runs, SEED, &|_| {}, |rng, _| {
                beside(&policy, 0, &scene.draw(rng), PODS, Convicted::Stays)
            });
            let first = |of: &dyn Fn(&Seen) -> Option<f64>, seen: &[Seen]| {
                seen.iter().filter_map(of).min_by(f64::total_cmp)
            };
            table.row(
                name,
                vec![
                    delays(all.iter().map(|seen| seen[0].own_min)),
                    delays(all.iter().map(|seen| first(&|s| s.own_min, seen))),
                    delays(all.iter().map(|seen| first(&|s| s.pool_min, seen))),
                    delays(
                        all.iter().map(|seen| first(&|s| s.rolled_back.as_ref().map(|f| f.minutes), seen)),
                    ),
                ],
            );
        }
    }
    table
}

fn delays(runs: impl Iterator<Item = Option<f64>>) -> Cell {
    let runs: Vec<Option<f64>> = runs.collect();
    Cell::Delays { power: Share::among(&runs, Option::is_some), minutes: Delays::of(&runs) }
}
