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

/// Sizes closer than this share of the usual one are ties: the last bits of a logarithm must not rank.
const SAME: f64 = 1e-9;

/// A canary up to this many times as noisy counts as healthy: it is called breached at most at [`super::MARGIN_ALPHA`].
pub const SPREAD_MARGIN: f64 = 1.2;

/// What the spread says; more is worse, whatever the direction of the metric.
pub(super) fn charge(view: &View, settled: usize) -> Charge {
    let [control, canary] = residuals(view.pair);
    let compared = terms(&control, &canary);
    // Squares of terms with correlation ρ have correlation ρ².
    let rho = view.rho * view.rho;
    let from = settled.max(symmetric::settled(&compared, rho));
    let p = match &view.past {
        Some(past) => past.spread(mean(&compared[from..])),
        None => symmetric::sum(&compared[from..], rho).p,
    };
    let quieter: Vec<f64> = canary.iter().map(|r| r / SPREAD_MARGIN).collect();
    let margin = symmetric::sum(&terms(&control, &quieter)[from..], rho).p;
    let p_margin = margin.max(symmetric::lasts(&compared, rho));
    let (was, is) = (size(&control[from..]), size(&canary[from..]));
    let ratio = if was > 0.0 { (is / was).min(1e100) } else { 1e100 };
    let text = format!("spread {} (margin {})", say::factor(ratio), say::factor(SPREAD_RATIO));
    let enough = is > was && ratio >= SPREAD_RATIO && is - was >= view.pair.margin(SPREAD_FLOOR);
    view.charge(Test::Spread, text, p, p_margin, enough)
}

/// Both sides less what they share: the median of both around each instant, the canary's level laid upon the control's.
///
/// The median of both, not each side's own: it does not change when labels are swapped, so neither do the sizes.
fn residuals(pair: &Pair) -> [Vec<f64>; 2] {
    let apart = pair.difference(1.0);
    let middle = median(apart.iter().copied());
    let error = 1.253_3 * MAD_TO_SD * median(apart.iter().map(|d| (d - middle).abs())) / (pair.len() as f64).sqrt();
    // Only what is certainly a shift is taken out: taking out chance as well would swap with no label.
    let shift = middle.signum() * (middle.abs() - 2.0 * error).max(0.0);
    let moved: Vec<f64> = pair.canary.iter().map(|v| v - shift).collect();
    let less = |side: &[f64]| -> Vec<f64> {
        side.iter().enumerate().map(|(i, v)| v - surroundings(&pair.control, &moved, i)).collect()
    };
    // A lower level makes the same noise look larger on logarithms: there it is told in the control's unit.
    let unit = if pair.logs { crate::math::exp(shift.clamp(-230.0, 0.0)) } else { 1.0 };
    [less(&pair.control), less(&moved).iter().map(|r| r * unit).collect()]
}

/// The mean term of two windows of the past.
pub(super) fn placebo(control: &[f64], canary: &[f64]) -> f64 {
    let [control, canary] = residuals(&Pair::placebo(control, canary));
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
