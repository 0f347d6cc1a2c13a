//! The law of the counts: what one arm brings in one increment.
//!
//! Bad events are Poisson, or clustered (negative binomial) with a given variance over mean; the requests that are well
//! are Poisson beside them, so that no increment has more bad events than requests.

use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Gamma, Poisson};

/// What one arm brought in one increment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Counted {
    pub(crate) bad: f64,
    pub(crate) total: f64,
}

/// One arm at a fixed traffic and health.
pub(crate) struct Arm {
    bad: Law,
    well: Law,
}

enum Law {
    Nothing,
    Poisson(Poisson<f64>),
    Clustered(Gamma<f64>),
}

impl Arm {
    /// An arm that gets `requests` per increment, of which the share `bad` is bad, with the variance over mean `fano`.
    pub(crate) fn new(requests: f64, bad: f64, fano: f64) -> Self {
        let share = bad.min(1.0);
        Self { bad: Law::new(requests * share, fano), well: Law::new(requests * (1.0 - share), 1.0) }
    }

    /// The next increment.
    pub(crate) fn draw(&self, rng: &mut ChaCha8Rng) -> Counted {
        let bad = self.bad.draw(rng);
        Counted { bad, total: bad + self.well.draw(rng) }
    }
}

impl Law {
    /// A negative binomial is a Poisson whose mean is drawn from a gamma of shape mean/(F − 1) and scale F − 1.
    fn new(mean: f64, fano: f64) -> Self {
        let clustered = (fano > 1.0).then(|| Gamma::new(mean / (fano - 1.0), fano - 1.0).ok()).flatten();
        match (clustered, Poisson::new(mean)) {
            (Some(gamma), Ok(_)) => Self::Clustered(gamma),
            (None, Ok(poisson)) => Self::Poisson(poisson),
            (_, Err(_)) => Self::Nothing,
        }
    }

    fn draw(&self, rng: &mut ChaCha8Rng) -> f64 {
        match self {
            Self::Nothing => 0.0,
            Self::Poisson(law) => law.sample(rng),
            Self::Clustered(gamma) => Poisson::new(gamma.sample(rng)).map_or(0.0, |law| law.sample(rng)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn moments(arm: &Arm) -> (f64, f64) {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let drawn: Vec<f64> = (0..20_000).map(|_| arm.draw(&mut rng).bad).collect();
        let mean = drawn.iter().sum::<f64>() / drawn.len() as f64;
        let variance = drawn.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / drawn.len() as f64;
        (mean, variance)
    }

    #[test]
    fn the_counts_have_the_mean_and_the_dispersion_asked_for() {
        for fano in [1.0, 5.0] {
            let (mean, variance) = moments(&Arm::new(30_000.0, 1e-4, fano));
            assert!((mean - 3.0).abs() < 0.1, "mean {mean}");
            assert!((variance / mean / fano - 1.0).abs() < 0.1, "fano {}", variance / mean);
        }
    }

    #[test]
    fn no_increment_has_more_bad_events_than_requests() {
        let (mut rng, arm) = (ChaCha8Rng::seed_from_u64(7), Arm::new(3.0, 2.0, 5.0));
        assert!((0..1000).map(|_| arm.draw(&mut rng)).all(|c| c.bad <= c.total));
    }

    #[test]
    fn no_traffic_brings_nothing() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        assert_eq!(Arm::new(0.0, 0.5, 1.0).draw(&mut rng), Counted { bad: 0.0, total: 0.0 });
    }
}
