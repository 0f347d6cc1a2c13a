//! Tail probabilities: what a statistic would do by chance alone.
//!
//! Closed forms instead of a random draw or a table of sign patterns: the same bits everywhere, as small as they are (a
//! randomisation with 4,096 patterns cannot say less than 1/4,096), and no work to speak of.

use crate::math::{erfc, exp, ln, ln_1p, ln_gamma};

/// No probability is told smaller than this, so that its inverse is a number.
pub(super) const LEAST: f64 = 1e-300;

/// A count beyond this is told apart by the normal law, not by summing.
const MANY: usize = 400;

/// What a standard normal law leaves above `z`.
pub(super) fn above(z: f64) -> f64 {
    (0.5 * erfc(z * core::f64::consts::FRAC_1_SQRT_2)).clamp(LEAST, 1.0)
}

/// What Student's law with `freedom` ≥ 1 degrees leaves above `t`.
///
/// By Wallace's transformation to the normal law, good to a few per cent of the probability from three degrees on.
pub(super) fn above_student(t: f64, freedom: f64) -> f64 {
    let z = (8.0 * freedom + 1.0) / (8.0 * freedom + 3.0) * (freedom * ln_1p(t / freedom * t)).sqrt();
    if t < 0.0 { 1.0 - above(z) } else { above(z.min(40.0)) }
}

/// P(at least `count`) of a Poisson law of mean `mean` ≥ 0.
pub(super) fn at_least(count: usize, mean: f64) -> f64 {
    if count == 0 {
        return 1.0;
    }
    if mean >= count as f64 {
        return (1.0 - at_most(count - 1, mean)).max(LEAST);
    }
    if mean <= 0.0 {
        return LEAST;
    }
    let c = count as f64;
    let first = exp(c * ln(mean) - mean - ln_gamma(c + 1.0));
    let (mut sum, mut term) = (first, first);
    for k in 1..=MANY {
        term *= mean / (c + k as f64);
        sum += term;
        if term < sum * 1e-12 {
            break;
        }
    }
    sum.clamp(LEAST, 1.0)
}

/// The chance of `more` events on one side and at most `fewer` on the other, where both have the same Poisson rate and
/// that rate is as unfavourable as it can be.
///
/// Three against none are .045, four .020, five .009: exchangeable sides cannot say more about few events.
pub(super) fn lopsided(more: usize, fewer: usize) -> f64 {
    if more <= fewer {
        return 1.0;
    }
    if more + fewer > MANY {
        return above((more - fewer) as f64 / ((more + fewer) as f64).sqrt());
    }
    let most = (more + fewer + 6) as f64;
    let worst = (1..=48).map(|i| {
        let mean = most * f64::from(i) / 48.0;
        at_least(more, mean) * at_most(fewer, mean)
    });
    worst.fold(LEAST, f64::max)
}

/// P(at most `count`) of a Poisson law, summed from below.
fn at_most(count: usize, mean: f64) -> f64 {
    let (mut sum, mut term) = (0.0, exp(-mean));
    for k in 0..=count {
        sum += term;
        term *= mean / (k + 1) as f64;
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{ContinuousCDF, DiscreteCDF, Normal, Poisson, StudentsT};

    #[test]
    fn the_tails_are_those_of_a_second_implementation() {
        let normal = Normal::standard();
        for z in [-3.0, 0.0, 1.0, 2.5, 4.0] {
            assert!((above(z) / normal.sf(z) - 1.0).abs() < 1e-9, "{z}");
        }
        for freedom in [8.0, 14.0, 30.0, 119.0] {
            let law = StudentsT::new(0.0, 1.0, freedom).expect("a law");
            for t in [-2.0, 0.5, 2.0, 3.0, 4.0] {
                assert!((above_student(t, freedom) / law.sf(t) - 1.0).abs() < 0.05, "{t} with {freedom}");
            }
        }
        for (count, mean) in [(3, 0.124), (1, 2.0), (5, 4.9), (40, 10.0)] {
            let law = Poisson::new(mean).expect("a law");
            assert!(
                (at_least(count, mean) / law.sf(count as u64 - 1) - 1.0).abs() < 1e-6,
                "{count} of {mean}"
            );
        }
    }

    #[test]
    fn lopsided_counts_are_as_rare_as_the_worst_rate_makes_them() {
        for (more, expected) in [(3, 0.0445), (4, 0.0201), (5, 0.0093)] {
            assert!((lopsided(more, 0) - expected).abs() < 4e-4, "{more}: {}", lopsided(more, 0));
        }
        assert!((lopsided(2, 2) - 1.0).abs() < 1e-12);
        assert!(lopsided(10_000, 9_000) < 1e-9 && lopsided(10, 8) > 0.1);
    }

    #[test]
    fn the_ends_of_the_scale_stay_probabilities() {
        for p in [
            above(1e300),
            above_student(1e6, 3.0),
            at_least(1_000_000, 1e-9),
            at_least(5, 1e6),
            above(-1e300),
        ] {
            assert!((LEAST..=1.0).contains(&p), "{p}");
        }
    }
}
