//! The duration histogram of one page, as rows of cumulative bucket counts.
//!
//! Series with different edges on one page make the whole pod's histogram a fault, as a row that contradicts itself
//! does: what could be read of it would be about another tail.

use super::exposition::Sample;
use super::{BUCKETS, HISTOGRAM};
use crate::counting::buckets::{SECONDS, checked, edge_ms};
use crate::counting::family::{Family, Fault, Labels, count};
use crate::reason::snippet;
use std::collections::BTreeMap;

/// Reads the durations of one pod; no series is no fault here.
pub(crate) fn durations(samples: &[Sample]) -> Result<Family, Fault> {
    let mut family = Family::default();
    for (labels, buckets) in by_series(samples)? {
        let (edges, row) = checked(buckets).map_err(|detail| Fault::Histogram { detail })?;
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
        let edge = edge_ms(&le, SECONDS).ok_or_else(|| fault(&format!("le {} is no edge", snippet(&le))))?;
        series.entry(labels).or_default().push((edge, count(sample.value, HISTOGRAM)?));
    }
    Ok(series)
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
        assert_eq!(read(&[("+Inf", f64::NAN)]), Err(Fault::NotANumber { series: HISTOGRAM.to_owned() }));
    }
}
