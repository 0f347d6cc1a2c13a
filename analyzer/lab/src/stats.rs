//! A share with its interval, and quantiles: what a table of runs is made of.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The 97.5 % quantile of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// How often something happened, with the 95 % interval of Wilson (1927), which is honest about 0 of n.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// How often.
    pub count: usize,
    /// Out of.
    pub of: usize,
    /// count / of; 0 where there was nothing to count.
    pub share: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Share {
    /// `count` of `of`.
    pub fn new(count: usize, of: usize) -> Self {
        let (n, p) = (of as f64, if of == 0 { 0.0 } else { count as f64 / of as f64 });
        if of == 0 {
            return Self { count, of, share: 0.0, low: 0.0, high: 1.0 };
        }
        let z2 = Z * Z / n;
        let centre = (p + z2 / 2.0) / (1.0 + z2);
        let half = Z / (1.0 + z2) * (p * (1.0 - p) / n + z2 / (4.0 * n)).sqrt();
        let low = if count == 0 { 0.0 } else { (centre - half).max(0.0) };
        let high = if count == of { 1.0 } else { (centre + half).min(1.0) };
        Self { count, of, share: p, low, high }
    }

    /// How many of `all` are so.
    pub fn among<T>(all: &[T], is: impl Fn(&T) -> bool) -> Self {
        Self::new(all.iter().filter(|t| is(t)).count(), all.len())
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, of, share, low, high } = self;
        let percent = |p: &f64| 100.0 * p;
        write!(f, "{:.2} % ({count} of {of}; {:.2}–{:.2} %)", percent(share), percent(low), percent(high))
    }
}

/// Median and 95 % quantile.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Half lie below.
    pub median: f64,
    /// 95 % lie below.
    pub p95: f64,
}

impl Quantiles {
    /// Of these values; absent where there are none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let at = |num: usize, den: usize| values.get((values.len() * num / den).min(values.len().max(1) - 1));
        Some(Self { median: *at(1, 2)?, p95: *at(95, 100)? })
    }
}

/// How long something takes among runs of which some never come to it: each figure is absent where so few did.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delays {
    /// A tenth of all runs came to it sooner.
    pub p10: Option<f64>,
    /// Half of them.
    pub median: Option<f64>,
    /// Nine tenths.
    pub p90: Option<f64>,
}

impl Delays {
    /// Of all runs; absent is never.
    pub fn of(runs: &[Option<f64>]) -> Self {
        let mut came: Vec<f64> = runs.iter().copied().flatten().collect();
        came.sort_by(f64::total_cmp);
        let at = |tenths: usize| came.get(runs.len() * tenths / 10).copied();
        Self { p10: at(1), median: at(5), p90: at(9) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the roots of the score equation, found by bisection in another program.
    #[test]
    fn the_interval_is_wilsons() {
        let share = Share::new(15, 300);
        assert!((share.low - 0.030532).abs() < 1e-5 && (share.high - 0.080847).abs() < 1e-5, "{share:?}");
        let none = Share::new(0, 300);
        assert!(none.low == 0.0 && (none.high - 0.012643).abs() < 1e-5, "{none:?}");
    }

    #[test]
    fn nothing_counted_says_nothing() {
        let nothing = Share::new(0, 0);
        assert_eq!((nothing.low, nothing.high), (0.0, 1.0));
        assert_eq!(Quantiles::of([]), None);
    }

    #[test]
    fn quantiles_are_values_that_were_seen() {
        let q = Quantiles::of((1..=100).map(f64::from)).unwrap();
        assert_eq!((q.median, q.p95), (51.0, 96.0));
    }

    #[test]
    fn delays_count_those_that_never_came_to_it() {
        let half = (1..=10).map(|i| (i <= 6).then_some(f64::from(i))).collect::<Vec<_>>();
        assert_eq!(Delays::of(&half), Delays { p10: Some(2.0), median: Some(6.0), p90: None });
        assert_eq!(Delays::of(&[]), Delays { p10: None, median: None, p90: None });
    }
}
