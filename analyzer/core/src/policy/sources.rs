//! Where each region's metrics come from: addresses and files, never a secret.
//!
//! Sources come from the policy's author alone, and are no part of the policy that is recorded: the fold judges
//! counts, so the same policy judges simulated pods and real ones.

use super::dialect::Dialect;
use super::discovery::ScrapeTargets;
use super::probe::ProbeSource;
use crate::increment::Region;
use crate::signal::Signal;
use std::collections::BTreeMap;

/// Where everything that is known of each region comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// Each region's metrics.
    pub metrics: BTreeMap<Region, Source>,
    /// Each region's cluster, where one is configured.
    pub clusters: BTreeMap<Region, ClusterSource>,
    /// What each region's health is asked of, where anything is.
    pub probes: BTreeMap<Region, Vec<ProbeSource>>,
    /// Signals that are counted as a MetricTemplate of the author's own says.
    pub templates: BTreeMap<Signal, TemplateRef>,
    /// How guards are asked where the policy says more than their names, by guard.
    pub guards: BTreeMap<String, GuardSource>,
    /// Who is told of what people have to know; absent where nobody is.
    pub notify: Option<NotifySource>,
}

/// How a guard is asked where that is not what its name says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuardSource {
    /// A PromQL query of the author's own, in place of the shipped selectors.
    pub query: Option<String>,
    /// Of a freshness: what is held against the clock.
    pub age_of: AgeOf,
    /// Of alerts: only these names; empty where it is all of the severity.
    pub names: Vec<String>,
    /// Of alerts: only this severity.
    pub severity: Option<String>,
}

/// What a freshness is the age of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AgeOf {
    /// The value, which is an instant in seconds since 1970.
    #[default]
    Value,
    /// The sample itself, whatever its value: is anything still written?
    Sample,
}

/// Who is told: an address that takes JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifySource {
    /// `http://` or `https://`, without credentials.
    pub url: String,
    /// A file with a token, sent as `Authorization: Bearer`.
    pub token_file: Option<String>,
    /// A bundle of certificates that the address's must be signed by.
    pub ca_file: Option<String>,
}

/// Where a MetricTemplate of the author's own is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateRef {
    /// A file.
    File(String),
    /// An object of the region's cluster.
    Object {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
}

/// How the cluster of a region is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterSource {
    /// Whose credentials.
    pub access: ClusterAccess,
    /// What moves the traffic there, where the Canary itself does not name it.
    pub routes: Option<Routes>,
}

/// Whose credentials open a cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClusterAccess {
    /// Those of the pod that Haldane runs in.
    InCluster,
    /// Those of a kubeconfig.
    Kubeconfig {
        /// Its file; absent for `$KUBECONFIG` or `~/.kube/config`.
        file: Option<String>,
        /// Its context; absent for the current one.
        context: Option<String>,
    },
}

/// Which objects carry the canary's weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Routes {
    /// The annotation of an Ingress.
    Nginx,
    /// Istio's VirtualService.
    Istio,
    /// The Gateway API's HTTPRoute.
    GatewayApi,
}

impl Routes {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Nginx, Self::Istio, Self::GatewayApi];

    /// Its name in policies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Istio => "istio",
            Self::GatewayApi => "gateway-api",
        }
    }
}

/// Where one region's metrics come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The pods' own pages.
    Scrape(ScrapeTargets),
    /// A Prometheus, or anything that answers as one.
    Prometheus(Box<PrometheusSource>),
}

/// A Prometheus-compatible API and which of its series are this service's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrometheusSource {
    /// Where the API begins (`http://prometheus:9090`), without `/api/v1`, user, password and trailing slash.
    pub url: String,
    /// Which of the stores that speak this API it is.
    pub dialect: Dialect,
    /// Labels in which replicas of one series differ; empty for what the store is configured with.
    pub replica_labels: Vec<String>,
    /// How we say who we are.
    pub auth: SourceAuth,
    /// Certificates (PEM) trusted in place of the system's.
    pub ca_file: Option<String>,
    /// Our own certificate.
    pub identity: Option<ClientIdentity>,
    /// Sent with every request; the tenant is one of them.
    pub headers: BTreeMap<String, String>,
    /// Required of every series.
    pub labels: BTreeMap<String, String>,
    /// What the metrics are called.
    pub family: Family,
    /// Namespace of the Canary.
    pub namespace: String,
    /// The Deployment that the Canary targets; its primary is this with `-primary`.
    pub target: String,
    /// The Canary's name.
    pub name: String,
    /// The apex Service's name (`spec.service.name` of the Canary); those of the arms are this with `-canary` and `-primary`.
    pub service: String,
    /// The Ingress' name (`spec.ingressRef` of the Canary).
    pub ingress: String,
    /// The route's name (`spec.routeRef` of the Canary).
    pub route: String,
    /// What templates call `variables.KEY` (`templateVariables` of a metric of the Canary).
    pub variables: BTreeMap<String, String>,
    /// Label matchers of the canary's series, where the family's do not fit.
    pub canary: Option<String>,
    /// Label matchers of the primary's series, where the family's do not fit.
    pub primary: Option<String>,
}

impl PrometheusSource {
    /// One at `url` that asks for nothing, for the Canary `name` of `namespace` whose parts are all called as it is.
    pub fn new(url: &str, namespace: &str, name: &str) -> Self {
        Self {
            url: url.to_owned(),
            dialect: Dialect::Prometheus,
            replica_labels: Vec::new(),
            auth: SourceAuth::None,
            ca_file: None,
            identity: None,
            headers: BTreeMap::new(),
            labels: BTreeMap::new(),
            family: Family::Plain,
            namespace: namespace.to_owned(),
            target: name.to_owned(),
            name: name.to_owned(),
            service: name.to_owned(),
            ingress: name.to_owned(),
            route: name.to_owned(),
            variables: BTreeMap::new(),
            canary: None,
            primary: None,
        }
    }
}

/// How a source is told who asks. The secrets themselves stay in their files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceAuth {
    /// Not at all.
    None,
    /// User and password.
    Basic {
        /// The user's name.
        username: String,
        /// The file that holds the password.
        password_file: String,
    },
    /// A bearer token.
    Bearer {
        /// The file that holds it.
        token_file: String,
    },
}

/// Our certificate for a server that asks for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientIdentity {
    /// The certificate, PEM.
    pub cert_file: String,
    /// Its key, PEM.
    pub key_file: String,
}

/// What a service's metrics are called: a folder of metric-templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// `http_requests_total` and `http_request_duration_seconds`, exposed by the application itself.
    Plain,
    /// Istio's telemetry of its proxies.
    Istio,
    /// Linkerd's telemetry of its proxies.
    Linkerd,
    /// What the NGINX ingress controller counts.
    Nginx,
    /// What Envoy counts behind a Gateway, by cluster.
    GatewayApi,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 5] = [Self::Plain, Self::Istio, Self::Linkerd, Self::Nginx, Self::GatewayApi];

    /// Its name in policies, which is also its folder's.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Istio => "istio",
            Self::Linkerd => "linkerd",
            Self::Nginx => "nginx",
            Self::GatewayApi => "gateway-api",
        }
    }
}
