//! Healthy canaries that other designs convict, and faults that come late.
//!
//! Each row is a way to be wrong that was found by looking for one. All are one region of six, 30 minutes unless the row
//! says otherwise. Rows marked with * are outside the promise: there the canary is for minutes both over its limit and
//! worse than its primary, whoever is to blame.

use crate::compared::policy;
use crate::effort::Effort;
use crate::stream::{DT, LIMIT_MS, PER_MIN, Scene, Stream};
use crate::table::{Cell, Table};
use haldane_core::math::exp;
use haldane_core::policy::Policy;
use haldane_core::time::Span;
use haldane_lab::fault::{Fault, Kind};
use haldane_lab::noise::Noise;
use haldane_lab::runs::parallel;
use haldane_lab::site::{Site, Tally, poisson};
use haldane_lab::stats::{Quantiles, Share};
use haldane_lab::watch;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

const SEED: u64 = 1815;

/// What a healthy canary is put through.
type Attack = fn(&mut ChaCha8Rng) -> Case;

/// One run.
struct Case {
    stream: Stream,
    policy: Policy,
    pods: u32,
}

const ATTACKS: [(&str, Attack); 16] = [
    ("arms scraped alternately, under a shared sky", |rng| alternate(Noise::SHARED, rng)),
    ("arms scraped alternately, mixed noise", |rng| alternate(Noise::MIXED, rng)),
    ("true share 9 % at a weight of 5 %", |rng| {
        let scene = Scene::healthy(Noise::IID);
        case(Scene { share: 0.09, ..scene }.draw(rng), 2)
    }),
    ("slow share × 10 for a minute, decaying; settle 60 s", |rng| cold_cache(60, 1.0, rng)),
    ("the same; settle 3 min", |rng| cold_cache(180, 1.0, rng)),
    ("* slow share × 10 decaying over 3 min; settle 3 min", |rng| cold_cache(180, 3.0, rng)),
    ("* one pod on a bad node (rate sd .5 per pod)", |rng| pods(1, 0.5, 1.0, rng)),
    ("* five pods, some on bad nodes (the same)", |rng| pods(5, 0.5, 1.0, rng)),
    ("* each pod bursts once an hour, 60 s × 20; one pod", |rng| pods(1, 0.0, 20.0, rng)),
    ("* the same; two pods", |rng| pods(2, 0.0, 20.0, rng)),
    ("* the same; five pods", |rng| pods(5, 0.0, 20.0, rng)),
    ("canary as good as the primary, incident × 10 of 5 min", |rng| incident(1.0, 5.0, rng)),
    ("canary 1.25× worse within its limit, incident × 10 of 1 min", |rng| incident(1.25, 1.0, rng)),
    ("canary 1.25× worse, incident × 10 of 5 min", |rng| incident(1.25, 5.0, rng)),
    ("canary 1.4× worse, incident × 10 of 1 min", |rng| incident(1.4, 1.0, rng)),
    ("canary 1.4× worse, incident × 10 of 5 min", |rng| incident(1.4, 5.0, rng)),
];

/// Healthy canaries under attack: how many are rolled back.
pub fn table(effort: Effort, done: &dyn Fn(&str)) -> Table {
    let runs = effort.runs(40, 2_000);
    let title = "Healthy canaries under attack: rolled back within 30 minutes (outside the promise: *)";
    let mut table = Table::new("attacks", title, SEED, runs, &["what happens", "rolled back"]);
    for (name, attack) in ATTACKS {
        done(name);
        let found = parallel(runs, SEED, &|_| {}, |rng, _| {
            let Case { stream, policy, pods } = attack(rng);
            watch(&policy, 0, &stream.history, &stream.pair(), pods).found.is_some()
        });
        table.row(name, vec![Cell::Share(Share::among(&found, |f| *f))]);
    }
    table
}

/// A fault after hours of health.
pub fn late(effort: Effort, done: &dyn Fn(&str)) -> Table {
    let runs = effort.runs(4, 500);
    let title = "Errors .05 → 1 % after hours of health: found within 30 minutes of the onset; median minutes; bad requests";
    let mut table = Table::new("late", title, SEED, runs, &["onset", "iid", "bursty", "mixed"]);
    for hours in [0_u8, 3, 12] {
        done(&format!("after {hours} h"));
        let cells = [Noise::IID, Noise::BURSTY, Noise::MIXED].map(|noise| {
            let onset = Span::from_min(60 * i64::from(hours));
            let fault = Fault::of(Kind::Errors(0.01)).after(onset);
            let minutes = 60 * usize::from(hours) + 30;
            let scene = Scene { minutes, ..Scene::healthy(noise).with(fault) };
            let policy = policy();
            let delays = parallel(runs, SEED, &|_| {}, |rng, _| {
                let stream = scene.draw(rng);
                let found = watch(&policy, 0, &stream.history, &stream.pair(), 2).found;
                found.map(|f| f.minutes - onset.as_min()).filter(|m| *m > 0.0)
            });
            let median_min = Quantiles::of(delays.iter().copied().flatten()).map(|q| q.median);
            let bad = median_min.map(|m| m * scene.bad_per_min());
            Cell::Found { power: Share::among(&delays, Option::is_some), median_min, bad }
        });
        table.row(format!("after {hours} h"), cells.to_vec());
    }
    table
}

fn case(stream: Stream, pods: u32) -> Case {
    Case { stream, policy: policy(), pods }
}

/// The canary is scraped half an interval after the primary, so the two arms' counts are of shifted times; the cutter makes
/// an increment only where both have news, here every two polls.
fn alternate(noise: Noise, rng: &mut ChaCha8Rng) -> Case {
    let mut policy = policy();
    policy.scrape_interval = DT;
    let stream = Scene::healthy(noise).draw(rng);
    let two = |a: Tally, b: Tally| Tally {
        total: a.total + b.total,
        bad: core::array::from_fn(|i| a.bad[i] + b.bad[i]),
    };
    let history = stream.history.chunks_exact(2).map(|h| two(h[0], h[1])).collect();
    let cut = |w: &[[Tally; 3]]| [two(w[1][0], w[2][0]), two(w[0][1], w[1][1]), two(w[0][2], w[1][2])];
    let polls = stream.polls.windows(3).step_by(2).map(cut).collect();
    Case { stream: Stream { history, polls }, policy, pods: 2 }
}

/// Slow requests of the canary: ten times as many at first, decaying with a time constant of `decay_min`.
fn cold_cache(settle_s: i64, decay_min: f64, rng: &mut ChaCha8Rng) -> Case {
    let scene = Scene::healthy(Noise::IID);
    let mut stream = scene.draw(rng);
    let usual = scene.traffic.demand(scene.share, LIMIT_MS, Kind::None).bad[0] * DT.as_s();
    for (poll, [canary, ..]) in stream.polls.iter_mut().enumerate() {
        let minutes = (poll as f64 + 0.5) * DT.as_min();
        canary.bad[0] += poisson(9.0 * usual * exp(-minutes / decay_min), rng);
    }
    let mut policy = policy();
    policy.steps.iter_mut().for_each(|step| step.settle = Span::from_s(settle_s));
    Case { stream, policy, pods: 2 }
}

/// A canary of `canary` pods beside a primary of nineteen times as many, where each pod's rates differ for good by
/// `node_sd` (of the logarithm) and each is `burst` times as bad for a minute, once an hour on average.
fn pods(canary: u32, node_sd: f64, burst: f64, rng: &mut ChaCha8Rng) -> Case {
    let scene = Scene::healthy(Noise::IID);
    let whole = scene.traffic.demand(1.0, LIMIT_MS, Kind::None);
    let all = 20 * canary as usize;
    let node = |rng: &mut ChaCha8Rng| {
        exp(node_sd * Distribution::<f64>::sample(&StandardNormal, rng) - node_sd * node_sd / 2.0)
    };
    let mut fleet: Vec<Pod> = (0..all).map(|_| Pod { node: node(rng), left: 0, burst }).collect();
    let each = |requests: f64| requests * DT.as_s() / all as f64;
    let bad = whole.bad.map(each);
    let mut arm = |range: std::ops::Range<usize>, rng: &mut ChaCha8Rng| {
        let total = each(whole.requests) * range.len() as f64;
        let mut tally = Tally { total, bad: [0.0; 3] };
        for pod in &mut fleet[range] {
            let rate = pod.rate(rng);
            for (sum, bad) in tally.bad.iter_mut().zip(bad) {
                *sum += poisson(bad * rate, rng);
            }
        }
        tally
    };
    // Before the rollout the primary served everything, on its own pods.
    let own = canary as usize;
    let history = (0..120 * PER_MIN).map(|_| arm(own..all, rng)).collect();
    let polls = (0..30 * PER_MIN).map(|_| [arm(0..own, rng), arm(own..all, rng), Tally::default()]).collect();
    case(Stream { history, polls }, canary)
}

struct Pod {
    node: f64,
    /// Polls left of a burst.
    left: usize,
    burst: f64,
}

impl Pod {
    fn rate(&mut self, rng: &mut ChaCha8Rng) -> f64 {
        let begins = rng.random::<f64>() < DT.as_min() / 60.0;
        self.left = if begins { PER_MIN } else { self.left.saturating_sub(1) };
        self.node * if self.left > 0 { self.burst } else { 1.0 }
    }
}

/// From minute 8 on, for `for_min`, both versions are ten times as bad; the canary is `worse` times the primary all the time.
fn incident(worse: f64, for_min: f64, rng: &mut ChaCha8Rng) -> Case {
    let scene = Scene::healthy(Noise::IID);
    let mut site = Site::<3>::new(Noise::IID, DT, rng).steady();
    let mut stream = scene.draw(rng);
    for poll in 0..stream.polls.len() {
        let minutes = poll as f64 * DT.as_min();
        let times = if (8.0..8.0 + for_min).contains(&minutes) { 10.0 } else { 1.0 };
        let arm = |share: f64, worse: f64| {
            let mut demand = scene.traffic.demand(share, LIMIT_MS, Kind::None);
            demand.bad = demand.bad.map(|b| b * times * worse);
            demand
        };
        let demands = [arm(scene.share, worse), arm(1.0 - scene.share, 1.0), arm(scene.share, 1.0)];
        stream.polls[poll] = site.poll(&demands, None, rng);
    }
    case(stream, 2)
}
