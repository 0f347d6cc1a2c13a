//! What can be proved at this traffic: the smallest margin m with "proved below m × limit" in reach.
//!
//! A proof needs exposure: even without a single bad event it takes Λ/φ ≥ 4.205 allowed events to reach 20 : 1. And
//! a healthy service must also be *likely* to be proved within the step. So before a step the smallest m of
//! 1, 2, 4, 8 is chosen for which Λ_m/φ · (1 − ρ + ρ ln ρ) ≥ 6.5, with ρ the upper bound of the baseline's rate over
//! m × limit; chosen before the step's evidence, it cannot be chosen by it.

use crate::math::ln;
use serde::{Deserialize, Serialize};

/// The margins, smallest first.
pub const MARGINS: [u8; 4] = [1, 2, 4, 8];

/// The expected logarithm of the proof's capital that makes a proof likely (measured: .00–.07 stuck).
const LIKELY: f64 = 6.5;

/// Allowed events (over φ) without which even zero bad events prove nothing: the exact root for 20 : 1.
pub const LEAST_ALLOWED_OVER_PHI: f64 = 4.205;

/// What is known before a step about one limit gate. Rates and limit in the same unit of exposure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prospect {
    /// The baseline's bad events per unit of exposure, as counted.
    pub rate: f64,
    /// Its 95 % upper bound.
    pub rate_upper: f64,
    /// The limit: bad events allowed per unit of exposure.
    pub limit: f64,
    /// Exposure of the canary that the step will bring by the end of its extension.
    pub exposure: f64,
    /// Dispersion.
    pub phi: f64,
    /// The margin below which the policy does not go at this step.
    pub least: u8,
}

/// Whether and how a limit gate can be proved in a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "provable", rename_all = "kebab-case")]
pub enum Provability {
    /// Health has to be proved below `margin` × limit.
    Below {
        /// m.
        margin: u8,
    },
    /// Even a perfect canary could not be proved at this traffic: the gate only has to stay quiet.
    TooLittleTraffic {
        /// Allowed bad events (8 × limit × exposure / φ) by the end of the extension.
        allowed: f64,
    },
    /// The baseline itself is at or above the limit: no release could be proved; the limit is wrong here.
    BaselineOverLimit {
        /// The baseline's rate over the limit.
        times_limit: f64,
    },
}

/// The smallest of `MARGINS` for which a service at `rate_upper` is expected to be proved; none: it is not.
pub fn smallest_margin(rate_upper: f64, limit: f64, exposure: f64, phi: f64) -> Option<u8> {
    MARGINS.into_iter().find(|m| expected_gain(rate_upper, limit, exposure, phi, *m) >= LIKELY)
}

/// Decides how one limit gate is to be proved in the step ahead.
pub fn provability(prospect: &Prospect) -> Provability {
    let Prospect { rate, rate_upper, limit, exposure, phi, least } = *prospect;
    if rate >= limit {
        return Provability::BaselineOverLimit { times_limit: (rate / limit).min(f64::MAX) };
    }
    let most = f64::from(MARGINS[MARGINS.len() - 1]);
    let allowed = most * limit * exposure / phi;
    if allowed < LIKELY {
        return Provability::TooLittleTraffic { allowed };
    }
    // A baseline too little known for any margin must not make a gate unprovable, or ignorance would open it.
    let chosen = smallest_margin(rate_upper, limit, exposure, phi).unwrap_or(MARGINS[MARGINS.len() - 1]);
    Provability::Below { margin: chosen.max(least) }
}

/// Exposure that a service at `rate_upper` needs for a likely proof below `margin` × limit; infinite if none will do.
pub fn exposure_needed(rate_upper: f64, limit: f64, phi: f64, margin: u8) -> f64 {
    let gain = gain_per_allowed(rate_upper / (f64::from(margin) * limit));
    if gain <= 0.0 { f64::INFINITY } else { LIKELY * phi / (f64::from(margin) * limit * gain) }
}

fn expected_gain(rate_upper: f64, limit: f64, exposure: f64, phi: f64, margin: u8) -> f64 {
    let bound = f64::from(margin) * limit;
    bound * exposure / phi * gain_per_allowed(rate_upper / bound)
}

/// 1 − ρ + ρ ln ρ: what the best bettor gains per allowed event when the truth is ρ times the bound.
fn gain_per_allowed(rho: f64) -> f64 {
    if rho >= 1.0 {
        return 0.0;
    }
    1.0 - rho + if rho > 0.0 { rho * ln(rho) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROSPECT: Prospect =
        Prospect { rate: 5e-5, rate_upper: 8e-5, limit: 1e-3, exposure: 36_000.0, phi: 1.25, least: 1 };

    #[test]
    fn a_cautious_step_never_goes_below_its_least_margin() {
        assert_eq!(provability(&PROSPECT), Provability::Below { margin: 1 });
        assert_eq!(provability(&Prospect { least: 2, ..PROSPECT }), Provability::Below { margin: 2 });
    }

    #[test]
    fn too_little_traffic_is_named_up_front() {
        let quiet = Prospect { exposure: 300.0, ..PROSPECT };
        assert!(matches!(provability(&quiet), Provability::TooLittleTraffic { .. }));
    }

    #[test]
    fn a_baseline_over_the_limit_refuses_the_gate() {
        let wrong = Prospect { rate: 2e-3, ..PROSPECT };
        assert_eq!(provability(&wrong), Provability::BaselineOverLimit { times_limit: 2.0 });
    }

    #[test]
    fn an_unknown_baseline_asks_for_the_widest_proof_and_not_for_none() {
        let unknown = Prospect { rate: 0.0, rate_upper: f64::INFINITY, ..PROSPECT };
        assert_eq!(provability(&unknown), Provability::Below { margin: 8 });
    }

    #[test]
    fn less_traffic_never_asks_for_a_tighter_proof() {
        let margins: Vec<_> = [100_000.0, 36_000.0, 9_000.0, 4_000.0]
            .map(|exposure| smallest_margin(5e-4, 1e-3, exposure, 1.25).unwrap_or(u8::MAX))
            .into();
        assert!(margins.is_sorted(), "{margins:?}");
    }
}
