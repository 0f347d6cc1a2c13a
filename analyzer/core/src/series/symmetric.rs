//! The sum of symmetric terms over the root of its sum of squares: one statistic for level, spread and joint evidence.
//!
//! Swapping the labels of an instant flips the sign of its term. Under "healthy" every pattern of signs is equally likely, so
//! given the sizes the sum is bounded whatever the law (Hoeffding: P(S ≥ s) ≤ e^{−s²/2}; Efron 1969 on Student's t of symmetric
//! variables). It is read as Student's t, which is exact for normal terms and careful for heavy tails, and never as rarer
//! than 2^−k of k signs. Reading S itself as normal cost about five points of power.
//!
//! Terms of neighbouring instants may be correlated: the statistic shrinks by √((1−ρ)/(1+ρ)). A start that was bad and has
//! healed is left out: what counts is the rest.

use super::robust::{MAD_TO_SD, mean, median};
use super::{MARGIN_ALPHA, chance};

/// The first share of the window that a healed start may take.
pub(super) const WARM_UP: f64 = 0.4;

/// How many standard errors worse than the rest a start must be before it is left out of a level.
///
/// Low, because what is left out only costs power, and what is left in convicts (1.5: 2–4 % of starts of two standard deviations).
pub(super) const WARMER: f64 = 0.85;

/// Terms beyond this many robust standard deviations are cut.
const CUT: f64 = 2.5;

/// What a series of symmetric terms says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Said {
    /// The self-normalised sum, corrected for correlation; above 0 speaks against the canary.
    pub(super) z: f64,
    /// The chance of a `z` as large.
    pub(super) p: f64,
}

/// The self-normalised sum of `terms` with lag-1 correlation `rho` in 0..1.
pub(super) fn sum(terms: &[f64], rho: f64) -> Said {
    let largest = terms.iter().fold(0.0, |m: f64, t| m.max(t.abs()));
    if largest <= 0.0 {
        return Said { z: 0.0, p: 0.5 };
    }
    let scaled = || terms.iter().map(|t| t / largest);
    let squares: f64 = scaled().map(|t| t * t).sum();
    let (n, sum) = (terms.len() as f64, scaled().sum::<f64>() / squares.sqrt());
    let t = sum * ((n - 1.0) / (n - sum * sum).max(1e-9)).sqrt() * shrink(rho);
    // No pattern of k signs is rarer than 2^−k.
    let signs = terms.iter().filter(|t| **t != 0.0).count().min(900);
    Said {
        z: t,
        p: chance::above_student(t, (n - 1.0).max(1.0))
            .max(crate::math::exp(-(signs as f64) * core::f64::consts::LN_2)),
    }
}

/// What correlation ρ between neighbours leaves of a statistic.
pub(super) fn shrink(rho: f64) -> f64 {
    ((1.0 - rho) / (1.0 + rho)).max(0.0).sqrt()
}

/// Terms without their extremes: cut at 2.5 robust standard deviations *about zero*, so that they stay symmetric.
pub(super) fn cut(terms: &[f64]) -> Vec<f64> {
    let middle = MAD_TO_SD * median(terms.iter().map(|t| t.abs()));
    // More than half are exactly 0: the mean size of the rest tells the scale.
    let scale = if middle > 0.0 { middle } else { 1.25 * mean_size(terms) };
    terms.iter().map(|t| t.clamp(-CUT * scale, CUT * scale)).collect()
}

fn mean_size(terms: &[f64]) -> f64 {
    let sizes: Vec<f64> = terms.iter().map(|t| t.abs()).filter(|t| *t > 0.0).collect();
    mean(&sizes)
}

/// Where the part that counts begins: 0, or after a start that is worse than the rest.
///
/// The start is worse if it is so by `warmer` standard errors.
pub(super) fn settled(terms: &[f64], rho: f64, warmer: f64) -> usize {
    let from = warm_up(terms.len());
    if contrast(terms, from) * shrink(rho) <= -warmer { from } else { 0 }
}

/// The chance of what the part after a warm-up says by itself, in units in which `enough` passes as a margin does.
///
/// What only the start carries is a warm-up that the contrast was too weak to see.
pub(super) fn lasts(terms: &[f64], rho: f64, enough: f64) -> f64 {
    let late = &terms[warm_up(terms.len()).min(terms.len())..];
    (sum(late, rho).p * MARGIN_ALPHA / enough).min(1.0)
}

/// The length of a start that may be left out.
pub(super) fn warm_up(n: usize) -> usize {
    (WARM_UP * n as f64).ceil() as usize
}

/// How far the mean from `at` on lies above the mean before, in standard errors; 0 where either part is empty.
fn contrast(terms: &[f64], at: usize) -> f64 {
    let (start, rest) = terms.split_at(at.min(terms.len()));
    if start.is_empty() || rest.is_empty() || terms.len() < 3 {
        return 0.0;
    }
    let (before, after) = (mean(start), mean(rest));
    let error = (within(start, rest) * (1.0 / start.len() as f64 + 1.0 / rest.len() as f64)).sqrt();
    let apart = after - before;
    match (error > 0.0, apart.abs() > 0.0) {
        (true, _) => (apart / error).clamp(-1e6, 1e6),
        (false, true) => 1e6 * apart.signum(),
        (false, false) => 0.0,
    }
}

/// The variance within two parts, about their own means.
pub(super) fn within(start: &[f64], rest: &[f64]) -> f64 {
    let about = |part: &[f64]| {
        let middle = mean(part);
        part.iter().map(|t| (t - middle) * (t - middle)).sum::<f64>()
    };
    (about(start) + about(rest)) / (start.len() + rest.len()).saturating_sub(2).max(1) as f64
}
