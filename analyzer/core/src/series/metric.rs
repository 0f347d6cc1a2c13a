//! One metric: its tests under one budget, and what they come to.

use super::pair::Pair;
use super::placebo::{self, Past};
use super::robust::{mean, median};
use super::{ALPHA, Metric, SHARES, chance, level, say, spread, symmetric, tail, trend};
use crate::recorded::{Finding, SignalVerdict};

/// Fewer points on a side are never judged.
pub const FEWEST_POINTS: usize = 10;

/// Beyond this correlation between neighbours thirty points are too few to be told from a drift; only history helps.
pub const MEMORY: f64 = 0.5;

/// The tests, in the order of [`SHARES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Level,
    Trend,
    Spread,
    Tail,
    Joint,
}

/// What one test says.
#[derive(Clone, Debug)]
pub(super) struct Charge {
    /// The chance of it, of this test alone.
    pub(super) p: f64,
    /// The chance of it in units of the case's: [`ALPHA`] or less convicts. 1 where it is within a margin.
    pub(super) spent: f64,
    /// What was seen, with its margin.
    pub(super) text: String,
    /// Certain, but too small to matter.
    pub(super) within: bool,
}

/// What a test needs to know of a metric.
pub(super) struct View<'a> {
    pub(super) pair: &'a Pair,
    /// Lag-1 correlation of the noise, 0 to 1.
    pub(super) rho: f64,
    /// How often this test is made in the case: metrics × directions.
    pub(super) looks: f64,
    /// Metrics in the case.
    pub(super) metrics: f64,
    /// What the same statistics did in the old version's past, where neighbours are too alike to judge without.
    pub(super) past: Option<Past>,
}

impl View<'_> {
    /// The chance at which a test convicts. A lone metric leaves nothing to judge jointly: the others share what that would spend.
    pub(super) fn threshold(&self, test: Test) -> f64 {
        let looks = if test == Test::Spread { self.metrics } else { self.looks };
        let joint = if self.metrics < 2.0 { SHARES[Test::Joint as usize] } else { 0.0 };
        ALPHA * SHARES[test as usize] / (1.0 - joint) / looks
    }

    /// A charge with chance `p`, and `p_margin` that it is no more than its margin; `matters` if it is measured to be.
    pub(super) fn charge(&self, test: Test, text: String, p: f64, p_margin: f64, matters: bool) -> Charge {
        let spent = (p * ALPHA / self.threshold(test)).min(1.0);
        let margin = (p_margin * self.metrics * ALPHA / level::MARGIN_ALPHA).min(1.0);
        let within = spent <= ALPHA && (!matters || margin > ALPHA);
        Charge { p, spent: if matters { spent.max(margin) } else { 1.0 }, text, within }
    }
}

/// A judged metric, and what the joint test needs of it.
pub(super) struct Judged {
    pub(super) verdict: SignalVerdict,
    /// None where the metric cannot take part.
    pub(super) joint: Option<Share>,
}

/// A metric's part in the joint test.
pub(super) struct Share {
    pub(super) pair: Pair,
    pub(super) rho: f64,
    pub(super) signs: &'static [f64],
}

/// Judges one of `metrics` metrics.
pub(super) fn judge(metric: &Metric, metrics: usize) -> Judged {
    let inconclusive =
        |reason: String| Judged { verdict: verdict(metric, Finding::Inconclusive, 1.0, reason), joint: None };
    let n = metric.control.len();
    if n < FEWEST_POINTS {
        return inconclusive(format!("{n} points a side, {FEWEST_POINTS} are the fewest"));
    }
    let constant = (constant(&metric.control), constant(&metric.experiment));
    if constant == (true, true) {
        return inconclusive("no variance: neither side ever changes".into());
    }
    let signs = metric.direction.signs();
    let (looks, metrics) = ((metrics * signs.len()) as f64, metrics as f64);
    if chance::above((n as f64).sqrt()) * looks / SHARES[Test::Level as usize] > ALPHA {
        return inconclusive(format!("{n} points a side are too few to convict any of {metrics} metrics"));
    }
    let pair = Pair::of(metric);
    let rho = correlation(&pair);
    let past = if rho > MEMORY { placebo::past(&pair) } else { None };
    if rho > MEMORY && past.is_none() {
        return inconclusive(format!(
            "autocorrelated: ρ = {rho:.2}, and {}",
            placebo::lacking(n, pair.history.len())
        ));
    }
    // The smaller of two estimates is too small on average.
    let rho = 1.5 * rho;
    let view = View { pair: &pair, rho, looks, metrics, past };
    let charges = charges(&view, signs);
    let verdict = weigh(metric, &view, &charges, constant);
    let joint = view.past.is_none().then_some(());
    Judged { verdict, joint: joint.map(|()| Share { rho, signs, pair }) }
}

fn charges(view: &View, signs: &[f64]) -> Vec<Charge> {
    let mut charges = Vec::with_capacity(7);
    for sign in signs {
        charges.extend([level::charge(view, *sign), trend::charge(view, *sign), tail::charge(view, *sign)]);
    }
    let settled = signs.iter().map(|sign| {
        symmetric::settled(&symmetric::cut(&view.pair.difference(*sign)), view.rho, spread::WARMER)
    });
    charges.push(spread::charge(view, settled.max().unwrap_or(0)));
    charges
}

fn weigh(metric: &Metric, view: &View, charges: &[Charge], constant: (bool, bool)) -> SignalVerdict {
    let least = charges.iter().min_by(|a, b| a.spent.total_cmp(&b.spent));
    let Some(first) = least else { return verdict(metric, Finding::Inconclusive, 1.0, String::new()) };
    let odds = 1.0 / first.spent.clamp(chance::LEAST, 1.0);
    let told = |c: &Charge| format!("{}, p = {}", c.text, say::chance(c.p));
    let past = view.past.as_ref().map_or(String::new(), |p| format!("; {}", p.used()));
    if first.spent <= ALPHA {
        let convicts: Vec<String> = charges.iter().filter(|c| c.spent <= ALPHA).map(told).collect();
        return verdict(metric, Finding::Breached, odds, format!("{}{past}", convicts.join("; ")));
    }
    if let Some(reason) = stuck(view.pair, constant, metric.direction.signs()) {
        return verdict(metric, Finding::Inconclusive, odds, reason);
    }
    let within = charges.iter().find(|c| c.within);
    let reason = match within {
        Some(charge) => format!("{}: certain, but too small to matter", told(charge)),
        None => format!("nothing convicts; nearest: {}", told(first)),
    };
    verdict(metric, Finding::Healthy, odds, format!("{reason}{past}"))
}

/// Why a metric with one side that never changes is not called healthy.
fn stuck(pair: &Pair, (control, canary): (bool, bool), signs: &[f64]) -> Option<String> {
    if canary {
        let same = pair.control.iter().filter(|c| **c == pair.canary[0]).count();
        let usual = pair.canary[0] == 0.0 && !pair.logs || 3 * same >= pair.len();
        return (!usual)
            .then(|| "the canary never changes, the control does: a stuck exporter looks like this".into());
    }
    let margin = pair.margin(level::LEVEL_FLOOR);
    let worse = |sign: &f64| pair.difference(*sign).iter().filter(|d| **d > margin).count();
    let worse = signs.iter().map(worse).max().unwrap_or(0);
    (control && worse > 0).then(|| {
        format!(
            "the control never changes, {worse} points of the canary are worse: too few to tell from chance"
        )
    })
}

fn constant(values: &[f64]) -> bool {
    values.iter().all(|v| *v == values[0])
}

/// How alike neighbours are: the lag-1 correlation of the differences, but no more than the old version's own.
///
/// A fault makes differences alike, a shared drift makes the sides alike; noise that really has a memory does both.
fn correlation(pair: &Pair) -> f64 {
    let own = if pair.history.len() >= 3 * pair.len() { &pair.history } else { &pair.control };
    lag_one(&pair.difference(1.0)).min(lag_one(own)).clamp(0.0, 0.6)
}

/// Lag-1 correlation about the mean, without extremes, corrected for its small-sample bias of −(1+3ρ)/n.
fn lag_one(values: &[f64]) -> f64 {
    let middle = median(values.iter().copied());
    let centred: Vec<f64> = values.iter().map(|v| v - middle).collect();
    let cut = symmetric::cut(&centred);
    let average = mean(&cut);
    // An extreme point says nothing of its neighbours: it counts as if it were usual.
    let kept = cut.iter().zip(&centred).map(|(c, v)| if c == v { c - average } else { 0.0 });
    let rest: Vec<f64> = kept.collect();
    let largest = rest.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    if largest <= 0.0 {
        return 0.0;
    }
    let product = |(a, b): (&f64, &f64)| (a / largest) * (b / largest);
    let together: f64 = rest.iter().zip(&rest[1..]).map(product).sum();
    let all: f64 = rest.iter().zip(&rest).map(product).sum();
    let n = values.len() as f64;
    (n * together / all + 1.0) / (n - 3.0)
}

pub(super) fn verdict(metric: &Metric, finding: Finding, evidence: f64, reason: String) -> SignalVerdict {
    SignalVerdict { name: metric.name.clone(), verdict: finding, evidence, reason }
}
