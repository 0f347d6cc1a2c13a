//! One region's counts, poll by poll: rates that wander, events that cluster.
//!
//! Each signal of each arm is drawn by itself. Wandering keeps the mean: a service that wanders around its limit is on
//! average at it, not above.

use crate::noise::Noise;
use crate::traffic::Demand;
use haldane_core::math::exp;
use haldane_core::signal::Signal;
use haldane_core::time::Span;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Gamma, Poisson, StandardNormal};

const SIGNALS: usize = Signal::CORE.len();

/// What one arm counted in one poll. Bad events in the order of [`Signal::CORE`], never more than requests.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Tally {
    /// Requests.
    pub total: f64,
    /// Bad events.
    pub bad: [f64; SIGNALS],
}

/// Logarithms of rates that wander around 0, one per signal.
#[derive(Clone, Debug)]
pub struct Sky {
    at: [f64; SIGNALS],
    sd: f64,
    keep: f64,
}

impl Sky {
    /// A sky in its stationary state.
    pub fn new(sd: f64, tau_min: f64, dt: Span, rng: &mut ChaCha8Rng) -> Self {
        let at = core::array::from_fn(|_| normal(sd, rng));
        Self { at, sd, keep: exp(-dt.as_min() / tau_min) }
    }

    /// What each signal's rate is multiplied by now; 1 on average.
    pub fn factors(&self) -> [f64; SIGNALS] {
        if self.sd <= 0.0 {
            return [1.0; SIGNALS];
        }
        self.at.map(|at| exp(at - self.sd * self.sd / 2.0))
    }

    /// One poll later.
    pub fn turn(&mut self, rng: &mut ChaCha8Rng) {
        let fresh = self.sd * (1.0 - self.keep * self.keep).sqrt();
        for at in &mut self.at {
            *at = self.keep * *at + normal(fresh, rng);
        }
    }
}

/// A region with `ARMS` arms: canary and primary, and in some experiments a fresh baseline.
#[derive(Clone, Debug)]
pub struct Site<const ARMS: usize> {
    noise: Noise,
    dt: Span,
    steady: bool,
    shared: Sky,
    own: [Sky; ARMS],
}

impl<const ARMS: usize> Site<ARMS> {
    /// A region that is polled every `dt`.
    pub fn new(noise: Noise, dt: Span, rng: &mut ChaCha8Rng) -> Self {
        let shared = Sky::new(noise.shared_sd, noise.tau_min, dt, rng);
        let own = core::array::from_fn(|_| Sky::new(noise.arm_sd, noise.tau_min, dt, rng));
        Self { noise, dt, steady: false, shared, own }
    }

    /// The same, but with exactly as many requests as are expected in every poll: without chance in the exposure, a rule
    /// that compares a share with a limit is not helped or hurt by it.
    #[must_use]
    pub fn steady(self) -> Self {
        Self { steady: true, ..self }
    }

    /// The next poll. `above` is the sky that all regions share, where they do.
    pub fn poll(
        &mut self,
        demands: &[Demand; ARMS],
        above: Option<&Sky>,
        rng: &mut ChaCha8Rng,
    ) -> [Tally; ARMS] {
        self.shared.turn(rng);
        let shared = above.unwrap_or(&self.shared).factors();
        core::array::from_fn(|arm| {
            self.own[arm].turn(rng);
            let blip = self.blip(rng);
            let own = self.own[arm].factors();
            let dt_s = self.dt.as_s();
            let expected = demands[arm].requests * dt_s;
            let total = if self.steady { expected } else { poisson(expected, rng) };
            let bad = core::array::from_fn(|s| {
                let mean = demands[arm].bad[s] * dt_s * blip;
                clustered(mean * shared[s] * own[s], self.noise.fano, rng).min(total)
            });
            Tally { total, bad }
        })
    }

    fn blip(&self, rng: &mut ChaCha8Rng) -> f64 {
        if self.noise.blip <= 1.0 {
            return 1.0;
        }
        let chance = self.dt.as_min() / self.noise.blip_every_min;
        if rng.random::<f64>() < chance { self.noise.blip } else { 1.0 }
    }
}

fn normal(sd: f64, rng: &mut ChaCha8Rng) -> f64 {
    if sd > 0.0 { sd * Distribution::<f64>::sample(&StandardNormal, rng) } else { 0.0 }
}

/// A count of this mean whose variance is `fano` times it.
pub fn clustered(mean: f64, fano: f64, rng: &mut ChaCha8Rng) -> f64 {
    if fano <= 1.0 || mean <= 0.0 {
        return poisson(mean, rng);
    }
    let mixed = Gamma::new(mean / (fano - 1.0), fano - 1.0).map_or(mean, |law| law.sample(rng));
    poisson(mixed, rng)
}

/// A Poisson count; none where the mean is no positive number.
pub fn poisson(mean: f64, rng: &mut ChaCha8Rng) -> f64 {
    Poisson::new(mean).map_or(0.0, |law| law.sample(rng))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn moments(mut draw: impl FnMut(&mut ChaCha8Rng) -> f64) -> (f64, f64) {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let draws: Vec<f64> = (0..40_000).map(|_| draw(&mut rng)).collect();
        let mean = draws.iter().sum::<f64>() / 40_000.0;
        (mean, draws.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / 40_000.0)
    }

    #[test]
    fn clusters_have_the_mean_and_the_fano_factor_asked_for() {
        for fano in [1.0, 5.0] {
            let (mean, variance) = moments(|rng| clustered(3.0, fano, rng));
            assert!(
                (mean - 3.0).abs() < 0.1 && (variance / mean / fano - 1.0).abs() < 0.06,
                "{mean} {variance}"
            );
        }
    }

    #[test]
    fn a_sky_stays_as_wide_as_it_began_and_keeps_the_mean() {
        let mut rng = ChaCha8Rng::seed_from_u64(8);
        let mut sky = Sky::new(0.5, 5.0, Span::from_s(15), &mut rng);
        let (mean, variance) = moments(|rng| {
            sky.turn(rng);
            sky.at[0]
        });
        assert!(mean.abs() < 0.1 && (variance.sqrt() - 0.5).abs() < 0.04, "{mean} {variance}");
        let (mean, _) = moments(|rng| {
            sky.turn(rng);
            sky.factors()[1]
        });
        assert!((mean - 1.0).abs() < 0.08, "{mean}");
    }
}
