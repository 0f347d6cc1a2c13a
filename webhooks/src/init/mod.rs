//! `haldane init`: a first policy for a Canary that there is.
//!
//! Nobody writes a first policy from nothing. What the Canary tells (weights, limits, who moves its traffic) is taken from
//! it; what it cannot tell gets a cautious value and a comment. The draft is in shadow mode: it can change nothing.

mod cluster;
mod limits;
mod name;
mod prometheus;
mod steps;

pub use prometheus::address;

use crate::canary::Found;
use askama::Template;
use cluster::Cluster;
use haldane_core::cluster::Strategy;
use haldane_core::policy::{ClusterAccess, Family, Routes, is_kubernetes_name};
use haldane_core::time::Span;
use haldane_signals::kubernetes::{Analysis, go_duration, routes_of, strategy};
use limits::Limits;
use prometheus::Prometheus;
use steps::Step;
use thiserror::Error;

/// Why there is no draft.
#[derive(Debug, Error)]
pub enum InitError {
    /// An address would be wrong.
    #[error(
        "{0:?} cannot stand in an address; write lower-case letters, digits and -, such as --region us-east"
    )]
    Region(String),
    /// A Canary that no policy can name.
    #[error(
        "the Canary has no namespace; add metadata.namespace to it, or name it: haldane init NAMESPACE/NAME"
    )]
    Namespace,
    /// A name that Kubernetes would refuse.
    #[error(
        "{0:?} is no Canary that Kubernetes has; write lower-case letters, digits, - and . into its metadata"
    )]
    Name(String),
    /// The text cannot be made.
    #[error("the draft cannot be written: {0}")]
    Template(#[from] askama::Error),
}

/// What the command line says about the draft.
pub struct Options<'a> {
    /// `namespace/name`, where the Canary itself does not say its namespace.
    pub service: Option<&'a str>,
    /// The region's name.
    pub region: Option<&'a str>,
    /// The region's Prometheus: from [`address`].
    pub prometheus: Option<&'a str>,
    /// Where the Canary was read; none for a file.
    pub access: Option<&'a ClusterAccess>,
}

/// The draft. Every value in it is either ours or quoted.
#[derive(Template)]
#[template(path = "policy.yaml", escape = "none")]
struct Draft {
    service: String,
    name: String,
    region: String,
    metrics: String,
    family: &'static str,
    steps: Vec<Step>,
    steps_comment: Option<&'static str>,
    strategy: Option<Strategy>,
    limits: Limits,
    /// The end of every gate: how much worse than the primary, where both have traffic at once.
    tolerate: &'static str,
    /// The Canary's own, as Flagger takes it.
    interval: Span,
    cluster: Cluster,
    prometheus: Prometheus,
}

/// A policy for the Canary `found`, as YAML.
///
/// # Errors
/// What is missing, and how to say it.
pub fn draft(found: &Found, options: &Options<'_>) -> Result<String, InitError> {
    let analysis = found.spec.analysis();
    let service = service(found, options.service)?;
    let family = match routes_of(&found.spec, None) {
        Some(Routes::Istio) => Family::Istio,
        Some(Routes::Nginx | Routes::GatewayApi) | None => Family::Plain,
    };
    let (steps, steps_comment) = steps::of(&analysis.ladder());
    let strategy = strategy(&analysis);
    let comment = match strategy {
        Strategy::Canary => steps_comment,
        Strategy::BlueGreen => Some(
            "The Canary has iterations: all traffic moves at once, and is observed before the promotion.",
        ),
        Strategy::AbTesting => {
            Some("The Canary has iterations and match: those users are observed before the promotion.")
        }
    };
    let draft = Draft {
        name: service.replace('/', "-"),
        region: scalar(name::region(found, options)?),
        metrics: metrics(found, &service, family),
        family: family.name(),
        steps,
        steps_comment: comment,
        strategy: (!strategy.is_canary()).then_some(strategy),
        limits: Limits::of(&analysis),
        tolerate: if strategy.is_canary() { ", tolerate: 1.5x" } else { "" },
        interval: interval(&analysis),
        cluster: Cluster::of(options.access),
        prometheus: Prometheus::of(options.prometheus, found.metrics_server.as_deref(), family),
        service,
    };
    Ok(draft.render()?)
}

/// What the Canary asks for; Flagger's default is a minute, and it raises what is below its least.
fn interval(analysis: &Analysis) -> Span {
    let own = analysis.interval.as_deref().and_then(go_duration);
    own.unwrap_or(Span::from_min(1)).max(crate::render::INTERVAL)
}

fn service(found: &Found, named: Option<&str>) -> Result<String, InitError> {
    let own = found.namespace.as_ref().map(|namespace| format!("{namespace}/{}", found.name));
    let service = own.or_else(|| named.map(str::to_owned)).ok_or(InitError::Namespace)?;
    let fits =
        service.split_once('/').is_some_and(|(ns, name)| is_kubernetes_name(ns) && is_kubernetes_name(name));
    if fits { Ok(service) } else { Err(InitError::Name(service)) }
}

/// `metrics:` of the draft: pods are counted by the name of the Deployment, which need not be the Canary's.
fn metrics(found: &Found, service: &str, family: Family) -> String {
    let (target, name) = (&found.spec.target_ref.name, service.rsplit('/').next().unwrap_or_default());
    if target.is_empty() || target == name {
        return family.name().to_owned();
    }
    format!("{{family: {}, target: {}}}", family.name(), quoted(target))
}

/// A Kubernetes name as a YAML scalar: `us-east` as it is, but not `on`, `1e3` or `0`, which would be no text.
fn scalar(name: String) -> String {
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.contains('-') {
        name
    } else {
        quoted(&name)
    }
}

/// Any text as a YAML scalar: JSON's strings are among YAML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
