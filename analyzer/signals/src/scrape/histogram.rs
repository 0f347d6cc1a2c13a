//! The duration histogram, checked and as rows of cumulative bucket counts.
//!
//! A histogram that contradicts itself says nothing about the tail, and a tail is all that is asked of it: so a
//! missing +Inf, a falling count or series with different edges make the whole pod's histogram a fault.

use super::exposition::Sample;
use super::family::{Family, Fault, Labels, count};
use super::{BUCKETS, HISTOGRAM};
use crate::reason::snippet;
use std::collections::BTreeMap;

/// Reads the durations of one pod; no series is no fault here.
pub(crate) fn durations(samples: &[Sample]) -> Result<Family, Fault> {
    let mut family = Family::default();
    for (labels, buckets) in by_series(samples)? {
        let (edges, row) = checked(buckets)?;
        match &family.edges {
            Some(known) if *known != edges => return Err(fault("series with different edges")),
            Some(_) => {}
            None => family.edges = Some(edges),
        }
        family.rows.insert(labels, row);
    }
    Ok(family)
}

/// Buckets as (edge in milliseconds, count) under their labels without `le`.
type Buckets = BTreeMap<Labels, Vec<(f64, f64)>>;

fn by_series(samples: &[Sample]) -> Result<Buckets, Fault> {
    let mut series = Buckets::new();
    for sample in samples.iter().filter(|s| s.metric == BUCKETS) {
        let mut labels = sample.labels.clone();
        let le = labels.remove("le").ok_or_else(|| fault("a bucket without le"))?;
        let edge = edge_ms(&le).ok_or_else(|| fault(&format!("le {} is no edge", snippet(&le))))?;
        series.entry(labels).or_default().push((edge, count(sample.value, HISTOGRAM)?));
    }
    Ok(series)
}

/// An edge in milliseconds, so rounded that "0.29" is 290 and not its neighbour.
fn edge_ms(le: &str) -> Option<f64> {
    let seconds = le.parse::<f64>().ok().filter(|s| !s.is_nan())?;
    let nanoseconds = (seconds * 1e9).round();
    // Beyond exact whole nanoseconds (and for +Inf) there is nothing to round.
    Some(if nanoseconds.abs() < 1e15 { nanoseconds / 1e6 } else { seconds * 1e3 })
}

fn checked(mut buckets: Vec<(f64, f64)>) -> Result<(Vec<f64>, Vec<f64>), Fault> {
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    for pair in buckets.windows(2) {
        if let [(below, fewer), (above, more)] = pair {
            if below == above {
                return Err(fault(&format!("edge {} stands twice", named(*below))));
            }
            if fewer > more {
                return Err(fault(&format!("counts fall from {} to {}", named(*below), named(*above))));
            }
        }
    }
    match buckets.last() {
        Some((edge, _)) if *edge == f64::INFINITY => Ok(buckets.into_iter().unzip()),
        Some(_) | None => Err(fault("no +Inf bucket")),
    }
}

fn named(edge_ms: f64) -> String {
    if edge_ms == f64::INFINITY { "+Inf".to_owned() } else { format!("{edge_ms} ms") }
}

fn fault(detail: &str) -> Fault {
    Fault::Histogram { detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(buckets: &[(&str, f64)]) -> Result<Family, Fault> {
        let sample = |(le, value): &(&str, f64)| Sample {
            metric: BUCKETS.to_owned(),
            labels: Labels::from([("le".to_owned(), (*le).to_owned())]),
            value: *value,
        };
        durations(&buckets.iter().map(sample).collect::<Vec<_>>())
    }

    #[test]
    fn edges_are_numbers_however_they_are_written_and_ordered() {
        let family = read(&[("+Inf", 9.0), ("2e-1", 5.0), ("0.10", 3.0), ("0.29", 6.0)]).unwrap();
        assert_eq!(family.edges, Some(vec![100.0, 200.0, 290.0, f64::INFINITY]));
        assert_eq!(family.rows.into_values().collect::<Vec<_>>(), [vec![3.0, 5.0, 6.0, 9.0]]);
        assert_eq!(edge_ms("0.2"), edge_ms("0.20"));
    }

    #[test]
    fn a_histogram_that_contradicts_itself_is_a_fault() {
        let says = |buckets: &[(&str, f64)]| match read(buckets) {
            Err(Fault::Histogram { detail }) => detail,
            other => panic!("{other:?}"),
        };
        assert_eq!(says(&[("0.1", 1.0)]), "no +Inf bucket");
        assert_eq!(says(&[("0.1", 3.0), ("0.2", 2.0), ("+Inf", 3.0)]), "counts fall from 100 ms to 200 ms");
        assert_eq!(says(&[("0.2", 3.0), ("0.20", 3.0), ("+Inf", 3.0)]), "edge 200 ms stands twice");
        assert_eq!(says(&[("fast", 3.0)]), "le fast is no edge");
        assert_eq!(says(&[("NaN", 3.0)]), "le NaN is no edge");
        assert_eq!(read(&[("+Inf", f64::NAN)]), Err(Fault::NotANumber { series: HISTOGRAM }));
    }
}
