//! Proof of health: capital against "the rate is at least m × limit". Begins anew at each step.
//!
//! Proof does not bank: after each poll the capital is scaled so that the evidence stays at most 200. Twelve very
//! good minutes would otherwise still stand as proof one minute after the canary has gone bad (probability 1.00
//! untruncated, 0.04 truncated). Scaling capital down keeps it an e-process.

use super::panel::PROOF_RATIOS;
use crate::math::{ln, ln_sum_exp};
use serde::{Deserialize, Serialize};

/// Evidence that counts as proof: 20 : 1.
pub const PROVED: f64 = 20.0;

/// ln 20, ln 200, and the logarithms of the bettors' ratios: every look and every bet needs them.
const LN_PROVED: f64 = 2.995_732_273_553_991;
const LN_CEILING: f64 = 5.298_317_366_548_036;
pub(super) const LN_PROOF_RATIOS: [f64; PROOF_RATIOS.len()] = [
    -0.356_674_943_938_732_45,
    -core::f64::consts::LN_2,
    -1.049_822_124_498_677_7,
    -1.609_437_912_434_100_3,
    -core::f64::consts::LN_10,
];

/// The capital of the five bettors on health, as logarithms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    ln_w: [f64; PROOF_RATIOS.len()],
    /// Kept, because a look reads it more often than a poll changes it.
    ln_e: f64,
}

impl Default for Proof {
    fn default() -> Self {
        Self { ln_w: [0.0; PROOF_RATIOS.len()], ln_e: 0.0 }
    }
}

impl Proof {
    /// One poll with at most `bad` bad events where `allowed` = m × limit × exposure would be the boundary of
    /// health, under dispersion `phi`. Without exposure nothing is learned.
    pub fn bet(&mut self, bad: f64, allowed: f64, phi: f64) {
        if allowed <= 0.0 || !allowed.is_finite() || !bad.is_finite() {
            return;
        }
        let ln_factor = |i: usize| (bad * LN_PROOF_RATIOS[i] + (1.0 - PROOF_RATIOS[i]) * allowed) / phi;
        self.pay(&core::array::from_fn(ln_factor));
    }

    /// Pays each bettor its factor, given as a logarithm; each has, under "not healthy", an expectation of at most 1.
    pub(super) fn pay(&mut self, ln_factors: &[f64; PROOF_RATIOS.len()]) {
        self.ln_w.iter_mut().zip(ln_factors).for_each(|(ln_w, ln_factor)| *ln_w += ln_factor);
        self.ln_e = ln_sum_exp(self.ln_w.iter().copied()) - ln(self.ln_w.len() as f64);
        let above = self.ln_e - LN_CEILING;
        if above > 0.0 {
            self.ln_w.iter_mut().for_each(|w| *w -= above);
            self.ln_e = LN_CEILING;
        }
    }

    /// The logarithm of the evidence for health.
    pub const fn ln_e(&self) -> f64 {
        self.ln_e
    }

    /// Whether health is proved now.
    pub fn is_proved(&self) -> bool {
        self.ln_e >= LN_PROVED
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn proof_is_not_banked() {
        let mut proof = Proof::default();
        for _ in 0..48 {
            proof.bet(0.0, 2.5, 1.0);
        }
        assert!(proof.is_proved());
        for _ in 0..4 {
            proof.bet(5.0, 2.5, 1.0);
        }
        assert!(!proof.is_proved(), "one minute at twice the limit must undo the proof");
    }

    #[test]
    fn the_logarithms_are_those_of_the_numbers() {
        assert!((ln(PROVED) - LN_PROVED).abs() < 1e-15 && (ln(200.0) - LN_CEILING).abs() < 1e-15);
        for (ratio, ln_ratio) in PROOF_RATIOS.into_iter().zip(LN_PROOF_RATIOS) {
            assert!((ln(ratio) - ln_ratio).abs() < 1e-15, "{ratio}");
        }
    }

    #[test]
    fn silence_proves_nothing() {
        let mut proof = Proof::default();
        proof.bet(0.0, 0.0, 1.0);
        assert!(proof.ln_e().abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn more_bad_events_never_prove_more(bad in 0.0..50.0, more in 0.0..50.0, allowed in 0.01..50.0) {
            let (mut good, mut worse) = (Proof::default(), Proof::default());
            good.bet(bad, allowed, 1.0);
            worse.bet(bad + more, allowed, 1.0);
            prop_assert!(good.ln_e() >= worse.ln_e() - 1e-9);
        }
    }
}
