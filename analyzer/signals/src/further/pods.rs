//! A level, pod by pod and scrape by scrape.

use super::by_pod::by_pod;
use crate::prometheus::{Matrix, Series};
use crate::reason::one_line;
use crate::templates::Of;
use haldane_core::increment::{Arm, Missing};
use haldane_core::time::Timestamp;
use std::collections::BTreeMap;

/// Values by instant.
pub(crate) type Values = BTreeMap<Timestamp, f64>;

/// Values by pod.
pub(crate) type Pods = BTreeMap<String, Values>;

/// The values of every pod: the sum of its series at each scrape. `metric` is what reasons call them.
pub(crate) fn pods(matrix: Matrix, of: Of, arm: Arm, metric: &str) -> Result<Pods, Missing> {
    let mut pods = Pods::new();
    let mut seen = std::collections::BTreeSet::new();
    for Series { labels, samples, .. } in by_pod(matrix).series {
        let pod = labels.get("instance").map(|pod| one_line(pod)).unwrap_or_default();
        if !seen.insert(labels) {
            let other = format!("{pod}, from another exporter");
            return Err(Missing::ScrapedTwice { arm, target: pod, other });
        }
        let values = pods.entry(pod.clone()).or_default();
        for (at, value) in told(&samples, of) {
            if !value.is_finite() {
                return Err(Missing::NotANumber { arm, target: Some(pod), series: metric.to_owned() });
            }
            *values.entry(at).or_insert(0.0) += value;
        }
    }
    Ok(pods)
}

/// What counts of one series: its values, or its rises per second, each at the later of its two instants.
fn told(samples: &[(Timestamp, f64)], of: Of) -> Vec<(Timestamp, f64)> {
    match of {
        Of::Level => samples.to_vec(),
        Of::Rate => samples
            .windows(2)
            .filter_map(|pair| {
                let [(from, before), (to, after)] = pair else { return None };
                // A counter that began anew says nothing of this one interval.
                (after >= before || after.is_nan()).then(|| (*to, (after - before) / (*to - *from).as_s()))
            })
            .collect(),
    }
}

/// `value` over `per`, pod by pod: of the divisor the newest not after each instant.
pub(crate) fn divided(value: Pods, per: &Pods) -> Pods {
    let over = |pod: &String, values: Values| -> Values {
        let Some(per) = per.get(pod) else { return Values::new() };
        let newest = |at: &Timestamp| per.range(..=*at).next_back().map(|(_, per)| *per);
        let ratio = |(at, value): (Timestamp, f64)| {
            let per = newest(&at).filter(|per| *per > 0.0)?;
            Some((at, value / per))
        };
        values.into_iter().filter_map(ratio).collect()
    };
    value.into_iter().map(|(pod, values)| (pod.clone(), over(&pod, values))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(pod: &str, container: &str, samples: &[(i64, f64)]) -> Series {
        let labels = [("pod", pod), ("container", container)];
        Series {
            labels: labels.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
            samples: samples.iter().map(|(s, v)| (Timestamp::from_s(*s), *v)).collect(),
            histograms: Vec::new(),
        }
    }

    fn read(list: Vec<Series>, of: Of) -> Vec<(String, Vec<(i64, f64)>)> {
        let pods = pods(Matrix { series: list }, of, Arm::Canary, "m").unwrap();
        let s = |at: &Timestamp| at.as_us() / 1_000_000;
        pods.into_iter().map(|(pod, v)| (pod, v.iter().map(|(at, v)| (s(at), *v)).collect())).collect()
    }

    #[test]
    fn containers_of_a_pod_add_up_scrape_by_scrape() {
        let list =
            vec![series("a", "app", &[(0, 2.0), (15, 3.0)]), series("a", "proxy", &[(0, 1.0), (15, 1.0)])];
        assert_eq!(read(list, Of::Level), [("a".to_owned(), vec![(0, 3.0), (15, 4.0)])]);
    }

    #[test]
    fn a_counter_s_rise_per_second_is_told_and_its_reset_is_not() {
        let list = vec![series("a", "app", &[(0, 10.0), (10, 15.0), (20, 1.0), (30, 2.0)])];
        assert_eq!(read(list, Of::Rate), [("a".to_owned(), vec![(10, 0.5), (30, 0.1)])]);
    }

    #[test]
    fn a_level_is_divided_by_the_newest_of_its_own_pod_s() {
        let at =
            |list: &[(i64, f64)]| list.iter().map(|(s, v)| (Timestamp::from_s(*s), *v)).collect::<Values>();
        let value =
            Pods::from([("a".to_owned(), at(&[(10, 4.0), (20, 6.0)])), ("b".to_owned(), at(&[(10, 1.0)]))]);
        let per = Pods::from([("a".to_owned(), at(&[(5, 8.0), (15, 12.0)]))]);
        let divided = divided(value, &per);
        assert_eq!(divided["a"], at(&[(10, 0.5), (20, 0.5)]));
        assert!(divided["b"].is_empty());
    }

    #[test]
    fn what_is_no_number_or_stands_twice_is_named() {
        let of = |list| pods(Matrix { series: list }, Of::Level, Arm::Canary, "m").unwrap_err();
        assert!(matches!(of(vec![series("a", "x", &[(0, f64::NAN)])]), Missing::NotANumber { .. }));
        let twice = vec![series("a", "x", &[(0, 1.0)]), series("a", "x", &[(0, 1.0)])];
        assert!(matches!(of(twice), Missing::ScrapedTwice { .. }));
    }
}
