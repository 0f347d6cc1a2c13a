//! Spread: is the canary noisier, beside its level?
//!
//! Each point is held against the median of its own side's neighbours, so level, drift, steps and a warm-up are gone. The
//! sizes of all residuals are ranked together; the squared rank of the canary's less that of the control's, instant by instant, is
//! a symmetric term, and bounded: no kurtosis has to be estimated (a test of logarithms of variances with an estimated kurtosis
//! convicted 2–5 % of healthy pairs on heavy tails). A shock that both sides share ranks high on both and cancels.

use super::metric::{Charge, Test, View};
use super::pair::Pair;
use super::robust::{MAD_TO_SD, against_neighbours, mean, median};
use super::{say, symmetric};

/// A canary less than this many times as noisy is never a breach.
pub const SPREAD_RATIO: f64 = 1.5;

/// A canary whose noise exceeds the control's by less than this share of the control's typical value is never a breach.
pub const SPREAD_FLOOR: f64 = 0.005;

/// Sizes closer than this share of the usual one are ties: the last bits of a logarithm must not rank.
const SAME: f64 = 1e-9;

/// What the spread says; more is worse, whatever the direction of the metric.
pub(super) fn charge(view: &View, settled: usize) -> Charge {
    let (control, canary) = (against_neighbours(&view.pair.control), against_neighbours(&view.pair.canary));
    let terms = terms(&control, &canary);
    // Squares of terms with correlation ρ have correlation ρ².
    let rho = view.rho * view.rho;
    let from = settled.max(symmetric::settled(&terms, rho));
    let said = symmetric::sum(&terms[from..], rho);
    let p = view.past.as_ref().map_or(said.p, |past| past.spread(mean(&terms[from..])));
    let (was, is) = (size(&control[from..]), size(&canary[from..]));
    let ratio = if was > 0.0 { (is / was).min(1e100) } else { 1e100 };
    let text = format!("spread {} (margin {})", say::factor(ratio), say::factor(SPREAD_RATIO));
    let enough = is > was && ratio.min(ratio * shifted(view.pair)) >= SPREAD_RATIO;
    view.charge(Test::Spread, text, p, 0.0, enough && is - was >= view.pair.margin(SPREAD_FLOOR))
}

/// By how much a relative spread exceeds an absolute one, where the canary's level is lower; 1 without logarithms.
fn shifted(pair: &Pair) -> f64 {
    if !pair.logs {
        return 1.0;
    }
    crate::math::exp((median(pair.canary.iter().copied()) - median(pair.control.iter().copied())).clamp(-230.0, 230.0))
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
