//! Two sides on one scale: logarithms where every value is positive, else values divided by the largest.
//!
//! Dividing by the largest value keeps squares and differences finite for any input, and makes the unit irrelevant.

use super::Metric;
use super::robust::{mean, median};
use crate::math::{exp, ln};

/// The two sides of a metric, comparable.
pub(super) struct Pair {
    /// The old version.
    pub(super) control: Vec<f64>,
    /// The canary.
    pub(super) canary: Vec<f64>,
    /// The old version before; may be empty.
    pub(super) history: Vec<f64>,
    /// Whether these are natural logarithms.
    pub(super) logs: bool,
    /// What a relative difference of 1 is in this scale; 1 for logarithms, 0 where the control is always 0.
    unit: f64,
}

impl Pair {
    /// Of a metric whose values are finite.
    pub(super) fn of(metric: &Metric) -> Self {
        let all = || metric.control.iter().chain(&metric.experiment).chain(&metric.history);
        let logs = all().all(|v| *v > 0.0);
        let largest = all().fold(0.0, |m: f64, v| m.max(v.abs()));
        let scaled = |values: &[f64]| -> Vec<f64> {
            let one = |v: &f64| if logs { ln(*v) } else { *v / largest.max(f64::MIN_POSITIVE) };
            values.iter().map(one).collect()
        };
        let control = scaled(&metric.control);
        let unit = if logs { 1.0 } else { typical(&control) };
        Self { control, canary: scaled(&metric.experiment), history: scaled(&metric.history), logs, unit }
    }

    /// Of two windows that are on one scale already.
    pub(super) fn placebo(control: &[f64], canary: &[f64]) -> Self {
        let (control, canary) = (control.to_vec(), canary.to_vec());
        Self { control, canary, history: Vec::new(), logs: false, unit: 1.0 }
    }

    /// Points on each side.
    pub(super) fn len(&self) -> usize {
        self.control.len()
    }

    /// Canary less control, instant by instant, times `sign`.
    pub(super) fn difference(&self, sign: f64) -> Vec<f64> {
        self.control.iter().zip(&self.canary).map(|(c, e)| sign * (e - c)).collect()
    }

    /// A relative margin in this scale.
    pub(super) fn margin(&self, relative: f64) -> f64 {
        if self.logs { crate::math::ln_1p(relative) } else { relative * self.unit }
    }

    /// A difference as a share of the control's typical value; None where that is 0.
    pub(super) fn relative(&self, difference: f64) -> Option<f64> {
        if self.logs {
            Some(exp(difference.min(230.0)) - 1.0)
        } else if self.unit > 0.0 {
            Some((difference / self.unit).clamp(-1e100, 1e100))
        } else {
            None
        }
    }
}

/// The median size; the mean where more than half are 0.
fn typical(values: &[f64]) -> f64 {
    let sizes: Vec<f64> = values.iter().map(|v| v.abs()).collect();
    let middle = median(sizes.iter().copied());
    if middle > 0.0 { middle } else { mean(&sizes) }
}
