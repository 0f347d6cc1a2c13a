//! Tail: does the canary have extreme points that the control has not?
//!
//! Here exchangeability alone cannot convict: three points that fall on one side by chance do so with probability 1/8. So this
//! test leans on one assumption more: points as extreme as [`EXTREME`] robust standard deviations are as rare in healthy noise as
//! under Student's law with four degrees. And because a healthy service may spike on both sides, the control must have none
//! (or so few that equal rates would not be so lopsided). Points extreme on both sides at once belong to neither.

use super::metric::{Charge, Test, View};
use super::placebo::FEWEST_WINDOWS;
use super::robust::{MAD_TO_SD, median, quantile, surroundings};
use super::{ALPHA, chance, symmetric};

/// A point is extreme beyond this many robust standard deviations of its surroundings.
pub const EXTREME: f64 = 4.5;

/// An extreme point is worse than its surroundings by at least this share of the control's typical value.
pub const TAIL_FLOOR: f64 = 0.2;

/// Fewer extreme points never convict.
pub const FEWEST_EXTREMES: usize = 3;

/// How often healthy noise is as extreme: what Student's law with four degrees leaves beyond 4.5 of its robust deviations.
const RARE: f64 = 0.004;

/// How far the differences must be extreme too, in their robust standard deviations.
const APART: f64 = 2.5;

/// A shorter run of bad points at the start is no warm-up.
const SHORTEST_RUN: usize = 4;

/// The most that two equally spiky sides may be this lopsided by chance: three against none pass, while more need more.
const LOPSIDED: f64 = 0.045;

/// Beyond so many metrics each may be less lopsided: among ten spiky ones, three against none is soon seen somewhere.
const FEW_METRICS: f64 = 3.0;

/// As [`LOPSIDED`], once the control has extremes of its own: it is then known to spike.
const LOPSIDED_SPIKY: f64 = 0.01;

/// What the extreme points say, worse in the direction of `sign`. `warm` says whether the start was left out.
pub(super) fn charge(view: &View, sign: f64) -> Charge {
    let found = extremes(view, sign);
    let (more, fewer) = (found.canary, found.control);
    let lopsided = chance::lopsided(more, fewer);
    let text = format!("tail: {more} extreme points, control {fewer}");
    if found.blank {
        // Nothing tells how noisy healthy points are: only exchangeability speaks.
        return view.charge(Test::Tail, text, lopsided, 0.0, lopsided <= ALPHA && more >= FEWEST_EXTREMES);
    }
    let expected =
        RARE.max(usual_share(&view.pair.history, view.pair.len(), sign, found.usual)) * found.points as f64;
    let p = chance::at_least(more, expected);
    let most = if fewer == 0 { LOPSIDED } else { LOPSIDED_SPIKY } / (view.metrics / FEW_METRICS).max(1.0);
    view.charge(Test::Tail, text, p, 0.0, more >= FEWEST_EXTREMES && lopsided <= most && found.lasting)
}

struct Extremes {
    canary: usize,
    control: usize,
    /// Points looked at, without a bad start.
    points: usize,
    /// Not nearly all of the canary's lie in the part that a warm-up may take.
    lasting: bool,
    /// A robust standard deviation of both sides.
    usual: f64,
    /// More than half of all points are alike, so there is no scale.
    blank: bool,
}

fn extremes(view: &View, sign: f64) -> Extremes {
    let pair = view.pair;
    let n = pair.len();
    let common = surroundings(&pair.control, &pair.canary);
    let residuals = |side: &[f64]| -> Vec<f64> {
        let raw: Vec<f64> = side.iter().zip(&common).map(|(v, c)| sign * (v - c)).collect();
        let middle = median(raw.iter().copied());
        raw.iter().map(|r| r - middle).collect()
    };
    let (control, canary) = (residuals(&pair.control), residuals(&pair.canary));
    let mut pooled: Vec<f64> = control.iter().chain(&canary).copied().collect();
    let usual = scale(&mut pooled);
    let apart: Vec<f64> = canary.iter().zip(&control).map(|(e, c)| e - c).collect();
    let usual_apart = MAD_TO_SD * median(apart.iter().map(|d| d.abs()));
    let floor = pair.margin(TAIL_FLOOR);
    let from = healed(&apart, usual_apart);
    let far = |own: f64, other: f64, apart: f64| {
        own > EXTREME * usual
            && own > floor
            && other <= 0.5 * own
            && apart > APART * usual_apart
            && apart > 0.0
    };
    let canary_from = |from: usize| (from..n).filter(|i| far(canary[*i], control[*i], apart[*i])).count();
    let (more, late) = (canary_from(from), canary_from(symmetric::warm_up(n)));
    Extremes {
        canary: more,
        control: (from..n).filter(|i| far(control[*i], canary[*i], -apart[*i])).count(),
        points: n - from,
        lasting: 4 * late >= more,
        usual,
        blank: usual <= 0.0,
    }
}

/// The share of points of the past that are extreme, one more imagined; 0 where the past is too short to tell.
///
/// A version that has always spiked is no worse for going on.
fn usual_share(history: &[f64], n: usize, sign: f64, usual: f64) -> f64 {
    if history.len() < FEWEST_WINDOWS * n {
        return 0.0;
    }
    let common = surroundings(history, history);
    let far = |(v, c): (&f64, &f64)| sign * (v - c) > EXTREME * usual;
    let count = history.iter().zip(&common).filter(|pair| far(*pair)).count();
    (count + usize::from(count > 0)) as f64 / history.len() as f64
}

/// A robust standard deviation that a skewed law does not make too small: the larger of the middle's and the upper part's.
fn scale(pooled: &mut [f64]) -> f64 {
    let upper = quantile(pooled, 0.8) / 0.841_621;
    (MAD_TO_SD * median(pooled.iter().map(|r| r.abs()))).max(upper)
}

/// Where a run of bad points at the start ends, if it ends early enough to be a warm-up; else 0.
fn healed(apart: &[f64], usual: f64) -> usize {
    let bad = |d: &f64| *d > usual && *d > 0.0;
    let longest = symmetric::warm_up(apart.len());
    // One good point within the run does not end it; two do.
    let end = (0..apart.len()).find(|i| !apart[*i..].iter().take(2).any(bad)).unwrap_or(apart.len());
    if end <= longest && end >= SHORTEST_RUN { end } else { 0 }
}
