//! What a template may be filled in with: Flagger's functions and their values for one service.

use haldane_core::policy::PrometheusSource;
use std::collections::BTreeMap;

/// The window of a query that Haldane asks as Flagger would: Flagger's own default for built-in checks.
const INTERVAL: &str = "1m";

/// The values of Flagger's functions for one service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The Canary's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The Deployment that it targets.
    pub target: String,
    /// The apex Service.
    pub service: String,
    /// The Ingress.
    pub ingress: String,
    /// The route.
    pub route: String,
    /// The window, as PromQL writes a duration.
    pub interval: String,
    /// `templateVariables`.
    pub variables: BTreeMap<String, String>,
}

impl From<&PrometheusSource> for Names {
    fn from(source: &PrometheusSource) -> Self {
        let PrometheusSource { name, namespace, target, service, ingress, route, variables, .. } =
            source.clone();
        Self { name, namespace, target, service, ingress, route, interval: INTERVAL.to_owned(), variables }
    }
}

/// One of Flagger's functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Name,
    Namespace,
    Target,
    Service,
    Ingress,
    Route,
    Interval,
}

impl Function {
    const ALL: [Self; 7] = [
        Self::Name,
        Self::Namespace,
        Self::Target,
        Self::Service,
        Self::Ingress,
        Self::Route,
        Self::Interval,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Namespace => "namespace",
            Self::Target => "target",
            Self::Service => "service",
            Self::Ingress => "ingress",
            Self::Route => "route",
            Self::Interval => "interval",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.name() == name)
    }
}

impl Names {
    pub(super) fn get(&self, function: Function) -> &str {
        match function {
            Function::Name => &self.name,
            Function::Namespace => &self.namespace,
            Function::Target => &self.target,
            Function::Service => &self.service,
            Function::Ingress => &self.ingress,
            Function::Route => &self.route,
            Function::Interval => &self.interval,
        }
    }
}
