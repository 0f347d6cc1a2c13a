//! The bettors, and how much one poll may move them.
//!
//! Fraction bettors stake a fraction κ of their capital on "more bad events than allowed": valid for any noise with
//! the right mean, but slow. Likelihood bettors stake on a rate ratio r: fast, but valid only when the dispersion φ
//! is not understated. A panel of both comes within ln 2 of the better one, whatever the noise turns out to be.

use crate::math::ln;
use crate::time::Span;
use serde::{Deserialize, Serialize};

/// Stakes of the fraction bettors.
pub const FRACTIONS: [f64; 7] = [0.03, 0.08, 0.2, 0.4, 0.6, 0.8, 0.95];

/// Rate ratios of the likelihood bettors against a canary.
pub const RATIOS: [f64; 8] = [1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0];

/// Rate ratios of the bettors that prove health.
pub const PROOF_RATIOS: [f64; 5] = [0.7, 0.5, 0.35, 0.2, 0.1];

/// Number of bettors against a canary.
pub const BETTORS: usize = FRACTIONS.len() + RATIOS.len();

/// The factors (as logarithms) that one increment gives each bettor: fractions first, then likelihoods.
pub type Factors = [f64; BETTORS];

/// The most that the capital of one bettor may grow within the cap's time.
const CAP: f64 = 50.0;

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
        Self {
            per: Span::from_s(if targets <= 1 { 60 } else { 30 }),
        }
    }

    /// The logarithm of the largest factor for an interval of `dt`.
    pub fn ln_max(self, dt: Span) -> f64 {
        ln(CAP) * (dt.as_s() / self.per.as_s()).max(0.0)
    }
}

/// A poll that says nothing: every factor is 1.
pub const SILENT: Factors = [0.0; BETTORS];

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

    #[test]
    fn the_cap_follows_time_not_polls() {
        let cap = Cap::for_targets(2);
        let once = cap.ln_max(Span::from_s(30));
        let twice = cap.ln_max(Span::from_s(15)) * 2.0;
        assert!((once - ln(50.0)).abs() < 1e-12 && (once - twice).abs() < 1e-12);
    }

    #[test]
    fn a_lone_pod_is_convicted_more_slowly() {
        let dt = Span::from_s(30);
        assert!(Cap::for_targets(1).ln_max(dt) < Cap::for_targets(2).ln_max(dt));
    }
}
