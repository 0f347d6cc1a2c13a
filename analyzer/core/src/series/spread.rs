//! Spread: is the canary noisier, beside its level?
//!
//! Each point is held against the median of both sides around it, so a shared drift is gone. The sizes of all residuals are ranked together; the squared rank of the canary's less that of the control's, instant by instant, is
//! a symmetric term, and bounded: no kurtosis has to be estimated (a test of logarithms of variances with an estimated kurtosis
//! convicted 2–5 % of healthy pairs on heavy tails). A shock that both sides share ranks high on both and cancels.

use super::metric::{Charge, Test, View};
use super::pair::Pair;
use super::robust::{MAD_TO_SD, mean, median, surroundings};
use super::{say, symmetric};

/// A canary less than this many times as noisy is never a breach.
pub const SPREAD_RATIO: f64 = 1.5;

/// A canary whose noise exceeds the control's by less than this share of the control's typical value is never a breach.
pub const SPREAD_FLOOR: f64 = 0.005;

/// A median difference of more than this many standard errors is a shift.
const CERTAIN: f64 = 4.0;

/// How many standard errors noisier than the rest a start must be before it is left out.
pub(super) const WARMER: f64 = 2.0;

/// The part after a warm-up must say the same, at this chance.
const LASTING: f64 = 0.05;

/// Sizes closer than this share of the usual one are ties: the last bits of a logarithm must not rank.
const SAME: f64 = 1e-9;

/// A canary up to this many times as noisy counts as healthy: it is called breached at most at [`super::MARGIN_ALPHA`].
pub const SPREAD_MARGIN: f64 = 1.2;

/// What the spread says; more is worse, whatever the direction of the metric.
pub(super) fn charge(view: &View, settled: usize) -> Charge {
    let pair = view.pair;
    // Squares of terms with correlation ρ have correlation ρ².
    let rho = view.rho * view.rho;
    let mut worst = (0.0_f64, 0.0_f64, f64::INFINITY);
    let shifts = shifts(pair);
    for shift in &shifts {
        let [control, canary] = residuals(pair, *shift, shifts.len() == 1);
        let compared = terms(&control, &canary);
        let from = settled.max(symmetric::settled(&compared, rho, WARMER));
        let p = match &view.past {
            Some(past) => past.spread(mean(&compared[from..])),
            None => symmetric::sum(&compared[from..], rho).p,
        };
        if p > view.threshold(Test::Spread) {
            worst = (worst.0.max(p), worst.1, worst.2.min(ratio(pair, &control[from..], &canary[from..])));
            continue;
        }
        let quieter: Vec<f64> = canary.iter().map(|r| r / SPREAD_MARGIN).collect();
        let p_margin = symmetric::sum(&terms(&control, &quieter)[from..], rho).p;
        let ratio = ratio(pair, &control[from..], &canary[from..]);
        worst = (
            worst.0.max(p),
            worst.1.max(p_margin.max(symmetric::lasts(&compared, rho, LASTING))),
            worst.2.min(ratio),
        );
    }
    let (p, p_margin, ratio) = worst;
    let text = format!("spread {} (margin {})", say::factor(ratio), say::factor(SPREAD_RATIO));
    view.charge(Test::Spread, text, p, p_margin, ratio >= SPREAD_RATIO)
}

/// By how much the canary's level may have to be laid upon the control's before sizes are compared.
///
/// Not at all is exact where there is no shift, the median difference where there is one; where that cannot be told, both have to
/// convict. A skewed law compared across a shift would otherwise look wider on one side.
fn shifts(pair: &Pair) -> Vec<f64> {
    let apart = pair.difference(1.0);
    let middle = median(apart.iter().copied());
    let error =
        1.253_3 * MAD_TO_SD * median(apart.iter().map(|d| (d - middle).abs())) / (pair.len() as f64).sqrt();
    if middle.abs() > CERTAIN * error { vec![middle] } else { vec![0.0, middle] }
}

/// Both sides less what they share: the median of both around each instant, the canary moved by `shift`.
///
/// The median of both, not each side's own: it does not change when labels are swapped, so neither do the sizes.
fn residuals(pair: &Pair, shift: f64, certain: bool) -> [Vec<f64>; 2] {
    let moved: Vec<f64> = pair.canary.iter().map(|v| v - shift).collect();
    let common = surroundings(&pair.control, &moved);
    let less = |side: &[f64]| -> Vec<f64> { side.iter().zip(&common).map(|(v, c)| v - c).collect() };
    // A lower level makes the same noise look larger on logarithms: there it is told in the control's unit.
    let unit = if pair.logs && certain { crate::math::exp(shift.clamp(-230.0, 0.0)) } else { 1.0 };
    [less(&pair.control), less(&moved).iter().map(|r| r * unit).collect()]
}

/// How many times as noisy the canary is; at most 1 where the difference is below [`SPREAD_FLOOR`].
fn ratio(pair: &Pair, control: &[f64], canary: &[f64]) -> f64 {
    let (was, is) = (size(control), size(canary));
    if is <= was || is - was < pair.margin(SPREAD_FLOOR) {
        return (is / was.max(f64::MIN_POSITIVE)).min(1.0);
    }
    if was > 0.0 { (is / was).min(1e100) } else { 1e100 }
}

/// The mean term of two windows of the past.
pub(super) fn placebo(control: &[f64], canary: &[f64]) -> f64 {
    let [control, canary] = residuals(&Pair::placebo(control, canary), 0.0, false);
    mean(&terms(&control, &canary))
}

/// The typical size of residuals, as a standard deviation: the mean without extremes.
fn size(residuals: &[f64]) -> f64 {
    let cut: Vec<f64> = symmetric::cut(residuals).iter().map(|r| r.abs()).collect();
    MAD_TO_SD * 0.845 * mean(&cut)
}

/// Squared ranks of the canary's sizes less those of the control's, among all of them, between −1 and 1.
pub(super) fn terms(control: &[f64], canary: &[f64]) -> Vec<f64> {
    let n = control.len();
    let largest = control.iter().chain(canary).fold(0.0, |m: f64, r| m.max(r.abs()));
    if largest <= 0.0 {
        return vec![0.0; n];
    }
    let usual = median(control.iter().chain(canary).map(|r| r.abs()));
    let grid = if usual > 0.0 { usual } else { largest } * SAME;
    let mut sizes: Vec<(f64, usize)> = control
        .iter()
        .chain(canary)
        .enumerate()
        .map(|(i, r)| ((r.abs() / grid.max(f64::MIN_POSITIVE)).round(), i))
        .collect();
    sizes.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut scores = vec![0.0; 2 * n];
    let all = (2 * n + 1) as f64;
    let mut ranked = 0;
    for ties in sizes.chunk_by(|a, b| a.0 == b.0) {
        let rank = (ranked as f64 + (ties.len() + 1) as f64 / 2.0) / all;
        ties.iter().for_each(|(_, i)| scores[*i] = rank * rank);
        ranked += ties.len();
    }
    (0..n).map(|i| scores[n + i] - scores[i]).collect()
}
