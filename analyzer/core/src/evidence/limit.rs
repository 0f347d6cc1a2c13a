//! One increment against "on average at most μ₀ bad events, given the past and this interval's exposure".
//!
//! Fraction bettor: `1 + κ(x/μ₀ − 1)`, with expectation ≤ 1 for any distribution of x. Likelihood bettor:
//! `(r^x e^{−(r−1)μ₀})^{1/φ}`; for sums of independent events its expectation is ≤ 1 at φ = 1, and tempering by the
//! dispersion φ extends that to clustered events (exactly for compound Poisson of fixed cluster size φ).

use super::panel::{Cap, FRACTIONS, Factors, RATIOS, SILENT};
use crate::math::{exp, ln, ln_1p};
use crate::time::Span;

/// The logarithms of the bettors' factors for `bad` events where `allowed` are allowed on average.
///
/// `phi` ≥ 1 is the dispersion of the counts, `dt` the interval's length. An interval without exposure
/// (`allowed` not positive) says nothing.
pub fn factors(bad: f64, allowed: f64, phi: f64, dt: Span, cap: Cap) -> Factors {
    if allowed <= 0.0 || !allowed.is_finite() || !bad.is_finite() {
        return SILENT;
    }
    let ln_cap = cap.ln_max(dt);
    let excess = (bad / allowed).min(exp(ln_cap)).min(f64::MAX);
    let mut ln_factors = SILENT;
    let (fractions, likelihoods) = ln_factors.split_at_mut(FRACTIONS.len());
    for (factor, stake) in fractions.iter_mut().zip(FRACTIONS) {
        *factor = ln_1p(stake * (excess - 1.0));
    }
    for (factor, ratio) in likelihoods.iter_mut().zip(RATIOS) {
        *factor = ((bad * ln(ratio) - (ratio - 1.0) * allowed) / phi).min(ln_cap);
    }
    ln_factors
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DT: Span = Span::from_s(30);

    #[test]
    fn no_exposure_says_nothing() {
        assert_eq!(factors(0.0, 0.0, 1.0, DT, Cap::for_targets(2)), SILENT);
        assert_eq!(factors(3.0, 0.0, 1.0, DT, Cap::for_targets(2)), SILENT);
    }

    #[test]
    fn extremes_stay_numbers() {
        let extreme = factors(1e12, 1e-12, 1.0, DT, Cap::for_targets(2));
        assert!(extreme.iter().all(|f| f.is_finite()), "{extreme:?}");
    }

    proptest! {
        #[test]
        fn more_bad_events_never_speak_less_against(
            bad in 0.0..500.0, more in 0.0..500.0, allowed in 0.001..500.0, phi in 1.0..20.0
        ) {
            let few = factors(bad, allowed, phi, DT, Cap::for_targets(2));
            let many = factors(bad + more, allowed, phi, DT, Cap::for_targets(2));
            prop_assert!(few.iter().zip(many).all(|(f, m)| *f <= m));
        }
    }
}
