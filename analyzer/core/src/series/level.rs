//! Level: is the canary worse on the whole?
//!
//! Two questions at once, and both must be answered yes: is there a difference (at this test's share of the case's 1 %),
//! and is it more than [`LEVEL_MARGIN`] (at [`MARGIN_ALPHA`])? One question alone, "more than the margin, at 0.3 %", would miss
//! a shift of one standard deviation where the noise is 10 %. What is *measured* below [`LEVEL_FLOOR`] never convicts.

use super::metric::{Charge, Test, View};
use super::robust::mean;
use super::{chance, say, symmetric};

/// A measured level within this share of the control's typical value is never a breach, however small the noise.
pub const LEVEL_FLOOR: f64 = 0.05;

/// A true level up to this share worse counts as healthy: it is called breached at most at [`MARGIN_ALPHA`].
pub const LEVEL_MARGIN: f64 = 0.025;

/// The chance that a difference of exactly a margin is called more than the margin.
pub const MARGIN_ALPHA: f64 = 0.02;

/// The part after a warm-up must say the same, at this chance: what only the start carries has healed.
const LASTING: f64 = 0.1;

/// The part of the differences that counts, without extremes.
pub(super) fn terms(differences: &[f64], rho: f64) -> Vec<f64> {
    let terms = symmetric::cut(differences);
    let from = symmetric::settled(&terms, rho, symmetric::WARMER);
    terms[from..].to_vec()
}

/// What the level says, worse in the direction of `sign`.
pub(super) fn charge(view: &View, sign: f64) -> Charge {
    let differences = view.pair.difference(sign);
    let terms = terms(&differences, view.rho);
    let size = mean(&terms);
    let beyond = size - view.pair.margin(LEVEL_MARGIN);
    let (p, p_margin) = match &view.past {
        Some(past) => (past.level(size), past.level(beyond)),
        None => {
            let less: Vec<f64> = differences.iter().map(|d| d - view.pair.margin(LEVEL_MARGIN)).collect();
            let less = symmetric::cut(&less);
            let from = less.len() - terms.len();
            let lasts = symmetric::lasts(&symmetric::cut(&differences), view.rho, LASTING);
            (symmetric::sum(&terms, view.rho).p, symmetric::sum(&less[from..], view.rho).p.max(lasts))
        }
    };
    let p_margin = if beyond > 0.0 { p_margin } else { chance::above(0.0).max(p_margin) };
    let relative = say::relative(view.pair.relative(sign * size));
    let text = format!("level {relative} (margin {:.0} %)", LEVEL_FLOOR * 100.0);
    view.charge(Test::Level, text, p, p_margin, size >= view.pair.margin(LEVEL_FLOOR) && size > 0.0)
}
