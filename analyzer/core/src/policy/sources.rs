//! Where each region's metrics come from: addresses and files, never a secret.
//!
//! Sources come from the policy's author alone, and are no part of the policy that is recorded: the fold judges
//! counts, so the same policy judges simulated pods and real ones.

use crate::increment::Region;
use std::collections::BTreeMap;

/// Each region's source.
pub type Sources = BTreeMap<Region, Source>;

/// Where one region's metrics come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The pods' own pages.
    Scrape(ScrapeTargets),
    /// A Prometheus, or anything that answers as one.
    Prometheus(Box<PrometheusSource>),
}

/// Addresses (`http://host:port/metrics`) of one region's pods. They carry no credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScrapeTargets {
    /// Pods of the new version.
    pub canary: Vec<String>,
    /// Pods of the old version.
    pub primary: Vec<String>,
}

/// A Prometheus-compatible API and which of its series are this service's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrometheusSource {
    /// Where the API begins (`http://prometheus:9090`), without `/api/v1`, user, password and trailing slash.
    pub url: String,
    /// How we say who we are.
    pub auth: SourceAuth,
    /// Certificates (PEM) trusted in place of the system's.
    pub ca_file: Option<String>,
    /// Our own certificate.
    pub identity: Option<ClientIdentity>,
    /// Sent with every request.
    pub headers: BTreeMap<String, String>,
    /// Required of every series.
    pub labels: BTreeMap<String, String>,
    /// What the metrics are called.
    pub family: Family,
    /// Namespace of the Canary.
    pub namespace: String,
    /// The Deployment that the Canary targets; its primary is this with `-primary`.
    pub target: String,
    /// Label matchers of the canary's series, where the family's do not fit.
    pub canary: Option<String>,
    /// Label matchers of the primary's series, where the family's do not fit.
    pub primary: Option<String>,
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
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 2] = [Self::Plain, Self::Istio];

    /// Its name in policies, which is also its folder's.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Istio => "istio",
        }
    }
}
