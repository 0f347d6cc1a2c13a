//! The request counter of one answer, as rows of (not failed, all).

use super::answer::Matrix;
use super::selector::Bad;
use super::sighting::{Row, Sighting};
use crate::counting::family::{Fault, count};
use haldane_core::time::Timestamp;

/// Reads the events of one arm, all of them bad where nothing tells good from bad; `metric` is what reasons call the counter.
pub(crate) fn requests(matrix: Matrix, bad: Option<&Bad>, metric: &str) -> Sighting {
    let mut sighting = Sighting { series: matrix.series.len(), ..Sighting::default() };
    for series in matrix.series {
        let is_bad = bad.map_or(Some(true), |bad| bad.is_bad(&series.labels));
        let seen = sighting.target(&series.labels);
        let mut rows: Vec<Row> = Vec::with_capacity(series.samples.len());
        for (at, _) in &series.histograms {
            let detail = "a native histogram, where a counter is read".to_owned();
            note(&mut seen.faults, *at, Fault::Histogram { detail });
        }
        for (at, value) in series.samples {
            match row(value, is_bad, bad, metric) {
                Ok(row) => rows.push((at, row)),
                Err(fault) => note(&mut seen.faults, at, fault),
            }
        }
        seen.push(series.labels, rows, metric);
    }
    sighting
}

fn row(value: f64, is_bad: Option<bool>, bad: Option<&Bad>, metric: &str) -> Result<Vec<f64>, Fault> {
    let all = count(value, metric)?;
    match is_bad {
        Some(true) => Ok(vec![0.0, all]),
        Some(false) => Ok(vec![all, all]),
        // A counter registered before its first request tells nothing, but hides nothing either.
        None if all == 0.0 => Ok(vec![0.0, 0.0]),
        // Requests that do not say how they ended must not pass for good ones.
        None => Err(Fault::Absent {
            series: format!("{metric} with label {}", bad.map(Bad::names).unwrap_or_default()),
        }),
    }
}

/// Keeps the first fault of an instant.
pub(super) fn note(faults: &mut std::collections::BTreeMap<Timestamp, Fault>, at: Timestamp, fault: Fault) {
    faults.entry(at).or_insert(fault);
}
