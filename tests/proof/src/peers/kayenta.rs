//! Kayenta's Mann–Whitney classifier: a confidence interval of the shift between canary and baseline.
//!
//! A metric is High when the lower end of the 98 % interval lies above a quarter of the estimated shift (its only
//! tolerance) and the mean is not below the baseline's; any High critical metric fails the canary. The interval is that
//! of R's `wilcox.test` without exact tables: normal approximation, corrected for ties and continuity, inverted over the
//! pairwise differences. There is no correction for looking again.

use crate::stream::Stream;
use haldane_core::signal::Signal;
use haldane_lab::site::Tally;

/// The 99 % quantile of the standard normal distribution: 98 % in the middle.
const Z99: f64 = 2.326_347_874_040_841;
/// The share of the estimated shift that the interval has to clear.
const TOLERANCE: f64 = 0.25;
/// The first minute with enough points to judge.
const FIRST: usize = 5;

/// The interval of the shift and its Hodges–Lehmann estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The estimate.
    pub estimate: f64,
}

/// How much higher `x` lies than `y`. Both not empty.
pub fn shift(x: &[f64], y: &[f64]) -> Shift {
    let mut differences: Vec<f64> = x.iter().flat_map(|a| y.iter().map(move |b| a - b)).collect();
    differences.sort_by(f64::total_cmp);
    let pairs = differences.len() as f64;
    let sigma = deviation(x, y);
    // With the shift removed, the number of differences above it is normal around half of them. The ends are where
    // that number leaves the middle 98 %.
    let beyond = Z99 * sigma + 0.5;
    let last = differences.len() - 1;
    let at = |above: f64| {
        // The largest difference that still has at least `above` differences at or above it.
        let from_top = above.ceil().max(1.0) as usize;
        differences[(differences.len() - from_top.min(differences.len())).min(last)]
    };
    let low = if pairs / 2.0 + beyond > pairs { differences[0] } else { at(pairs / 2.0 + beyond) };
    let high = if pairs / 2.0 - beyond < 0.0 { differences[last] } else { at(pairs / 2.0 - beyond + 1e-9) };
    Shift { low, high, estimate: median(&differences) }
}

fn median(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[half] } else { f64::midpoint(sorted[half - 1], sorted[half]) }
}

/// The standard deviation of the number of pairs in which x is larger, with ties inside the samples.
fn deviation(x: &[f64], y: &[f64]) -> f64 {
    let (n, m) = (x.len() as f64, y.len() as f64);
    let ties: f64 = cubes(x) + cubes(y);
    (n * m / 12.0 * (n + m + 1.0 - ties / ((n + m) * (n + m - 1.0)))).sqrt()
}

/// Σ t³ − t over groups of equal values. Ties between the samples vanish at a shift that is no difference.
fn cubes(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
        .chunk_by(|a, b| a == b)
        .map(|group| {
            let t = group.len() as f64;
            t * t * t - t
        })
        .sum()
}

/// Whether a metric is High.
pub fn is_high(canary: &[f64], baseline: &[f64]) -> bool {
    let (first, same) = (canary.first(), |values: &[f64]| values.iter().all(|v| Some(v) == canary.first()));
    if first.is_none() || (same(canary) && same(baseline)) {
        return false;
    }
    let shift = shift(canary, baseline);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    shift.low > TOLERANCE * shift.estimate.abs() && mean(canary) >= mean(baseline)
}

/// The minute of the first failure when it is asked every minute from the fifth on, and whether it fails when it is asked
/// once, at the end.
pub fn judge(stream: &Stream) -> (Option<f64>, bool) {
    let series = |arm: usize| {
        let minutes = stream.by_minute(arm);
        Signal::CORE.map(|signal| {
            let at = Signal::CORE.iter().position(|s| *s == signal).unwrap_or(0);
            minutes.iter().map(|m: &Tally| m.bad[at]).collect::<Vec<f64>>()
        })
    };
    let (canary, baseline) = (series(0), series(2));
    let fails =
        |minute: usize| canary.iter().zip(&baseline).any(|(c, b)| is_high(&c[..minute], &b[..minute]));
    let minutes = canary[0].len();
    let peeked = (FIRST..=minutes).find(|minute| fails(*minute)).map(|m| m as f64);
    (peeked, minutes >= FIRST && fails(minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R: `wilcox.test(x, y, conf.int = TRUE, conf.level = .98, exact = FALSE)`, whose root finder is good to 1e-4.
    #[test]
    fn the_interval_is_that_of_r() {
        let (x, y) = ([1.1, 2.3, 2.9, 4.2, 5.7, 6.0], [0.3, 1.0, 1.7, 2.2, 2.8]);
        let Shift { low, high, estimate } = shift(&x, &y);
        let near = |a: f64, b: f64| (a - b).abs() < 1e-4;
        assert!(near(low, -1.099_968), "{low}");
        assert!(near(high, 5.399_954), "{high}");
        assert!(near(estimate, 1.999_948), "{estimate}");
    }

    #[test]
    fn equal_series_pass_and_a_clear_shift_fails() {
        let low = [1.0, 2.0, 1.0, 3.0, 2.0, 1.0, 2.0, 2.0, 1.0, 3.0];
        let high = low.map(|v| v + 10.0);
        assert!(!is_high(&low, &low) && is_high(&high, &low) && !is_high(&low, &high));
        assert!(!is_high(&[2.0; 5], &[2.0; 5]));
    }
}
