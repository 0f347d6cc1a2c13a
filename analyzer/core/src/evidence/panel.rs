//! The bettors, and how much one poll may move them.
//!
//! Fraction bettors stake a fraction κ of their capital on "more bad events than allowed": valid for any noise with
//! the right mean, but slow. Likelihood bettors stake on a rate ratio r: fast, but valid only when the dispersion φ
//! is not understated. A panel of both comes within ln 2 of the better one, whatever the noise turns out to be.

use crate::time::Span;
use serde::{Deserialize, Serialize};

/// Stakes of the fraction bettors.
pub const FRACTIONS: [f64; 7] = [0.03, 0.08, 0.2, 0.4, 0.6, 0.8, 0.95];

/// Rate ratios of the likelihood bettors against a canary.
pub const RATIOS: [f64; 8] = [1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0];

/// Rate ratios of the bettors that prove health.
pub const PROOF_RATIOS: [f64; 5] = [0.7, 0.5, 0.35, 0.2, 0.1];

/// Their natural logarithms, because every bet needs them.
pub(super) const LN_RATIOS: [f64; 8] = [
    0.223_143_551_314_209_76,
    0.405_465_108_108_164_4,
    core::f64::consts::LN_2,
    1.098_612_288_668_109_8,
    1.609_437_912_434_100_3,
    core::f64::consts::LN_10,
    3.401_197_381_662_155_5,
    4.605_170_185_988_091,
];

/// Number of bettors against a canary.
pub const BETTORS: usize = FRACTIONS.len() + RATIOS.len();

/// The factors that one increment gives each bettor: fractions first, then likelihoods. All finite, none negative.
pub type Factors = [f64; BETTORS];

/// ln 50: the most that the capital of one bettor may grow within the cap's time.
const LN_CAP: f64 = 3.912_023_005_428_146;

/// No factor and no capital is larger than e to this, so that their product stays a number.
const LN_LARGEST: f64 = 345.0;

/// Which bettors take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bettors {
    /// All of them: the dispersion is known from an hour of the primary's history.
    All,
    /// The distribution-free ones alone: nothing is known about the noise.
    Fractions,
}

impl Bettors {
    /// How many take part; they stand first in [`Factors`].
    pub const fn count(self) -> usize {
        match self {
            Self::All => BETTORS,
            Self::Fractions => FRACTIONS.len(),
        }
    }
}

/// How much one poll may move a bettor: a factor of at most 50 per `per`.
///
/// By time, not by poll, so that polling more often convicts no faster. One lone pod gets twice the time: a node's
/// bad minute would otherwise look like the canary's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cap {
    per: Span,
}

impl Cap {
    /// The cap for a canary of `targets` pods.
    pub const fn for_targets(targets: u32) -> Self {
        Self { per: Span::from_s(if targets <= 1 { 60 } else { 30 }) }
    }

    /// The logarithm of the largest factor for an interval of `dt`.
    pub fn ln_max(self, dt: Span) -> f64 {
        (LN_CAP * (dt.as_s() / self.per.as_s())).clamp(0.0, LN_LARGEST)
    }
}

/// A poll that says nothing: every factor is 1.
pub const SILENT: Factors = [1.0; BETTORS];

/// Bettor by bettor the smaller factor: evidence that both claims have to fall for.
///
/// Taken within each poll, never between capitals: a canary that is mildly worse within its limit and an incident
/// that hits both versions would otherwise convict together (measured: 26 % false at 1.25×, 0 this way).
pub fn both(a: &Factors, b: &Factors) -> Factors {
    core::array::from_fn(|i| a[i].min(b[i]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::ln;

    #[test]
    fn the_cap_follows_time_not_polls() {
        let cap = Cap::for_targets(2);
        let once = cap.ln_max(Span::from_s(30));
        let twice = cap.ln_max(Span::from_s(15)) * 2.0;
        assert!((once - ln(50.0)).abs() < 1e-12 && (once - twice).abs() < 1e-12);
    }

    #[test]
    fn the_logarithms_are_those_of_the_ratios() {
        for (ratio, ln_ratio) in RATIOS.into_iter().zip(LN_RATIOS) {
            assert!((ln(ratio) - ln_ratio).abs() < 1e-15, "{ratio}");
        }
        assert!((ln(50.0) - LN_CAP).abs() < 1e-15);
    }

    #[test]
    fn a_lone_pod_is_convicted_more_slowly() {
        let dt = Span::from_s(30);
        assert!(Cap::for_targets(1).ln_max(dt) < Cap::for_targets(2).ln_max(dt));
    }
}
