//! How far a rate wanders by itself over minutes, beyond what counting explains.
//!
//! Dispersion is about neighbours: it forgives bursts, not minutes in which everything is a little worse. A rate that
//! wanders breaks "on average at most μ₀" without any release, so what the old version's rate did before the rollout is
//! granted to the new one: the primary's multiple is tolerated up to `e^{2σ}`, a limit gate blames the canary only beyond
//! that, and where nothing stands beside it the bar is never below the past's own rate times that. σ² is the variance of
//! the rate over blocks of five minutes, less the share that clustered counting explains (method of moments for a mixed
//! Poisson law), and is believed only where it is twice its standard error; two standard deviations are a choice,
//! measured in docs/STATISTICS.md.

use crate::math::{exp, ln_1p};
use crate::time::Span;

/// A block: as long as drifts that matter to a step last, and long enough to hold events.
const BLOCK: Span = Span::from_min(5);

/// Blocks, and events in all of them, from which a variance says something.
const LEAST_BLOCKS: f64 = 10.0;
const LEAST_EVENTS: f64 = 50.0;

/// No more than this is granted to anyone: a past that wanders more needs another limit, not more patience.
pub const MOST: f64 = 5.0;

/// Sums over blocks of five minutes; one pass.
#[derive(Clone, Debug, Default)]
pub struct Drift {
    block: (f64, f64, Span),
    blocks: f64,
    events: f64,
    exposure: f64,
    rates: f64,
    squares: f64,
}

impl Drift {
    /// The next interval: `bad` events in an `exposure`, over `dt`.
    pub fn push(&mut self, bad: f64, exposure: f64, dt: Span) {
        let (b, e, covers) = self.block;
        self.block = (b + bad, e + exposure, covers + dt);
        if self.block.2 >= BLOCK {
            self.close();
        }
    }

    /// A gap: a block is of one piece.
    pub fn break_off(&mut self) {
        self.block = (0.0, 0.0, Span::ZERO);
    }

    fn close(&mut self) {
        let (bad, exposure, _) = self.block;
        self.break_off();
        if exposure <= 0.0 {
            return;
        }
        let rate = bad / exposure;
        self.blocks += 1.0;
        self.events += bad;
        self.exposure += exposure;
        self.rates += rate;
        self.squares += rate * rate;
    }

    /// The factor `e^{2σ}` that the rate is known to wander by, where it is known to; `fano` is the counts' Fano factor.
    pub fn factor(&self, fano: f64) -> Option<f64> {
        if self.blocks < LEAST_BLOCKS || self.events < LEAST_EVENTS {
            return None;
        }
        let mean = self.events / self.exposure;
        let variance = (self.squares - self.rates * self.rates / self.blocks) / (self.blocks - 1.0);
        let counting = fano.max(1.0) * self.blocks / self.events;
        let excess = variance / (mean * mean) - counting;
        let doubt = counting * (2.0 / (self.blocks - 1.0)).sqrt();
        (excess > 2.0 * doubt).then(|| exp(2.0 * ln_1p(excess).sqrt()).min(MOST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, Normal, Poisson};

    /// Two hours of 15 s at a rate whose logarithm follows an AR(1) of `sd` and five minutes.
    fn wandering(sd: f64, seed: u64) -> Option<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let keep = exp(-0.05);
        let noise = Normal::new(0.0, 1.0).unwrap();
        let (mut drift, mut log_rate) = (Drift::default(), sd * noise.sample(&mut rng));
        for _ in 0..480 {
            log_rate = keep * log_rate + sd * (1.0 - keep * keep).sqrt() * noise.sample(&mut rng);
            let mean = 14.0 * exp(log_rate - sd * sd / 2.0);
            let law = Poisson::new(mean).unwrap();
            drift.push(law.sample(&mut rng), 14_250.0, Span::from_s(15));
        }
        drift.factor(1.0)
    }

    #[test]
    fn a_rate_that_stands_still_is_seldom_granted_anything() {
        let granted = (0..200).filter(|seed| wandering(0.0, *seed).is_some()).count();
        assert!(granted <= 10, "{granted} of 200");
    }

    #[test]
    fn a_rate_that_wanders_by_a_third_is_granted_about_that() {
        let mut factors: Vec<f64> = (0..100).filter_map(|seed| wandering(0.3, seed)).collect();
        factors.sort_by(f64::total_cmp);
        assert!(factors.len() >= 95, "{}", factors.len());
        let median = factors[factors.len() / 2];
        assert!((1.4..1.85).contains(&median), "{median} for e^0.6 = 1.82, less what blocks average out");
    }

    #[test]
    fn a_handful_of_events_says_nothing_of_drift() {
        let mut drift = Drift::default();
        (0..24).for_each(|i| drift.push(f64::from(i % 3), 1e5, BLOCK));
        assert_eq!(drift.factor(1.0), None);
    }

    #[test]
    fn no_past_is_granted_more_than_the_most() {
        let mut drift = Drift::default();
        (0..24).for_each(|i| drift.push(if i == 7 { 1e4 } else { 1.0 }, 1e5, BLOCK));
        assert_eq!(drift.factor(1.0), Some(MOST));
    }
}
