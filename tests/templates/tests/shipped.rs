//! The service that the recorded samples are of, and what is asked for it.

use haldane_core::policy::{Family, PrometheusSource, SourceAuth};
use haldane_signals::templates::{Exposure, GaugeQuery, Names, What, documents, go_template};
use promql_parser::label::Matcher;
use promql_parser::parser::{self, Expr};

/// The recorded service, as a policy names it.
pub(crate) fn source(family: Family) -> PrometheusSource {
    PrometheusSource {
        url: "http://prometheus:9090".into(),
        auth: SourceAuth::None,
        ca_file: None,
        identity: None,
        headers: [].into(),
        labels: [].into(),
        family,
        namespace: "fnp".into(),
        target: "pay-v2".into(),
        name: "pay".into(),
        service: "pay".into(),
        ingress: "pay-web".into(),
        route: "pay".into(),
        variables: [].into(),
        canary: None,
        primary: None,
    }
}

/// The family of this name.
pub(crate) fn family(name: &str) -> Family {
    Family::ALL.into_iter().find(|family| family.name() == name).unwrap()
}

/// What Flagger asks for a signal: the template, and with names put in as Flagger puts them in.
pub(crate) fn flaggers_query(source: &PrometheusSource, signal: &str) -> (String, String) {
    let documents = documents(source, &source.name).unwrap();
    let query = documents.into_iter().find(|document| document.signal == signal).unwrap().query;
    let filled = go_template(&query, &Names::from(source)).unwrap();
    (query, filled)
}

/// All selectors of a signal.
pub(crate) fn selectors(what: &What) -> Vec<&str> {
    match what {
        What::Counts { canary, primary, .. } | What::Buckets { canary, primary, .. } => vec![canary, primary],
        What::Gauge { canary, primary } => [canary, primary].into_iter().flat_map(of_gauge).collect(),
        What::Place { value, .. } => vec![value],
        What::Scalar { canary, primary } => {
            std::iter::once(canary).chain(primary).map(String::as_str).collect()
        }
    }
}

fn of_gauge(gauge: &GaugeQuery) -> impl Iterator<Item = &str> {
    std::iter::once(gauge.value.as_str()).chain(gauge.per.iter().map(|(text, _)| text.as_str()))
}

/// A selector's metric and matchers.
pub(crate) fn read(selector: &str) -> (String, Vec<Vec<Matcher>>) {
    let Ok(Expr::VectorSelector(vector)) = parser::parse(selector) else { panic!("{selector}") };
    let lists = std::iter::once(vector.matchers.matchers).chain(vector.matchers.or_matchers);
    (vector.name.unwrap_or_default(), lists.filter(|list| !list.is_empty()).collect())
}

/// The words for what events are held against.
pub(crate) fn exposure(exposure: Exposure) -> &'static str {
    match exposure {
        Exposure::Own => "of all that are counted here",
        Exposure::Requests => "beside the requests",
        Exposure::Pods => "beside the pods",
    }
}
