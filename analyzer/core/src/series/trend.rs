//! Trend: has the canary become worse toward the end, by a drift or by a step in the middle of the window?
//!
//! The mean of the last part is held against no difference, in units of the noise within both parts: signs alone cannot speak
//! loudly of ten late points (2⁻¹⁰), the quiet rest of the window can. Several beginnings are tried, none within a
//! warm-up, and the best pays for the choice. A drift from better to equal is no breach: the late part has to be worse.

use super::level::{LEVEL_FLOOR, LEVEL_MARGIN};
use super::metric::{Charge, Test, View};
use super::robust::mean;
use super::{chance, say, symmetric};

/// Where the late part may begin, as shares of the window.
const BEGINNINGS: [f64; 5] = [0.4, 0.5, 0.6, 0.7, 0.8];

/// What the choice among them costs: they overlap, so less than five.
const PRICE: f64 = 3.0;

/// No late part has fewer points.
const FEWEST_LATE: usize = 4;

/// The mean of the last part, for comparison with windows of the past.
pub(super) fn late(differences: &[f64]) -> f64 {
    let terms = symmetric::cut(differences);
    mean(&terms[symmetric::warm_up(terms.len()).min(terms.len().saturating_sub(1))..])
}

/// What the late part says, worse in the direction of `sign`.
pub(super) fn charge(view: &View, sign: f64) -> Charge {
    let differences = view.pair.difference(sign);
    let margin = view.pair.margin(LEVEL_MARGIN);
    let (p, p_margin, size, count) = match &view.past {
        Some(past) => {
            let size = late(&differences);
            let from = symmetric::warm_up(differences.len());
            (past.late(size), past.late(size - margin), size, differences.len() - from)
        }
        None => best(&symmetric::cut(&differences), margin, view.rho),
    };
    let relative = say::relative(view.pair.relative(sign * size));
    let text = format!("trend: the last {count} points {relative} (margin {:.0} %)", LEVEL_FLOOR * 100.0);
    view.charge(Test::Trend, text, p, p_margin, size >= view.pair.margin(LEVEL_FLOOR) && size > 0.0)
}

/// The best beginning: its p, its p beyond the margin, the late mean and its number of points.
fn best(terms: &[f64], margin: f64, rho: f64) -> (f64, f64, f64, usize) {
    let n = terms.len();
    let mut best = (1.0, 1.0, 0.0, n);
    for share in BEGINNINGS {
        let from = (share * n as f64).ceil() as usize;
        if n - from < FEWEST_LATE {
            continue;
        }
        let (start, rest) = terms.split_at(from);
        let size = mean(rest);
        let error = (symmetric::within(start, rest) / rest.len() as f64).sqrt();
        let p = |size: f64| {
            let t = if error > 0.0 { size / error } else { 1e6 * size.signum() };
            chance::above_student(t.clamp(-1e6, 1e6) * symmetric::shrink(rho), (n - 2) as f64)
        };
        let chance = (PRICE * p(size)).min(1.0);
        if chance < best.0 {
            best = (chance, p(size - margin), size, rest.len());
        }
    }
    best
}
