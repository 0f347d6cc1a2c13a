//! Proof without a limit: the canary's rate is *less* than a multiple of the primary's.
//!
//! The mirror of [`super::ratio`]: given all bad events of a poll, the canary's share of them under "the rate ratio is at
//! least ρ" is at least π₀ = ρk/(1 + ρk); a bettor on r < 1 is paid `(π_r/π₀)^{x_c} ((1−π_r)/(1−π₀))^{x_p}`, tempered by φ.
//! Its expectation is at most 1 for every ratio of at least ρ, by the argument for r > 1 with both signs turned.

use super::panel::PROOF_RATIOS;
use super::proof::{LN_PROOF_RATIOS, Proof};
use super::ratio::{Cell, ln_likelihood};

/// Health is shown below this many times the tolerated multiple: as at a first step, twice.
pub const MARGIN: f64 = 2.0;

/// One poll against "the canary's rate is at least `multiple` times the primary's".
pub fn bet(proof: &mut Proof, cell: &Cell, multiple: f64, phi: f64) {
    if cell.canary_bad + cell.primary_bad <= 0.0 {
        return;
    }
    let ln_factors =
        core::array::from_fn(|i| ln_likelihood(cell, multiple, PROOF_RATIOS[i], LN_PROOF_RATIOS[i]) / phi);
    proof.pay(&ln_factors);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::exp;
    use statrs::distribution::{Binomial, Discrete};

    #[test]
    fn no_bettor_on_health_gains_on_average_at_the_multiple_or_above() {
        let (k, multiple) = (1.0 / 19.0, 3.0);
        for truth in [multiple, 2.0 * multiple] {
            for events in [1_u64, 7, 40] {
                let law = Binomial::new(truth * k / (1.0 + truth * k), events).unwrap();
                for (ratio, ln_ratio) in PROOF_RATIOS.into_iter().zip(LN_PROOF_RATIOS) {
                    let mean: f64 = (0..=events)
                        .map(|c| {
                            let (canary_bad, primary_bad) = (c as f64, (events - c) as f64);
                            let cell = Cell { canary_bad, primary_bad, exposure_ratio: k };
                            law.pmf(c) * exp(ln_likelihood(&cell, multiple, ratio, ln_ratio))
                        })
                        .sum();
                    assert!(mean <= 1.0 + 1e-9, "{truth} {events} {ratio}: {mean}");
                }
            }
        }
    }

    #[test]
    fn a_canary_like_its_primary_is_proved_and_one_at_the_multiple_is_not() {
        let prove = |canary_bad| {
            let mut proof = Proof::default();
            let cell = Cell { canary_bad, primary_bad: 19.0, exposure_ratio: 1.0 / 19.0 };
            (0..40).for_each(|_| bet(&mut proof, &cell, 3.0, 1.25));
            proof.is_proved()
        };
        assert!(prove(1.0) && !prove(3.0));
    }
}
