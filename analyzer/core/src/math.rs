//! Transcendental functions from one software implementation.
//!
//! The platform's `ln` and `exp` differ in the last bit between systems, and a replay must give the same bits
//! everywhere. So the `f64` methods are banned by lint and everything numeric comes through here, from `libm`.

/// Natural logarithm.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// `ln(1 + x)`, exact for small `x`.
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// `e` to the power of `x`.
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// The complementary error function, `1 − erf(x)`: twice what a normal law of variance ½ leaves beyond `x`.
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

/// The logarithm of the gamma function, for `x` > 0.
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// `ln(eᵃ + eᵇ)` without overflow. Both arguments may be −∞, none may be NaN.
pub fn ln_add_exp(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if low == f64::NEG_INFINITY { high } else { high + ln_1p(exp(low - high)) }
}

/// `ln Σ exp(xᵢ)` without overflow, summed in the order given; −∞ for an empty slice.
pub fn ln_sum_exp(terms: impl Iterator<Item = f64> + Clone) -> f64 {
    let high = terms.clone().fold(f64::NEG_INFINITY, f64::max);
    if high == f64::NEG_INFINITY {
        return high;
    }
    high + ln(terms.map(|t| exp(t - high)).sum::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_huge_and_tiny_capitals_stay_finite() {
        assert!((ln_add_exp(1000.0, 1000.0) - (1000.0 + core::f64::consts::LN_2)).abs() < 1e-12);
        assert_eq!(ln_add_exp(f64::NEG_INFINITY, 3.0), 3.0);
        assert!(
            (ln_sum_exp([-2000.0, -2000.0].into_iter()) + 2000.0 - core::f64::consts::LN_2).abs() < 1e-12
        );
        assert_eq!(ln_sum_exp(core::iter::empty()), f64::NEG_INFINITY);
    }
}
