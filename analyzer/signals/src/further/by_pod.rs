//! Series told apart by the pod that they are about, not by who was asked.
//!
//! kube-state-metrics, the kubelet and cAdvisor speak for many pods at once, and of both versions; when one of them is replaced,
//! its series go on under another `instance`. So where a series names its pod, that is its target. The same series from two
//! exporters at the same time would count everything twice; it is left standing twice, which is a fault.

use crate::counting::family::Labels;
use crate::prometheus::{Matrix, Series};
use std::collections::BTreeMap;

/// `matrix` with every series that names a pod under that pod alone.
pub(crate) fn by_pod(mut matrix: Matrix) -> Matrix {
    let named: Vec<bool> = matrix.series.iter_mut().map(|series| rename(&mut series.labels)).collect();
    let before = same_before(&matrix.series, &named);
    let mut series: Vec<Series> = Vec::with_capacity(matrix.series.len());
    // Where each one went.
    let mut places: Vec<usize> = Vec::with_capacity(matrix.series.len());
    for (one, before) in matrix.series.into_iter().zip(before) {
        let place = before.and_then(|number| places.get(number)).copied();
        match place.and_then(|place| Some((place, series.get_mut(place)?))) {
            Some((place, before)) if follow(&before.samples, &one.samples) => {
                before.samples.extend(one.samples);
                places.push(place);
            }
            Some((place, before)) if follow(&one.samples, &before.samples) => {
                before.samples.splice(..0, one.samples).for_each(drop);
                places.push(place);
            }
            Some(_) | None => {
                places.push(series.len());
                series.push(one);
            }
        }
    }
    Matrix { series }
}

/// Puts a series under the pod that it names; whether it names one.
fn rename(labels: &mut Labels) -> bool {
    let Some(pod) = labels.get("pod").or_else(|| labels.get("exported_pod")).cloned() else { return false };
    labels.remove("job");
    labels.insert("instance".to_owned(), pod);
    true
}

/// For each that names a pod, the last one before it with the same labels. They are not copied for this: every poll of
/// every region comes by here.
fn same_before(series: &[Series], named: &[bool]) -> Vec<Option<usize>> {
    let mut known: BTreeMap<&Labels, usize> = BTreeMap::new();
    let all = series.iter().zip(named).enumerate();
    all.map(|(number, (one, named))| if *named { known.insert(&one.labels, number) } else { None }).collect()
}

/// Whether every sample of `later` is younger than all of `earlier`.
fn follow<T: Ord, V>(earlier: &[(T, V)], later: &[(T, V)]) -> bool {
    match (earlier.last(), later.first()) {
        (Some((end, _)), Some((begin, _))) => end < begin,
        (None, _) | (_, None) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haldane_core::time::Timestamp;

    fn series(labels: &[(&str, &str)], at: &[i64]) -> Series {
        let labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Series {
            labels,
            samples: at.iter().map(|s| (Timestamp::from_s(*s), 1.0)).collect(),
            histograms: Vec::new(),
        }
    }

    fn read(list: Vec<Series>) -> Vec<(Option<String>, usize)> {
        let matrix = by_pod(Matrix { series: list });
        matrix.series.into_iter().map(|s| (s.labels.get("instance").cloned(), s.samples.len())).collect()
    }

    #[test]
    fn a_series_goes_on_when_its_exporter_is_replaced() {
        let of = |instance: &'static str, at: &[i64]| series(&[("pod", "api-1"), ("instance", instance)], at);
        let one = vec![(Some("api-1".to_owned()), 4)];
        assert_eq!(read(vec![of("ksm-a", &[0, 30]), of("ksm-b", &[60, 90])]), one);
        assert_eq!(read(vec![of("ksm-b", &[60, 90]), of("ksm-a", &[0, 30])]), one);
    }

    #[test]
    fn the_same_series_from_two_exporters_stands_twice() {
        let of = |job: &'static str, at: &[i64]| series(&[("pod", "api-1"), ("job", job)], at);
        assert_eq!(read(vec![of("a", &[0, 30]), of("b", &[15, 45])]).len(), 2);
    }

    #[test]
    fn what_names_no_pod_keeps_its_instance() {
        let list =
            vec![series(&[("instance", "10.0.0.1:80")], &[0]), series(&[("instance", "10.0.0.2:80")], &[0])];
        assert_eq!(read(list).len(), 2);
    }
}
