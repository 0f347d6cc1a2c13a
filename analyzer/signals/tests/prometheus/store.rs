//! A model of what a Prometheus stores: series, samples, and range selectors over them.

use haldane_core::time::Timestamp;
use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::{self, Expr};
use regex::Regex;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) type Labels = BTreeMap<String, String>;

/// Samples by series, as milliseconds and values; a value may be "native " and a list of buckets.
#[derive(Default)]
pub(crate) struct Store {
    series: BTreeMap<Labels, BTreeMap<i64, String>>,
    pub(crate) era: Era,
}

/// In what versions of Prometheus differ.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Era {
    /// Before 3.0 the beginning of a range belonged to it.
    pub(crate) counts_beginnings: bool,
    /// From 3.0 on a dot matches a line break.
    pub(crate) dot_is_all: bool,
}

impl Store {
    /// Adds one sample.
    pub(crate) fn add(&mut self, labels: Labels, at: Timestamp, value: &str) {
        self.series.entry(labels).or_default().insert(at.as_us() / 1000, value.to_owned());
    }

    /// Forgets one metric of one application.
    pub(crate) fn forget(&mut self, name: &str, app: &str) {
        let is = |labels: &Labels, key: &str, value: &str| labels.get(key).is_some_and(|v| v == value);
        self.series.retain(|labels, _| !(is(labels, "__name__", name) && is(labels, "app", app)));
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.series.clear();
    }

    /// The matrix that a range selector gives at `at`, as JSON.
    pub(crate) fn matrix(&self, query: &str, at: Timestamp) -> Value {
        let Ok(Expr::MatrixSelector(matrix)) = parser::parse(query) else { panic!("{query}") };
        let end = at.as_us() / 1000;
        let begin = end - i64::try_from(matrix.range.as_millis()).unwrap();
        let value = |labels: &Labels, name: &str| labels.get(name).cloned().unwrap_or_default();
        let found = self.series.iter().filter(|(labels, _)| {
            matrix.vs.name.as_ref().is_none_or(|name| value(labels, "__name__") == *name)
                && matrix.vs.matchers.matchers.iter().all(|m| self.era.accepts(m, &value(labels, &m.name)))
        });
        let result: Vec<Value> = found
            .filter_map(|(labels, samples)| {
                let (histograms, values): (Vec<Value>, Vec<Value>) = samples
                    .range(begin + i64::from(!self.era.counts_beginnings)..=end)
                    .map(|(ms, v)| match v.strip_prefix("native ") {
                        Some(buckets) => {
                            let buckets: Value = serde_json::from_str(buckets).unwrap();
                            json!([*ms as f64 / 1000.0, {"count": "7", "sum": "1", "buckets": buckets}])
                        }
                        None => json!([*ms as f64 / 1000.0, v]),
                    })
                    .partition(|sample| sample[1].is_object());
                match (values.is_empty(), histograms.is_empty()) {
                    (true, true) => None,
                    (false, true) => Some(json!({"metric": labels, "values": values})),
                    (true, false) => Some(json!({"metric": labels, "histograms": histograms})),
                    (false, false) => {
                        Some(json!({"metric": labels, "values": values, "histograms": histograms}))
                    }
                }
            })
            .collect();
        json!({"resultType": "matrix", "result": result})
    }
}

impl Era {
    fn accepts(self, matcher: &Matcher, value: &str) -> bool {
        let like = || {
            // RE2's classes are ASCII, this engine's are not.
            let re2 = matcher.value.replace("\\d", "[0-9]").replace("\\w", "[0-9A-Za-z_]");
            let flag = if self.dot_is_all { "s" } else { "" };
            Regex::new(&format!("^(?{flag}:{re2})$")).unwrap().is_match(value)
        };
        match &matcher.op {
            MatchOp::Re(_) => like(),
            MatchOp::NotRe(_) => !like(),
            MatchOp::Equal | MatchOp::NotEqual => matcher.is_match(value),
        }
    }
}

/// Labels from pairs.
pub(crate) fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A pod as a scrape sees it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pod {
    pub(crate) app: &'static str,
    pub(crate) job: &'static str,
    pub(crate) instance: String,
    pub(crate) pod: Option<&'static str>,
    pub(crate) ok: u32,
    pub(crate) failed: u32,
    pub(crate) slow: u32,
    /// Without failures yet, there may be no series of them.
    pub(crate) hides_zero: bool,
    /// The only finite edge beside 0.1 s.
    pub(crate) edge: &'static str,
}

impl Pod {
    pub(crate) fn new(app: &'static str, instance: &str) -> Self {
        Self { app, job: "api", instance: instance.to_owned(), edge: "0.2", ..Self::default() }
    }

    pub(crate) fn serve(&mut self, ok: u32, failed: u32, slow: u32) {
        self.ok += ok;
        self.failed += failed;
        self.slow += slow;
    }

    pub(crate) fn restart(&mut self) {
        (self.ok, self.failed, self.slow) = (0, 0, 0);
    }

    /// Stores one scrape.
    pub(crate) fn scraped(&self, store: &mut Store, at: Timestamp) {
        let all = self.ok + self.failed;
        for (code, count) in [("200", self.ok), ("500", self.failed)] {
            if count > 0 || !self.hides_zero {
                store.add(self.labels("http_requests_total", ("code", code)), at, &count.to_string());
            }
        }
        for (le, count) in [("0.1", 0), (self.edge, all - self.slow), ("+Inf", all)] {
            let series = self.labels("http_request_duration_seconds_bucket", ("le", le));
            store.add(series, at, &count.to_string());
        }
    }

    pub(crate) fn labels(&self, name: &str, (label, value): (&str, &str)) -> Labels {
        let mut all = labels(&[("__name__", name), ("app", self.app), (label, value)]);
        let scraped = [("job", self.job), ("instance", self.instance.as_str())];
        all.extend(labels(&scraped).into_iter().filter(|(_, value)| !value.is_empty()));
        all.extend(self.pod.map(|pod| ("pod".to_owned(), pod.to_owned())));
        all
    }
}
