//! Made-up canaries: noise laws and what happens to a pair of series. Seeded; for the tests and the published tables alike.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp1, Poisson, StandardNormal, StudentT};

/// The law of the noise of one side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Law {
    /// Normal, 10 % of the level.
    Normal,
    /// Student with four degrees, 10 % of the level.
    T4,
    /// Exponential less its mean, 10 % of the level: skewed upward.
    Skewed,
    /// Log-normal, σ = 0.5.
    LogNormalHalf,
    /// Log-normal, σ = 1.
    LogNormal,
    /// Exponential.
    Exponential,
    /// Normal and autoregressive with ρ = 0.3, 10 % of the level.
    Ar3,
    /// The same with ρ = 0.5.
    Ar5,
    /// The same with ρ = 0.7.
    Ar7,
    /// Normal about 0: no logarithm, no relative scale.
    AtZero,
    /// Student with four degrees about 0.
    T4AtZero,
    /// Poisson counts, four on average, zeros among them.
    Counts,
}

/// Laws that a promise is made for.
pub(crate) const PROMISED: [Law; 10] = [
    Law::Normal,
    Law::T4,
    Law::Skewed,
    Law::LogNormalHalf,
    Law::LogNormal,
    Law::Exponential,
    Law::Ar3,
    Law::AtZero,
    Law::T4AtZero,
    Law::Counts,
];

/// What happens to a pair, in standard deviations of one side's noise where not said otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Situation {
    /// Nothing.
    Healthy,
    /// Both sides share noise twice as large as their own.
    SharedNoise,
    /// Both sides share a slow wave of three standard deviations.
    SharedWave,
    /// Both sides spike at the same three instants.
    SharedSpikes,
    /// Both sides are four times as noisy.
    EqualHighNoise,
    /// Each side spikes three times, at instants of its own.
    EqualSpikes,
    /// Each point of each side spikes with this probability.
    RandomSpikes(f64),
    /// The metrics of the case are correlated, 0.7 between any two.
    CorrelatedMetrics,
    /// The canary is worse by so much in the first third.
    HealedStep(f64),
    /// The canary begins so much worse and heals with a time constant of three instants.
    HealedDecay(f64),
    /// The canary is so many times as noisy in the first third.
    HealedNoise(f64),
    /// The canary is worse by this share of the level, the noise being this share of it.
    Within(f64, f64),
    /// The canary is better by so much.
    Better(f64),
    /// The canary is worse by so much throughout.
    Level(f64),
    /// The canary is so many times as noisy.
    Spread(f64),
    /// The canary spikes so many times.
    Tail(usize),
    /// The canary drifts from 0 to so much at the end.
    Ramp(f64),
    /// The canary is worse by so much from this share of the window on.
    Onset(f64, f64),
}

/// How far a spike reaches, in standard deviations.
const SPIKE: f64 = 10.0;

impl Law {
    fn noise(self, n: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
        let normal = |rng: &mut ChaCha8Rng| -> f64 { StandardNormal.sample(rng) };
        match self {
            Self::Normal | Self::LogNormal | Self::LogNormalHalf | Self::AtZero | Self::Counts => {
                (0..n).map(|_| normal(rng)).collect()
            }
            Self::T4 | Self::T4AtZero => {
                let law = StudentT::new(4.0).expect("four degrees are a law");
                (0..n).map(|_| law.sample(rng) / 2.0_f64.sqrt()).collect()
            }
            Self::Skewed => (0..n)
                .map(|_| {
                    let e: f64 = Exp1.sample(rng);
                    e - 1.0
                })
                .collect(),
            Self::Exponential => {
                let log = |e: f64| (haldane_ln(e.max(1e-12)) + 0.577_215_664_9) / 1.282_549_830_2;
                (0..n).map(|_| log(Exp1.sample(rng))).collect()
            }
            Self::Ar3 | Self::Ar5 | Self::Ar7 => {
                let rho: f64 = if self == Self::Ar3 {
                    0.3
                } else if self == Self::Ar5 {
                    0.5
                } else {
                    0.7
                };
                let mut last = normal(rng);
                let next = |_| {
                    let this = last;
                    last = rho * last + (1.0 - rho * rho).sqrt() * normal(rng);
                    this
                };
                (0..n).map(next).collect()
            }
        }
    }

    fn value(self, z: f64, share: f64, rng: &mut ChaCha8Rng) -> f64 {
        match self {
            Self::LogNormal => 100.0 * haldane_exp(z),
            Self::LogNormalHalf => 100.0 * haldane_exp(0.5 * z),
            Self::Exponential => 100.0 * haldane_exp(1.282_549_830_2 * z - 0.577_215_664_9),
            Self::AtZero | Self::T4AtZero => z,
            Self::Counts => Poisson::new((4.0 + 2.0 * z).max(1e-6)).map_or(0.0, |law| law.sample(rng)),
            Self::Normal | Self::T4 | Self::Skewed | Self::Ar3 | Self::Ar5 | Self::Ar7 => {
                100.0 * (1.0 + share * z)
            }
        }
    }
}

fn haldane_ln(x: f64) -> f64 {
    haldane_core::math::ln(x)
}

fn haldane_exp(x: f64) -> f64 {
    haldane_core::math::exp(x)
}

fn spikes(n: usize, count: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    let mut at = Vec::new();
    while at.len() < count.min(n) {
        let i = rng.random_range(0..n);
        if !at.contains(&i) {
            at.push(i);
        }
    }
    at
}

/// One metric's control and canary, `n` points each. More is worse. `common` is noise shared by the case's metrics.
pub(crate) fn pair(
    law: Law,
    situation: Situation,
    n: usize,
    common: &[Vec<f64>; 2],
    rng: &mut ChaCha8Rng,
) -> [Vec<f64>; 2] {
    // Counts bring their own noise: their mean alone moves.
    let own = if law == Law::Counts { 0.0 } else { 1.0 };
    let mut sides =
        [law.noise(n, rng), law.noise(n, rng)].map(|e| e.iter().map(|v| own * v).collect::<Vec<_>>());
    let mut share = 0.1;
    let third = n.div_ceil(3);
    let at = |i: usize| i as f64 / (n - 1) as f64;
    match situation {
        Situation::Healthy => {}
        Situation::SharedNoise => {
            let shared = law.noise(n, rng);
            sides.iter_mut().for_each(|s| s.iter_mut().zip(&shared).for_each(|(v, c)| *v = 0.5 * *v + c));
        }
        Situation::SharedWave => sides.iter_mut().for_each(|s| {
            s.iter_mut().enumerate().for_each(|(i, v)| *v += 3.0 * libm_sin(6.0 * at(i)));
        }),
        Situation::SharedSpikes => {
            let instants = spikes(n, 3, rng);
            sides.iter_mut().for_each(|s| instants.iter().for_each(|i| s[*i] += SPIKE));
        }
        Situation::EqualHighNoise => {
            share *= 4.0;
            if own == 0.0 {
                sides.iter_mut().for_each(|s| *s = Law::Normal.noise(n, rng));
            }
        }
        Situation::EqualSpikes => {
            sides.iter_mut().for_each(|s| spikes(n, 3, rng).iter().for_each(|i| s[*i] += SPIKE));
        }
        Situation::RandomSpikes(chance) => sides.iter_mut().for_each(|s| {
            s.iter_mut().for_each(|v| *v += if rng.random_bool(chance) { SPIKE } else { 0.0 });
        }),
        Situation::CorrelatedMetrics => {
            for (side, common) in sides.iter_mut().zip(common) {
                side.iter_mut().zip(common).for_each(|(v, c)| *v = 0.3_f64.sqrt() * *v + 0.7_f64.sqrt() * c);
            }
        }
        Situation::HealedStep(size) => sides[1][..third].iter_mut().for_each(|v| *v += size),
        Situation::HealedDecay(size) => {
            sides[1].iter_mut().enumerate().for_each(|(i, v)| *v += size * haldane_exp(-(i as f64) / 3.0));
        }
        Situation::HealedNoise(times) => sides[1][..third].iter_mut().for_each(|v| *v *= times),
        Situation::Within(shift, noise) => {
            share = noise;
            sides[1].iter_mut().for_each(|v| *v += shift / noise);
        }
        Situation::Better(size) => sides[1].iter_mut().for_each(|v| *v -= size),
        Situation::Level(size) => sides[1].iter_mut().for_each(|v| *v += size),
        Situation::Spread(times) => sides[1].iter_mut().for_each(|v| *v *= times),
        Situation::Tail(count) => spikes(n, count, rng).iter().for_each(|i| sides[1][*i] += SPIKE),
        Situation::Ramp(size) => sides[1].iter_mut().enumerate().for_each(|(i, v)| *v += size * at(i)),
        Situation::Onset(from, size) => {
            sides[1].iter_mut().enumerate().filter(|(i, _)| at(*i) >= from).for_each(|(_, v)| *v += size);
        }
    }
    sides.map(|side| side.into_iter().map(|z| law.value(z, share, rng)).collect())
}

/// Noise that the metrics of a case share: one series a side.
pub(crate) fn common(law: Law, n: usize, rng: &mut ChaCha8Rng) -> [Vec<f64>; 2] {
    [law.noise(n, rng), law.noise(n, rng)]
}

/// A sine by its series; good to 1e-6 up to 6.3, which is all that a wave needs.
fn libm_sin(x: f64) -> f64 {
    let y = x - core::f64::consts::PI;
    let (mut sum, mut term) = (0.0, y);
    for k in 1..12 {
        sum += term;
        term *= -y * y / f64::from(2 * k * (2 * k + 1));
    }
    -sum
}
