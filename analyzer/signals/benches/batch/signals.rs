//! The twenty signals of a canary, from the shipped templates: as Haldane is configured with them, and as Flagger asks them.

use crate::fleet;
use haldane_core::increment::Region;
use haldane_core::policy::PrometheusSource;
use haldane_core::signal::Signal;
use haldane_signals::further::Further;
use haldane_signals::prometheus::PrometheusConfig;
use haldane_signals::templates::{Names, documents, go_template, queries, signal_queries};

/// Requests and their durations, which every increment rests on.
const CORE: [Signal; 3] = [Signal::P99Latency, Signal::ErrorRate, Signal::Http5xx];

/// What gates add to them, with the limit of each in its own unit.
const FURTHER: [(Signal, Option<f64>); 17] = [
    (Signal::P50Latency, Some(50.0)),
    (Signal::P95Latency, Some(200.0)),
    (Signal::Http4xx, None),
    (Signal::ErrorLogs, None),
    (Signal::Panics, None),
    (Signal::Restarts, None),
    (Signal::OomKills, None),
    (Signal::ReadinessFailures, None),
    (Signal::DependencyErrors, None),
    (Signal::DbLatency, Some(100.0)),
    (Signal::Cpu, Some(0.8)),
    (Signal::CpuThrottling, Some(0.1)),
    (Signal::Memory, Some(0.9)),
    (Signal::InFlight, Some(0.8)),
    (Signal::QueueDepth, Some(100.0)),
    (Signal::DbPool, Some(0.8)),
    (Signal::ReplicationLag, Some(5.0)),
];

/// How many signals each canary has.
pub(crate) const COUNT: usize = CORE.len() + FURTHER.len();

/// Every signal of a canary.
pub(crate) fn all() -> impl Iterator<Item = Signal> {
    CORE.into_iter().chain(FURTHER.into_iter().map(|(signal, _)| signal))
}

fn source(url: &str, canary: usize) -> PrometheusSource {
    let (namespace, name) = fleet::names(canary);
    PrometheusSource::new(url, &namespace, &name)
}

/// What a policy with a gate for each signal makes of a canary.
pub(crate) fn config(url: &str, canary: usize) -> PrometheusConfig {
    let source = source(url, canary);
    let further = |(signal, limit): (Signal, Option<f64>)| Further {
        signal,
        what: signal_queries(&source, signal.name()).unwrap().what,
        limit,
        tolerate: Some(1.5),
    };
    let region = Region::from(format!("bench-{canary}").as_str());
    PrometheusConfig {
        signals: CORE.to_vec(),
        latency_limit_ms: Some(200.0),
        further: FURTHER.into_iter().map(further).collect(),
        ..PrometheusConfig::new(region, url, queries(&source).unwrap())
    }
}

/// What Flagger asks for one canary: the query of each signal's template, filled in.
pub(crate) fn flagger_queries(canary: usize) -> Vec<String> {
    let source = source("", canary);
    let names = Names::from(&source);
    let documents = documents(&source, &source.name).unwrap();
    let asked: Vec<String> = documents
        .iter()
        .filter(|document| all().any(|signal| signal.name() == document.signal))
        .map(|document| go_template(&document.query, &names).unwrap())
        .collect();
    assert_eq!(asked.len(), COUNT, "every signal has a template");
    asked
}
