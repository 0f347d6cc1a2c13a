//! The promises behind the evidence, checked by exact enumeration and by seeded simulation under peeking.
//!
//! The oracle closed forms (beta and gamma mixtures, Robbins; Howard et al.) are computed with `statrs`, a library
//! that the engine itself does not use.

use super::capital::Capital;
use super::panel::{Bettors, Cap, Factors, RATIOS};
use super::proof::Proof;
use super::ratio::Cell;
use super::{limit, ratio};
use crate::math::{ln, ln_sum_exp};
use crate::time::Span;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Poisson};
use statrs::distribution::{Binomial, Discrete, Poisson as ExactPoisson};
use statrs::function::beta::{beta_reg, ln_beta};
use statrs::function::gamma::{gamma_ur, ln_gamma};

const DT: Span = Span::from_s(15);

fn uncapped() -> Cap {
    Cap::for_targets(2)
}

/// A length for which the cap never binds.
const LONG: Span = Span::from_min(24 * 60);

/// Expectation of each bettor's factor; `weights` are probabilities with the factors that they bring.
fn expected(weights: impl Iterator<Item = (f64, Factors)>) -> Factors {
    weights.fold([0.0; 15], |mean, (p, factors)| core::array::from_fn(|i| mean[i] + p * factors[i]))
}

#[test]
fn no_bettor_gains_on_average_at_the_limit() {
    for allowed in [0.05, 0.75, 7.5] {
        let law = ExactPoisson::new(allowed).unwrap();
        let mean = expected((0..200).map(|x| {
            let factors = limit::factors(x as f64, allowed, 1.0, LONG, uncapped());
            (law.pmf(x), factors)
        }));
        assert!(mean.iter().all(|m| *m <= 1.0 + 1e-9), "{allowed}: {mean:?}");
    }
}

#[test]
fn no_bettor_gains_on_average_at_the_tolerated_ratio() {
    for (tolerated, exposure_ratio) in [(1.0, 1.0 / 19.0), (1.5, 1.0 / 19.0), (1.5, 1.0)] {
        let odds = tolerated * exposure_ratio;
        for events in [1_u64, 5, 40] {
            let law = Binomial::new(odds / (1.0 + odds), events).unwrap();
            let mean = expected((0..=events).map(|c| {
                let cell = Cell { canary_bad: c as f64, primary_bad: (events - c) as f64, exposure_ratio };
                (law.pmf(c), ratio::factors(&[cell], tolerated, 1.0, LONG, uncapped()))
            }));
            assert!(mean.iter().all(|m| *m <= 1.0 + 1e-9), "{tolerated} {exposure_ratio} {events}: {mean:?}");
        }
    }
}

#[test]
fn no_bettor_on_health_gains_on_average_at_the_bound_or_above() {
    for (allowed, truth) in [(0.5, 0.5), (2.5, 2.5), (2.5, 4.0), (12.0, 12.0)] {
        let law = ExactPoisson::new(truth).unwrap();
        for ratio in super::panel::PROOF_RATIOS {
            let factor = |x: u64| crate::math::exp(x as f64 * ln(ratio) + (1.0 - ratio) * allowed);
            let mean: f64 = (0..300).map(|x| law.pmf(x) * factor(x)).sum();
            assert!(mean <= 1.0 + 1e-9, "{allowed} {truth} {ratio}: {mean}");
        }
    }
}

#[test]
fn fixed_clusters_of_the_assumed_size_are_priced_exactly() {
    let (size, allowed) = (6.0, 0.75);
    let law = ExactPoisson::new(allowed / size).unwrap();
    let mean = expected((0..60).map(|clusters| {
        (law.pmf(clusters), limit::factors(clusters as f64 * size, allowed, size, LONG, uncapped()))
    }));
    assert!(mean[7..].iter().all(|m| (m - 1.0).abs() < 1e-6), "{mean:?}");
}

#[test]
fn splitting_a_poll_does_not_change_what_likelihood_bettors_know() {
    let whole = limit::factors(9.0, 3.0, 1.5, LONG, uncapped());
    let first = limit::factors(2.0, 1.0, 1.5, LONG, uncapped());
    let rest = limit::factors(7.0, 2.0, 1.5, LONG, uncapped());
    for i in 7..7 + RATIOS.len() {
        assert!((whole[i] / (first[i] * rest[i]) - 1.0).abs() < 1e-9);
    }
}

/// P(sup E ≥ 20) at the boundary, iid Poisson(0.75), 60 polls; reference .00843 ± .00020 from 200,000 runs of the
/// panel before its amendments. The onset law and the cap by time move it a little, so the test asserts the promise
/// (≤ .05) and that the panel is neither dead nor near its bound.
#[test]
fn peeking_sixty_times_at_the_limit_convicts_within_the_promise() {
    let runs: u32 = 20_000;
    let law = Poisson::new(0.75).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(1936);
    let crossings = (0..runs)
        .filter(|_| {
            let mut capital = Capital::new(Bettors::All);
            let mut highest = f64::NEG_INFINITY;
            for _ in 0..60 {
                capital.bet(&limit::factors(law.sample(&mut rng), 0.75, 1.0, DT, uncapped()), DT);
                highest = highest.max(capital.ln_e());
            }
            highest >= ln(20.0)
        })
        .count();
    let share = crossings as f64 / f64::from(runs);
    assert!((0.003..0.012).contains(&share), "{share}");
}

#[test]
fn a_canary_at_twice_the_bound_is_not_proved() {
    let law = Poisson::new(5.0).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(1892);
    let proved = (0..2_000)
        .filter(|_| {
            let mut proof = Proof::default();
            (0..40).any(|_| {
                proof.bet(law.sample(&mut rng), 2.5, 1.0);
                proof.is_proved()
            })
        })
        .count();
    assert!(proved <= 2, "{proved} of 2000");
}

/// ln of the one-sided beta mixture against "p ≤ p0": an oracle for a dense grid of likelihood bettors.
fn ln_beta_mixture(x: f64, n: f64, p0: f64, a: f64, b: f64) -> f64 {
    let upper = |a: f64, b: f64| ln(beta_reg(b, a, 1.0 - p0));
    ln_beta(a + x, b + n - x) - ln_beta(a, b) + upper(a + x, b + n - x)
        - upper(a, b)
        - x * ln(p0)
        - (n - x) * crate::math::ln_1p(-p0)
}

/// ln of the gamma mixture truncated to r > 1 against "rate × exposure ≤ mu0".
fn ln_gamma_mixture(x: f64, mu0: f64, a: f64, b: f64) -> f64 {
    mu0 + a * ln(b) - ln_gamma(a) + ln_gamma(a + x) - (a + x) * ln(b + mu0) + ln(gamma_ur(a + x, b + mu0))
        - ln(gamma_ur(a, b))
}

#[test]
fn the_closed_forms_give_their_published_values() {
    assert!((ln_beta_mixture(60.0, 30_000.0, 0.001, 0.5, 50.0) - 8.933_447_054_14).abs() < 1e-6);
    assert!((ln_gamma_mixture(30.0, 15.0, 1.0, 0.5) - 4.498_708_478_04).abs() < 1e-8);
}

#[test]
fn a_dense_grid_of_our_bettors_converges_to_the_gamma_mixture() {
    let (x, mu0, b) = (30.0, 15.0, 0.5);
    // Prior Gamma(1, b) on r, truncated to r > 1, by the midpoint rule.
    let cells = 40_000;
    let step = 20.0 / f64::from(cells);
    let grid = (0..cells).map(|i| 1.0 + (f64::from(i) + 0.5) * step);
    let terms = grid.map(move |r| (r, -b * (r - 1.0) + ln(b * step)));
    let mixture = ln_sum_exp(terms.map(|(r, ln_prior)| ln_prior + x * ln(r) - (r - 1.0) * mu0));
    assert!((mixture - ln_gamma_mixture(x, mu0, 1.0, b)).abs() < 1e-3, "{mixture}");
}

#[test]
fn the_published_conditional_and_dirichlet_oracles_agree() {
    // Beta mixture of the conditional test, a = b = 1/2, π > π0: x_c = 12 of 162, π0 = .05.
    assert!((ln_beta_mixture(12.0, 162.0, 0.05, 0.5, 0.5) + 1.842_274_172_04).abs() < 1e-6);
    // Lindon and Malek's Dirichlet-multinomial, θ0 = (.05, .95), k0 = 100, c = (12, 150).
    let (theta, counts, k0) = ([0.05, 0.95], [12.0, 150.0], 100.0);
    let m: f64 = counts.iter().sum();
    let ln_odds = ln_gamma(k0) - ln_gamma(k0 + m)
        + theta
            .iter()
            .zip(counts)
            .map(|(t, c)| ln_gamma(k0 * t + c) - ln_gamma(k0 * t) - c * ln(*t))
            .sum::<f64>();
    assert!((ln_odds + 0.054_822_078_588_4).abs() < 1e-9, "{ln_odds}");
}
