//! Series, handed to the core.

use super::case::SeriesFile;
use super::unusable::unusable;
use haldane_core::recorded::{CaseVerdict, Unusable};
use haldane_core::series::{self, Metric};

pub(super) fn judge(file: SeriesFile) -> Result<CaseVerdict, Unusable> {
    if file.metrics.is_empty() {
        return Err(unusable("metrics", "there is nothing to judge; write at least one metric"));
    }
    let metric = |metric: super::case::Metric| Metric {
        name: metric.name,
        direction: metric.direction.into(),
        control: metric.control,
        experiment: metric.experiment,
        history: metric.history,
    };
    let metrics: Vec<Metric> = file.metrics.into_iter().map(metric).collect();
    series::judge(&metrics)
}
