//! A recorded gauge, reduced to counts: polls above a level, out of all polls.
//!
//! Raw samples are never tested: they remember each other, and a rank test on an hour of real gauges convicted half of all
//! good changes. Polls above a level can be bet on like any other bad event: one in ten may be. The level is the case's own
//! limit, or what 95 % of the old version's history stayed below; so the history's own share is half of what is allowed,
//! and clusters of it are priced by its dispersion.

use super::Unusable;
use super::counts::{ArmCounts, CountsSignal};
use crate::signal::Kind;

/// Polls above the level that are allowed.
const ALLOWED: f64 = 0.1;

/// One in twenty values of the history lies above the level.
const ABOVE: usize = 20;

/// A gauge of one canary, poll by poll.
#[derive(Clone, Debug, PartialEq)]
pub struct Gauge {
    /// Its name in the case.
    pub name: String,
    /// The level, where the case says it.
    pub limit: Option<f64>,
    /// How many times the baseline's share of polls above the level is tolerated.
    pub tolerate: Option<f64>,
    /// The new version.
    pub canary: Vec<f64>,
    /// The old version beside it, over the same polls.
    pub baseline: Option<Vec<f64>>,
    /// The old version before; at least twenty values.
    pub history: Vec<f64>,
}

/// The gauge as counts, and the level that a bad poll is above.
///
/// # Errors
/// Names the place, below the signal's, of what is no number or too short.
pub fn exceedances(gauge: Gauge) -> Result<(CountsSignal, f64), Unusable> {
    let refuse = |place: String, problem: &str| Err(Unusable { place, problem: problem.to_owned() });
    if let Some(limit) = gauge.limit.filter(|l| !l.is_finite()) {
        return refuse("limit".to_owned(), &format!("{limit} is no value"));
    }
    let arms = [
        ("canary", Some(&gauge.canary)),
        ("baseline", gauge.baseline.as_ref()),
        ("history", Some(&gauge.history)),
    ];
    for (name, values) in arms {
        let values = values.map(Vec::as_slice).unwrap_or_default();
        if let Some(i) = values.iter().position(|v| !v.is_finite()) {
            return refuse(format!("{name}.value[{i}]"), &format!("{} is no value", values[i]));
        }
    }
    if gauge.history.len() < ABOVE {
        let problem =
            format!("{} values say little of what is usual; write at least {ABOVE}", gauge.history.len());
        return refuse("history.value".to_owned(), &problem);
    }
    let level = gauge.limit.unwrap_or_else(|| level(&gauge.history));
    let arm = |values: &Vec<f64>| {
        let bad: Vec<f64> = values.iter().map(|v| if *v > level { 1.0 } else { 0.0 }).collect();
        ArmCounts { bad_at_most: bad.clone(), exposure: vec![1.0; bad.len()], bad }
    };
    let counts = CountsSignal {
        kind: Kind::Ratio,
        limit: Some(ALLOWED),
        tolerate: gauge.tolerate,
        minutes: Vec::new(),
        canary: arm(&gauge.canary),
        baseline: gauge.baseline.as_ref().map(arm),
        history: Some(arm(&gauge.history)),
        name: gauge.name,
    };
    Ok((counts, level))
}

/// The value that one in twenty of `history` (twenty or more) is above, or fewer where values repeat.
fn level(history: &[f64]) -> f64 {
    let mut sorted = history.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted[sorted.len() - 1 - sorted.len() / ABOVE]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gauge(canary: Vec<f64>) -> Gauge {
        let history = (0..240).map(|i| f64::from(i * 37 % 240)).collect();
        Gauge { name: "memory".to_owned(), limit: None, tolerate: None, canary, baseline: None, history }
    }

    #[test]
    fn five_percent_of_the_history_are_above_the_level() {
        let (counts, level) = exceedances(gauge(vec![227.0, 228.0])).unwrap();
        let history = counts.history.unwrap();
        assert_eq!((level, history.bad.iter().sum::<f64>()), (227.0, 12.0));
        assert_eq!((counts.canary.bad, counts.limit), (vec![0.0, 1.0], Some(0.1)));
    }

    #[test]
    fn a_limit_of_its_own_is_the_level() {
        let (counts, level) = exceedances(Gauge { limit: Some(0.5), ..gauge(vec![0.4, 0.6]) }).unwrap();
        assert_eq!((level, counts.canary.bad), (0.5, vec![0.0, 1.0]));
    }

    #[test]
    fn a_history_that_stands_still_is_exceeded_by_anything_above_it() {
        let still = Gauge { history: vec![1.0; 60], ..gauge(vec![1.0, 1.1]) };
        let (counts, _) = exceedances(still).unwrap();
        assert_eq!(counts.canary.bad, vec![0.0, 1.0]);
    }

    #[test]
    fn what_is_no_value_or_too_little_is_refused_at_its_place() {
        let place = |gauge: Gauge| exceedances(gauge).unwrap_err().place;
        assert_eq!(place(gauge(vec![1.0, f64::NAN])), "canary.value[1]");
        assert_eq!(place(Gauge { history: vec![1.0; 19], ..gauge(vec![1.0]) }), "history.value");
    }
}
