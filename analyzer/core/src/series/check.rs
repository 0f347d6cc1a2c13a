//! What cannot be judged at all, refused with its place and a cure, before any arithmetic sees it.

use super::Metric;
use crate::recorded::Unusable;

/// No case has more metrics than this.
pub const MOST_METRICS: usize = 1_000;

/// No series of a case has more points than this.
pub const MOST_POINTS: usize = 1_000_000;

/// Refuses a case whose shape or values make no sense.
pub(super) fn usable(metrics: &[Metric]) -> Result<(), Unusable> {
    if metrics.is_empty() {
        return refuse("metrics", "the case has no metric; give at least one".into());
    }
    if metrics.len() > MOST_METRICS {
        let count = metrics.len();
        return refuse("metrics", format!("{count} metrics; split the case, {MOST_METRICS} are the most"));
    }
    metrics.iter().enumerate().try_for_each(|(i, m)| metric(i, m))
}

fn metric(i: usize, metric: &Metric) -> Result<(), Unusable> {
    let series =
        [("control", &metric.control), ("experiment", &metric.experiment), ("history", &metric.history)];
    for (name, values) in series {
        let place = format!("metrics[{i}].{name}");
        if values.len() > MOST_POINTS {
            let count = values.len();
            return refuse(&place, format!("{count} points; thin them out, {MOST_POINTS} are the most"));
        }
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            return refuse(
                &format!("{place}[{at}]"),
                "not a finite number; leave this instant out on both sides".into(),
            );
        }
    }
    let (control, experiment) = (metric.control.len(), metric.experiment.len());
    if control != experiment {
        let problem = format!(
            "{experiment} points, but control has {control}; both sides are sampled at the same instants: \
             leave out the instants that one side lacks"
        );
        return refuse(&format!("metrics[{i}].experiment"), problem);
    }
    Ok(())
}

fn refuse(place: &str, problem: String) -> Result<(), Unusable> {
    Err(Unusable { place: place.into(), problem })
}
