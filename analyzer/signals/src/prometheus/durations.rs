//! The buckets of one answer, put together to rows of cumulative counts.
//!
//! Buckets are series of their own here, so a row has to be found again: what stands at one instant, if it is whole.
//! Instants with other edges than the series has now (half a scrape, an older version of the process) make no row.

use super::answer::Matrix;
use super::native::Edges;
use super::requests::note;
use super::sighting::{Row, Seen, Sighting};
use crate::counting::buckets::{checked, edge_ms};
use crate::counting::family::{Fault, Labels, count};
use crate::reason::snippet;
use haldane_core::time::Timestamp;
use std::collections::BTreeMap;

/// Buckets of one instant: edge in milliseconds, count; in order of edges.
type Buckets = Vec<(f64, f64)>;
type Instants = BTreeMap<Timestamp, Buckets>;

/// Reads the durations of one arm. `unit_ms` is what `le` counts, `metric` what reasons call the histogram, `native` the
/// edges by which native histograms are read.
pub(crate) fn durations(matrix: Matrix, unit_ms: f64, metric: &str, native: Option<&Edges>) -> Sighting {
    let mut sighting =
        Sighting { series: matrix.series.len(), is_native: native.is_some(), ..Sighting::default() };
    let mut histograms: BTreeMap<Labels, Instants> = BTreeMap::new();
    for series in matrix.series {
        let mut labels = series.labels;
        if let Some(edges) = native.filter(|_| !series.histograms.is_empty()) {
            let seen = sighting.target(&labels);
            edges.take(seen, labels, series.histograms, unit_ms, metric);
            continue;
        }
        let edge = match labels.remove("le") {
            None => Err("a bucket without le".to_owned()),
            Some(le) => edge_ms(&le, unit_ms).ok_or_else(|| format!("le {} is no edge", snippet(&le))),
        };
        match edge {
            Ok(edge) => {
                let instants = histograms.entry(labels).or_default();
                for (at, value) in series.samples {
                    instants.entry(at).or_default().push((edge, value));
                }
            }
            Err(detail) => {
                let seen = sighting.target(&labels);
                for (at, _) in series.samples {
                    note(&mut seen.faults, at, Fault::Histogram { detail: detail.clone() });
                }
            }
        }
    }
    for (labels, instants) in histograms {
        let seen = sighting.target(&labels);
        take(seen, labels, instants, metric);
    }
    sighting
}

fn take(seen: &mut Seen, labels: Labels, mut instants: Instants, metric: &str) {
    instants.values_mut().for_each(|buckets| buckets.sort_by(|a, b| a.0.total_cmp(&b.0)));
    let Some(newest) = instants.last_key_value().map(|(at, _)| *at) else { return };
    let edges = match present_edges(&instants) {
        Ok(edges) => edges,
        Err(detail) => return note(&mut seen.faults, newest, Fault::Histogram { detail: detail.to_owned() }),
    };
    let mut rows: Vec<Row> = Vec::with_capacity(instants.len());
    for (at, buckets) in instants.into_iter().filter(|(_, buckets)| edges_of(buckets) == edges) {
        let sound = buckets.iter().try_for_each(|(_, value)| count(*value, metric).map(|_| ()));
        match sound.and_then(|()| checked(buckets).map_err(|detail| Fault::Histogram { detail })) {
            Ok((_, row)) => rows.push((at, row)),
            Err(fault) => note(&mut seen.faults, at, fault),
        }
    }
    if *seen.edges.get_or_insert_with(|| edges.clone()) != edges {
        let detail = "series with different edges".to_owned();
        note(&mut seen.faults, newest, Fault::Histogram { detail });
    }
    seen.push(labels, rows, metric);
}

/// The edges that the series has now: the newest whole set that stood at two instants; with less, the newest whole one.
fn present_edges(instants: &Instants) -> Result<Vec<f64>, &'static str> {
    let mut whole: Vec<Vec<f64>> =
        instants.values().rev().map(edges_of).filter(|set| set.last() == Some(&f64::INFINITY)).collect();
    let again = whole.iter().position(|set| whole.iter().filter(|other| *other == set).count() > 1);
    if whole.is_empty() {
        return Err("no +Inf bucket");
    }
    let edges = whole.swap_remove(again.unwrap_or(0));
    let has_more = instants.values().flatten().any(|(edge, _)| *edge < f64::INFINITY);
    if edges.len() == 1 && has_more {
        return Err("its buckets stand at different instants, as if several sources were mixed");
    }
    Ok(edges)
}

fn edges_of(buckets: &Buckets) -> Vec<f64> {
    buckets.iter().map(|(edge, _)| *edge).collect()
}

#[cfg(test)]
mod tests {
    use super::super::answer::Series;
    use super::*;

    fn bucket(le: &str, samples: &[(i64, f64)]) -> Series {
        let labels =
            Labels::from([("le".to_owned(), le.to_owned()), ("instance".to_owned(), "a".to_owned())]);
        let samples = samples.iter().map(|(s, value)| (Timestamp::from_s(*s), *value)).collect();
        Series { labels, samples, ..Series::default() }
    }

    fn read(series: Vec<Series>) -> Seen {
        durations(Matrix { series }, 1e3, "h", None).targets.into_values().next().unwrap()
    }

    fn rows(seen: &Seen) -> Vec<(i64, Vec<f64>)> {
        let rows = seen.series.values().flatten();
        rows.map(|(at, row)| (at.as_us() / 1_000_000, row.clone())).collect()
    }

    #[test]
    fn buckets_of_one_instant_make_a_row_and_half_a_scrape_makes_none() {
        let seen = read(vec![
            bucket("+Inf", &[(15, 3.0), (30, 9.0), (45, 9.0)]),
            bucket("0.2", &[(15, 2.0), (30, 5.0)]),
        ]);
        assert_eq!(seen.edges, Some(vec![200.0, f64::INFINITY]));
        assert_eq!(rows(&seen), [(15, vec![2.0, 3.0]), (30, vec![5.0, 9.0])]);
        assert!(seen.faults.is_empty());
    }

    #[test]
    fn a_process_with_other_edges_makes_rows_of_its_own_and_the_old_ones_go() {
        let seen = read(vec![
            bucket("+Inf", &[(15, 3.0), (30, 3.0), (45, 1.0), (60, 2.0)]),
            bucket("0.2", &[(15, 2.0), (30, 2.0)]),
            bucket("0.3", &[(45, 1.0), (60, 1.0)]),
        ]);
        assert_eq!(seen.edges, Some(vec![300.0, f64::INFINITY]));
        assert_eq!(rows(&seen), [(45, vec![1.0, 1.0]), (60, vec![1.0, 2.0])]);
    }

    #[test]
    fn a_histogram_that_contradicts_itself_is_a_fault_of_its_instant() {
        let says = |series: Vec<Series>| match read(series).faults.into_iter().next() {
            Some((at, Fault::Histogram { detail })) => (at.as_us() / 1_000_000, detail),
            other => panic!("{other:?}"),
        };
        let falls = vec![bucket("+Inf", &[(15, 1.0), (30, 1.0)]), bucket("0.1", &[(15, 1.0), (30, 2.0)])];
        assert_eq!(says(falls), (30, "counts fall from 100 ms to +Inf".into()));
        assert_eq!(says(vec![bucket("0.1", &[(15, 1.0)])]), (15, "no +Inf bucket".into()));
        assert_eq!(says(vec![bucket("fast", &[(15, 1.0)])]), (15, "le fast is no edge".into()));
        let ragged = vec![bucket("+Inf", &[(15, 1.0), (30, 1.0)]), bucket("0.1", &[(17, 1.0), (32, 2.0)])];
        assert!(says(ragged).1.contains("different instants"));
    }
}
