//! What pods' pages said lately, kept as a store of samples: so that further signals read pages and a Prometheus alike.
//!
//! A page is one pod's, and whose it is is known: matchers that tell pods apart (namespace, pod, container) are left out, and
//! labels by which a page calls itself something else are, too.

use super::exposition::Sample;
use crate::prometheus::{Matrix, Series};
use haldane_core::increment::Arm;
use haldane_core::time::{Span, Timestamp};
use promql_parser::label::Matcher;
use promql_parser::parser::{self, Expr};
use std::collections::{BTreeMap, BTreeSet};

/// How far back pages are kept.
const REACH: Span = Span::from_min(6);

/// Labels that say whose a series is.
const IDENTITY: [&str; 10] = [
    "namespace",
    "pod",
    "container",
    "exported_namespace",
    "exported_pod",
    "exported_container",
    "job",
    "instance",
    "node",
    "service",
];

/// Pages by arm and target.
#[derive(Default)]
pub(crate) struct Book(BTreeMap<(Arm, String), BTreeMap<Timestamp, Vec<Sample>>>);

/// What one question looks for on a page.
struct Wanted {
    /// Any of these; a name is given once, or as alternatives that have no pattern in them.
    metrics: Vec<String>,
    matchers: Vec<Matcher>,
}

impl Book {
    /// Keeps what one pod's page said at `at`, and forgets what is old.
    pub(crate) fn note(&mut self, arm: Arm, target: &str, at: Timestamp, samples: Vec<Sample>) {
        let pages = self.0.entry((arm, target.to_owned())).or_default();
        pages.insert(at, samples);
    }

    /// Forgets what is old at `now`, and pods that have nothing else.
    pub(crate) fn forget(&mut self, now: Timestamp) {
        self.0.retain(|_, pages| {
            pages.retain(|at, _| now - *at <= REACH && *at <= now);
            !pages.is_empty()
        });
    }

    /// What `selector` finds on the pages of `arms` within `range` before `now`.
    pub(crate) fn matrix(&self, selector: &str, arms: &[Arm], now: Timestamp, range: Span) -> Matrix {
        let Some(wanted) = Wanted::read(selector) else { return Matrix::default() };
        let mut series: BTreeMap<BTreeMap<String, String>, Vec<(Timestamp, f64)>> = BTreeMap::new();
        for ((_, target), pages) in self.0.iter().filter(|((arm, _), _)| arms.contains(arm)) {
            for (at, samples) in pages.range(now - range..=now) {
                for sample in samples.iter().filter(|s| wanted.accepts(s)) {
                    let mut labels = sample.labels.clone();
                    labels.retain(|name, _| !IDENTITY.contains(&name.as_str()));
                    labels.insert("instance".to_owned(), target.clone());
                    series.entry(labels).or_default().push((*at, sample.value));
                }
            }
        }
        Matrix {
            series: series
                .into_iter()
                .map(|(labels, samples)| Series { labels, samples, histograms: Vec::new() })
                .collect(),
        }
    }
}

impl Wanted {
    fn read(selector: &str) -> Option<Self> {
        let Ok(Expr::VectorSelector(vector)) = parser::parse(selector) else { return None };
        let (names, others): (Vec<Matcher>, Vec<Matcher>) =
            vector.matchers.matchers.into_iter().partition(|m| m.name == "__name__");
        let plain = |name: &&str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':');
        let told = names.iter().flat_map(|m| m.value.split('|')).filter(plain).map(str::to_owned);
        let metrics = vector.name.into_iter().chain(told).collect();
        let matchers = others.into_iter().filter(|m| !IDENTITY.contains(&m.name.as_str())).collect();
        Some(Self { metrics, matchers })
    }

    fn accepts(&self, sample: &Sample) -> bool {
        let value = |m: &Matcher| sample.labels.get(&m.name).map_or("", String::as_str);
        self.metrics.contains(&sample.metric) && self.matchers.iter().all(|m| m.is_match(value(m)))
    }
}

/// The metrics that `selectors` look for.
pub(crate) fn metrics<'a>(selectors: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    selectors.filter_map(Wanted::read).flat_map(|wanted| wanted.metrics).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(metric: &str, labels: &[(&str, &str)], value: f64) -> Sample {
        let labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Sample { metric: metric.to_owned(), labels, value }
    }

    fn at(s: i64) -> Timestamp {
        Timestamp::from_s(s)
    }

    #[test]
    fn pages_of_an_arm_are_found_whatever_namespace_and_pod_the_selector_asks_for() {
        let mut book = Book::default();
        let page = |n: f64| {
            vec![
                sample("cpu_total", &[("container", "app"), ("pod", "x"), ("mode", "user")], n),
                sample("cpu_total", &[("mode", "idle")], 100.0),
            ]
        };
        book.note(Arm::Canary, "10.0.0.1:80", at(0), page(1.0));
        book.note(Arm::Canary, "10.0.0.1:80", at(15), page(2.0));
        book.note(Arm::Primary, "10.0.0.2:80", at(15), page(9.0));
        let selector = r#"cpu_total{namespace="fnp",pod=~"api-.+",container!="",mode="user"}"#;
        let found = book.matrix(selector, &[Arm::Canary], at(15), Span::from_min(5));
        assert_eq!(found.series.len(), 1);
        assert_eq!(found.series[0].samples, [(at(0), 1.0), (at(15), 2.0)]);
        assert_eq!(found.series[0].labels["instance"], "10.0.0.1:80");
        let both = book.matrix(selector, &[Arm::Canary, Arm::Primary], at(15), Span::from_s(5));
        assert_eq!(both.series.iter().map(|s| s.samples.len()).collect::<Vec<_>>(), [1, 1]);
    }

    #[test]
    fn a_name_may_be_given_as_alternatives() {
        let mut book = Book::default();
        book.note(Arm::Primary, "a", at(0), vec![sample("cnpg_lag", &[], 1.0), sample("other", &[], 1.0)]);
        let selector = r#"{__name__=~"pg_lag|cnpg_lag",namespace="fnp"}"#;
        assert_eq!(book.matrix(selector, &[Arm::Primary], at(0), Span::from_s(5)).series.len(), 1);
        assert_eq!(metrics([selector].into_iter()).len(), 2);
    }

    #[test]
    fn what_is_old_is_forgotten() {
        let mut book = Book::default();
        book.note(Arm::Canary, "a", at(0), vec![sample("m", &[], 1.0)]);
        book.forget(at(361));
        assert!(book.0.is_empty());
    }
}
