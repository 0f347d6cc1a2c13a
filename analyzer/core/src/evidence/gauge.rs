//! Gauges (CPU, memory, lag, pool use) block by block, against their own past: a sequential gate, safe to peek at.
//!
//! Samples of a gauge are alike from one to the next, so no test that counts them holds. What is bet on is an exceedance: does a
//! block of some minutes lie further from the time before the release than 95 % of placebo blocks did, at the same distance in
//! time, when nothing was released? Exceedances come in runs too, so what is allowed follows a two-state chain: after an exceedance
//! another is likelier, and that was known before the block began. Fraction bettors need no more.
//!
//! A block is one number: its mean, its restlessness ([`restlessness`]) or its peak; each is a gate of its own.

use super::limit;
use super::panel::{Cap, Factors, SILENT};
use crate::series::Direction;
use crate::time::Span;

/// Fewer placebo starts calibrate nothing.
pub const FEWEST_STARTS: usize = 200;

/// The share of placebo blocks that do not exceed.
const QUANTILE: f64 = 0.95;

/// How much what the past shows is enlarged, because it is an estimate.
const SAFETY: f64 = 1.2;

/// How blocks are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Blocks before the release that are the reference; at least 1.
    pub reference: usize,
    /// Blocks after the release that are bet on; later ones say nothing.
    pub horizon: usize,
    /// Which way is worse.
    pub worse: Direction,
}

/// Why there is nothing to bet on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uncalibrated {
    /// The history has too few blocks.
    TooShort {
        /// How many it has.
        blocks: usize,
        /// How many it takes.
        needed: usize,
    },
    /// A block of the history is not a finite number.
    NotANumber {
        /// Which, from 0.
        block: usize,
    },
}

impl core::fmt::Display for Uncalibrated {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::TooShort { blocks, needed } => {
                write!(f, "no bets: the history has {blocks} of the {needed} blocks that calibrate a gauge")
            }
            Self::NotANumber { block } => {
                write!(f, "no bets: block {block} of the history is not a finite number")
            }
        }
    }
}

/// What is usual, by distance in time from the reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Yardstick {
    shape: Shape,
    /// For each block after the release, what 95 % of placebos stayed within.
    usual: Vec<f64>,
    /// The share of exceedances that is allowed at first, after a block without one, and after one.
    first: f64,
    calm: f64,
    after: f64,
}

impl Yardstick {
    /// Calibrates on `history`, one number a block, oldest first.
    ///
    /// # Errors
    /// Says what is missing; without a yardstick there are no bets.
    pub fn new(history: &[f64], shape: Shape) -> Result<Self, Uncalibrated> {
        let shape = Shape { reference: shape.reference.max(1), ..shape };
        let span = shape.reference.saturating_add(shape.horizon);
        let needed = span.saturating_add(FEWEST_STARTS - 1);
        if history.len() < needed {
            return Err(Uncalibrated::TooShort { blocks: history.len(), needed });
        }
        if let Some(block) = history.iter().position(|v| !v.is_finite()) {
            return Err(Uncalibrated::NotANumber { block });
        }
        let placebos: Vec<Vec<f64>> = history.windows(span).map(|window| apart(window, shape)).collect();
        let usual: Vec<f64> =
            (0..shape.horizon).map(|lead| quantile(placebos.iter().map(|p| p[lead]))).collect();
        let [first, calm, after] = shares(&placebos, &usual).map(|share| (SAFETY * share).min(1.0));
        Ok(Self { shape, usual, first, calm, after })
    }
}

/// One gauge during one rollout: constant state, one pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Gauge {
    yardstick: Yardstick,
    before: f64,
    blocks: usize,
    exceeded: bool,
}

/// What one block brings to the bettors of [`limit`]: so many exceedances where so many were allowed on average.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exceedance {
    /// 0 or 1; or the share of samples above a limit.
    pub bad: f64,
    /// What is allowed, known before the block began.
    pub allowed: f64,
}

impl Gauge {
    /// A gauge whose blocks before the release are `reference`; None where one of them is not finite or there is none.
    pub fn new(yardstick: Yardstick, reference: &[f64]) -> Option<Self> {
        let before = center(reference);
        before.is_finite().then_some(Self { yardstick, before, blocks: 0, exceeded: false })
    }

    /// The next block; None beyond the horizon. A block that is not finite is missing: it moves time on and says nothing.
    pub fn block(&mut self, value: f64) -> Option<Exceedance> {
        let usual = *self.yardstick.usual.get(self.blocks)?;
        let allowed = match (self.blocks, self.exceeded) {
            (0, _) => self.yardstick.first,
            (_, true) => self.yardstick.after,
            (_, false) => self.yardstick.calm,
        };
        self.blocks += 1;
        if !value.is_finite() {
            return None;
        }
        self.exceeded = distance(value, self.before, self.yardstick.shape.worse) > usual;
        Some(Exceedance { bad: f64::from(u8::from(self.exceeded)), allowed })
    }
}

impl Exceedance {
    /// The absolute gate: `above` of `samples` lie above a limit, `share` (0 to 1) of them may. No history is needed.
    pub fn saturation(above: u32, samples: u32, share: f64) -> Self {
        if samples == 0 {
            return Self { bad: 0.0, allowed: 0.0 };
        }
        Self { bad: f64::from(above.min(samples)) / f64::from(samples), allowed: share }
    }

    /// The factors of the fraction bettors for a block of `dt`; the likelihood bettors, who would need a law, stay silent.
    pub fn factors(self, dt: Span, cap: Cap) -> Factors {
        let paid = limit::factors(self.bad, self.allowed, 1.0, dt, cap);
        let mut factors = SILENT;
        let fractions = super::panel::FRACTIONS.len();
        factors[..fractions].copy_from_slice(&paid[..fractions]);
        factors
    }
}

/// How restless the samples of a block are: the mean squared difference of neighbours, which ignores drift. 0 for fewer than two.
pub fn restlessness(samples: &[f64]) -> f64 {
    let squares = samples.windows(2).map(|pair| (pair[1] - pair[0]) * (pair[1] - pair[0]));
    squares.sum::<f64>() / samples.len().saturating_sub(1).max(1) as f64
}

/// How far each block after the reference lies from it.
fn apart(window: &[f64], shape: Shape) -> Vec<f64> {
    let (reference, rest) = window.split_at(shape.reference);
    let before = center(reference);
    rest.iter().map(|value| distance(*value, before, shape.worse)).collect()
}

/// The mean, without overflow on the way; NaN for none.
fn center(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    values.iter().map(|v| v / n).fold(if values.is_empty() { f64::NAN } else { 0.0 }, |sum, v| sum + v)
}

fn distance(value: f64, before: f64, worse: Direction) -> f64 {
    match worse {
        Direction::Increase => value - before,
        Direction::Decrease => before - value,
        Direction::Either => (value - before).abs(),
    }
}

fn quantile(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = (QUANTILE * sorted.len() as f64).ceil() as usize;
    sorted.get(at.saturating_sub(1)).copied().unwrap_or(f64::INFINITY)
}

/// How often the past exceeded: at first, after a block without an exceedance, after one. Never 0: one more is imagined.
fn shares(placebos: &[Vec<f64>], usual: &[f64]) -> [f64; 3] {
    let mut seen = [(1.0 - QUANTILE, 1.0); 3];
    for placebo in placebos {
        let mut state = 0;
        for (value, usual) in placebo.iter().zip(usual) {
            let exceeded = value > usual;
            seen[state].0 += f64::from(u8::from(exceeded));
            seen[state].1 += 1.0;
            state = if exceeded { 2 } else { 1 };
        }
    }
    seen.map(|(bad, all)| bad / all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::capital::Capital;
    use crate::evidence::panel::Bettors;
    use crate::math::ln;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, StandardNormal};

    const SHAPE: Shape = Shape { reference: 6, horizon: 12, worse: Direction::Either };
    const BLOCK: Span = Span::from_min(5);

    /// Blocks of a gauge whose neighbours have correlation 0.8.
    fn wandering(n: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
        let mut at = 0.0;
        let step = |_| {
            let news: f64 = StandardNormal.sample(rng);
            at = 0.8 * at + 0.6 * news;
            50.0 + at
        };
        (0..n).map(step).collect()
    }

    /// The most evidence within the horizon when the canary's blocks are `shift` higher.
    fn peak(seed: u64, shift: f64) -> f64 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let past = wandering(576 + SHAPE.horizon, &mut rng);
        let (history, live) = past.split_at(576);
        let mut gauge =
            Gauge::new(Yardstick::new(history, SHAPE).expect("two days calibrate"), &history[570..])
                .expect("finite");
        let mut capital = Capital::new(Bettors::Fractions);
        let mut most = f64::NEG_INFINITY;
        for value in live {
            let exceedance = gauge.block(value + shift).expect("within the horizon");
            capital.bet(&exceedance.factors(BLOCK, Cap::for_targets(2)), BLOCK);
            most = most.max(capital.ln_e());
        }
        most
    }

    #[test]
    fn a_wandering_gauge_without_a_fault_rarely_reaches_twenty_to_one() {
        let reached = (0..400).filter(|seed| peak(*seed, 0.0) >= ln(20.0)).count();
        assert!(reached <= 20, "{reached} of 400 where 5 % may");
    }

    #[test]
    fn a_gauge_that_has_moved_far_is_found() {
        let found = (0..60).filter(|seed| peak(*seed, 6.0) >= ln(20.0)).count();
        assert!(found >= 50, "{found} of 60 at six standard deviations");
    }

    #[test]
    fn a_short_history_is_named_and_brings_no_bets() {
        let refused = Yardstick::new(&[1.0; 100], SHAPE);
        assert_eq!(refused, Err(Uncalibrated::TooShort { blocks: 100, needed: 217 }));
        assert!(
            refused.is_err_and(|why| why.to_string().starts_with("no bets: the history has 100 of the 217"))
        );
        let mut history = vec![1.0; 300];
        history[7] = f64::NAN;
        assert_eq!(Yardstick::new(&history, SHAPE), Err(Uncalibrated::NotANumber { block: 7 }));
    }

    #[test]
    fn what_is_allowed_is_known_before_the_block() {
        let history = wandering(400, &mut ChaCha8Rng::seed_from_u64(1));
        let yardstick = Yardstick::new(&history, SHAPE).expect("long enough");
        let start = Gauge::new(yardstick, &history[394..]).expect("finite");
        let (mut calm, mut far) = (start.clone(), start);
        let usual = center(&history[394..]);
        let (a, b) = (calm.block(usual), far.block(1e9));
        assert_eq!(a.map(|e| e.allowed), b.map(|e| e.allowed));
        let (a, b) = (calm.block(usual), far.block(usual));
        assert!(a.map(|e| e.allowed) < b.map(|e| e.allowed), "an exceedance makes the next one likelier");
    }

    #[test]
    fn beyond_the_horizon_and_without_a_sample_nothing_is_said() {
        let history = wandering(400, &mut ChaCha8Rng::seed_from_u64(2));
        let yardstick = Yardstick::new(&history, Shape { horizon: 1, ..SHAPE }).expect("long enough");
        let mut gauge = Gauge::new(yardstick.clone(), &history[394..]).expect("finite");
        assert_eq!(gauge.block(f64::NAN), None);
        assert_eq!(gauge.block(1e9), None);
        assert!(Gauge::new(yardstick, &[]).is_none());
    }

    #[test]
    fn saturation_is_a_share_of_samples_and_none_are_silent() {
        assert_eq!(Exceedance::saturation(3, 20, 0.1), Exceedance { bad: 0.15, allowed: 0.1 });
        let silent = Exceedance::saturation(0, 0, 0.1).factors(BLOCK, Cap::for_targets(2));
        assert_eq!(silent, SILENT);
    }

    #[test]
    fn restlessness_ignores_a_level_and_counts_jumps() {
        assert!(restlessness(&[5.0, 5.0, 5.0]).abs() < 1e-12);
        assert!((restlessness(&[0.0, 2.0, 0.0]) - 4.0).abs() < 1e-12);
        assert!(restlessness(&[1.0]).abs() < 1e-12);
    }
}
