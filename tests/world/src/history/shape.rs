//! How the durations of a behaviour fall into buckets.

use crate::service::Behaviour;
use std::f64::consts::SQRT_2;

/// The share of the requests in each bucket; the last is what exceeds every edge (in seconds).
pub(super) fn shares<const N: usize>(behaviour: &Behaviour, edges_s: &[f64]) -> [f64; N] {
    let mut shares = [0.0; N];
    let mut below = 0.0;
    for (i, share) in shares.iter_mut().enumerate() {
        let next = edges_s.get(i).map_or(1.0, |edge_s| up_to(behaviour, *edge_s));
        *share = (next - below).max(0.0);
        below = next;
    }
    shares
}

/// The probability that a request takes at most `s` seconds.
fn up_to(behaviour: &Behaviour, s: f64) -> f64 {
    let lognormal = |s: f64| {
        if s <= 0.0 {
            0.0
        } else {
            0.5 * libm::erfc((behaviour.mu() - libm::log(s)) / behaviour.sigma() / SQRT_2)
        }
    };
    let slow = behaviour.slow_share;
    (1.0 - slow) * lognormal(s) + slow * lognormal(s - behaviour.slow_extra_ms / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::EDGES_S;

    #[test]
    fn the_shares_add_up_and_put_the_p99_at_its_edge() {
        let shares: [f64; EDGES_S.len() + 1] = shares(&Behaviour::HEALTHY, &EDGES_S);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let slower_than_150_ms: f64 = shares[6..].iter().sum();
        assert!((slower_than_150_ms - 0.01).abs() < 1e-6, "{slower_than_150_ms}");
    }

    #[test]
    fn slow_requests_are_moved_by_what_they_take_longer() {
        let behaviour = Behaviour::FAST.slow(0.1, 400.0);
        let shares: [f64; EDGES_S.len() + 1] = shares(&behaviour, &EDGES_S);
        assert!((shares[9] - 0.1).abs() < 1e-3, "{shares:?}");
    }
}
