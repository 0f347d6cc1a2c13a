//! What one request costs, drawn from a seeded stream.

use super::behaviour::Behaviour;
use haldane_core::time::Span;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// The work of one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Work {
    pub(crate) takes: Span,
    pub(crate) made_slow: bool,
    pub(crate) fails: bool,
}

/// A pod's stream of draws. The order in which requests come decides who gets which.
#[derive(Debug)]
pub(crate) struct Draws(ChaCha8Rng);

impl Draws {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Always three draws, so that a changed share leaves the latencies alone.
    pub(crate) fn next(&mut self, behaviour: &Behaviour) -> Work {
        let normal: f64 = StandardNormal.sample(&mut self.0);
        let (slow, fails): (f64, f64) = (self.0.random(), self.0.random());
        let made_slow = slow < behaviour.slow_share;
        let extra_s = if made_slow { behaviour.slow_extra_ms / 1000.0 } else { 0.0 };
        let s = libm::exp(behaviour.mu() + behaviour.sigma() * normal) + extra_s;
        Work { takes: Span::from_us((s * 1e6) as i64), made_slow, fails: fails < behaviour.error_share }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_and_percentiles_are_those_asked_for() {
        let behaviour = Behaviour::HEALTHY.failing(0.02).slow(0.05, 500.0);
        let mut draws = Draws::new(7);
        let all: Vec<Work> = (0..20_000).map(|_| draws.next(&behaviour)).collect();
        let share =
            |wanted: &dyn Fn(&Work) -> bool| all.iter().filter(|w| wanted(w)).count() as f64 / 20_000.0;
        assert!((share(&|w| w.fails) - 0.02).abs() < 0.004);
        assert!((share(&|w| w.made_slow) - 0.05).abs() < 0.006);
        let own = |w: &Work| if w.made_slow { w.takes - Span::from_us(500_000) } else { w.takes };
        assert!((share(&|w| own(w) > Span::from_us(40_000)) - 0.5).abs() < 0.015);
        assert!((share(&|w| own(w) > Span::from_us(150_000)) - 0.01).abs() < 0.003);
    }

    #[test]
    fn the_same_seed_draws_the_same_work() {
        let (mut a, mut b) = (Draws::new(3), Draws::new(3));
        let behaviour = Behaviour::HEALTHY.failing(0.5);
        assert!((0..100).all(|_| a.next(&behaviour) == b.next(&behaviour)));
    }
}
