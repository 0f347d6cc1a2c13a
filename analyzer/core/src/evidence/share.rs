//! Does the canary get its share of the requests? A sample-ratio check, distribution-free.
//!
//! Whoever judges a canary by its own counters sees only the requests that it lived to count: one that crashes under load,
//! renames its metrics or is taken out of the load balancer looks healthy and idle. The claim is "on average at least half
//! of the configured share, no interval counting for more than all of it": with u = min(n_c / (wN), 1) its deficit
//! y = 2 − 2u has an expectation of at most 1, and fraction bettors `1 + κ(y − 1)` bet against it. Evidence here holds and
//! never convicts: it says that the measurement is not what everything else assumes, not who is to blame.

use super::panel::{BETTORS, FRACTIONS, Factors, SILENT};

/// The fraction bettors' factors for `canary` of `requests` where the canary's weight is `share` (0 to 1). Likelihood
/// bettors stay out of it.
pub fn factors(canary: f64, requests: f64, share: f64) -> Factors {
    let due = share * requests;
    if due <= 0.0 || !due.is_finite() {
        return SILENT;
    }
    let deficit = 2.0 - 2.0 * (canary / due).min(1.0);
    let mut factors: [f64; BETTORS] = SILENT;
    for (factor, stake) in factors.iter_mut().zip(FRACTIONS) {
        *factor = 1.0 + stake * (deficit - 1.0);
    }
    factors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_with_its_share_speaks_against_nothing_and_one_without_requests_for_a_lost_route() {
        assert!(factors(50.0, 1000.0, 0.05).iter().all(|f| *f <= 1.0));
        assert!(factors(0.0, 1000.0, 0.05)[..FRACTIONS.len()].iter().all(|f| *f > 1.0));
        assert_eq!(factors(0.0, 0.0, 0.05), SILENT);
    }

    #[test]
    fn half_of_the_share_is_the_boundary() {
        assert!(factors(25.0, 1000.0, 0.05).iter().all(|f| (f - 1.0).abs() < 1e-12));
    }

    #[test]
    fn more_than_its_share_in_one_interval_pays_for_no_other() {
        assert_eq!(factors(50.0, 1000.0, 0.05), factors(900.0, 1000.0, 0.05));
    }
}
