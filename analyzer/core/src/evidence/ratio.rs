//! One increment against "the canary's rate is at most r₀ times the primary's".
//!
//! Given how many bad events there were in both arms together, the canary's share of them is binomial with
//! π₀ = r₀k/(1 + r₀k), where k is the *observed* ratio of exposures. Whatever shakes both arms alike (load, a sick
//! dependency) cancels. Sharing out events instead of requests makes it exact for any common rate.
//! Formula: Lindon and Malek 2022; validity for Bernoulli data: (r₀k)(a−1) = 1−b for the two likelihood ratios.

use super::panel::{Cap, FRACTIONS, Factors, LN_RATIOS, RATIOS, SILENT};
use crate::math::{exp, ln_1p};
use crate::time::Span;
use serde::{Deserialize, Serialize};

/// The multiple of the primary's rate that blames nobody where a policy names none.
///
/// Also for a limit: a canary that is mildly worse within its limit is lifted over it by an incident that hits both, and is
/// then over it and worse, poll after poll. Blamed from 1 on, 58 of a hundred canaries at 1.4 times their primary were
/// rolled back by an incident of five minutes; blamed from 1.5 on, none (docs/STATISTICS.md).
pub const TOLERATED: f64 = 1.5;

/// The counts of one region that a comparison needs. Regions are pooled by listing their cells.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Bad events of the canary.
    pub canary_bad: f64,
    /// Bad events of the primary.
    pub primary_bad: f64,
    /// Exposure of the canary over exposure of the primary, as observed; both were exposed.
    pub exposure_ratio: f64,
}

/// The bettors' factors against "rate ratio ≤ `tolerated`".
///
/// Without a bad event in any cell there is nothing to share out, and the poll says nothing.
pub fn factors(cells: &[Cell], tolerated: f64, phi: f64, dt: Span, cap: Cap) -> Factors {
    let expected: f64 = cells.iter().map(|c| (c.canary_bad + c.primary_bad) * share(c, tolerated)).sum();
    if expected <= 0.0 || !expected.is_finite() {
        return SILENT;
    }
    let ln_cap = cap.ln_max(dt);
    let excess = (cells.iter().map(|c| c.canary_bad).sum::<f64>() / expected).min(exp(ln_cap));
    let mut factors = SILENT;
    let (fractions, likelihoods) = factors.split_at_mut(FRACTIONS.len());
    for (factor, stake) in fractions.iter_mut().zip(FRACTIONS) {
        *factor = 1.0 + stake * (excess - 1.0);
    }
    for ((factor, ratio), ln_ratio) in likelihoods.iter_mut().zip(RATIOS).zip(LN_RATIOS) {
        let ln_likelihood: f64 = cells.iter().map(|c| ln_likelihood(c, tolerated, ratio, ln_ratio)).sum();
        *factor = exp((ln_likelihood / phi).min(ln_cap));
    }
    factors
}

/// π₀: the canary's share of the bad events when its rate is `tolerated` times the primary's.
fn share(cell: &Cell, tolerated: f64) -> f64 {
    let odds = tolerated * cell.exposure_ratio;
    odds / (1.0 + odds)
}

/// ln of `(π_r/π₀)^{x_c} ((1−π_r)/(1−π₀))^{x_p}`.
pub(super) fn ln_likelihood(cell: &Cell, tolerated: f64, ratio: f64, ln_ratio: f64) -> f64 {
    let odds = tolerated * cell.exposure_ratio;
    // ln((1 + k r₀)/(1 + r k r₀)), as one logarithm that is exact for a small canary.
    let shift = ln_1p(odds * (1.0 - ratio) / (1.0 + ratio * odds));
    cell.canary_bad * (ln_ratio + shift) + cell.primary_bad * shift
}

#[cfg(test)]
mod tests {
    use super::*;

    const DT: Span = Span::from_s(30);

    fn cell(canary_bad: f64, primary_bad: f64, exposure_ratio: f64) -> Cell {
        Cell { canary_bad, primary_bad, exposure_ratio }
    }

    #[test]
    fn nothing_bad_anywhere_says_nothing() {
        assert_eq!(factors(&[cell(0.0, 0.0, 0.1)], 1.0, 1.0, DT, Cap::for_targets(2)), SILENT);
        assert_eq!(factors(&[], 1.0, 1.0, DT, Cap::for_targets(2)), SILENT);
    }

    #[test]
    fn an_incident_that_hits_both_arms_alike_speaks_against_nobody() {
        let shared = factors(&[cell(50.0, 950.0, 50.0 / 950.0)], 1.0, 1.0, DT, Cap::for_targets(2));
        assert!(shared.iter().all(|f| *f <= 1.0 + 1e-9), "{shared:?}");
    }

    #[test]
    fn extremes_stay_numbers() {
        let extreme = factors(&[cell(1e12, 0.0, 1e-12)], 1.0, 1.0, DT, Cap::for_targets(2));
        assert!(extreme.iter().all(|f| f.is_finite()), "{extreme:?}");
    }
}
