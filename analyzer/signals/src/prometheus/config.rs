//! What a region's Prometheus source is told, and how that can be wrong.

use super::refusal::ConfigError;
use super::selector::{Bad, Selector};
use crate::counting::buckets::SECONDS;
use crate::further::Further;
use haldane_core::increment::{Arm, Region};
use haldane_core::policy::Dialect;
use haldane_core::signal::Signal;
use haldane_core::time::Span;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Which source to ask for one region, for what, as whom, and how patiently.
#[derive(Clone)]
pub struct PrometheusConfig {
    /// The region, as increments name it.
    pub region: Region,
    /// The API's base, such as `https://prometheus:9090` or `https://mimir/prometheus`; without user name or password.
    pub url: String,
    /// Which of the stores that speak this API it is.
    pub dialect: Dialect,
    /// Labels in which replicas of one series differ; Thanos only.
    pub replica_labels: Vec<String>,
    /// As whom to ask.
    pub auth: Auth,
    /// The certificates to trust instead of the system's, as PEM.
    pub ca_file: Option<PathBuf>,
    /// The client's own certificate, where the source asks for one.
    pub identity: Option<ClientIdentity>,
    /// More headers, such as a tenant's `X-Scope-OrgID`. Their values are not shown.
    pub headers: BTreeMap<String, String>,
    /// What to ask.
    pub queries: RegionQueries,
    /// The latency above which a request is slow, in milliseconds; needed for p99-latency only.
    pub latency_limit_ms: Option<f64>,
    /// What to count of requests and their durations.
    pub signals: Vec<Signal>,
    /// What to count or measure beyond them.
    pub further: Vec<Further>,
    /// The time between two polls; also what the scrape interval is taken for until it is found.
    pub scrape_interval: Span,
    /// The least length of an increment.
    pub bin: Span,
    /// How long a whole poll may take, in real time.
    pub deadline: Duration,
    /// The longest answer that is read, in bytes.
    pub max_body_bytes: u64,
    /// The most series of one answer.
    pub max_series: usize,
}

/// As whom to ask. Secrets are files, read again at each poll, so that they can be rotated.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Auth {
    /// As nobody.
    #[default]
    None,
    /// With a user name and the password in a file.
    Basic {
        /// The user name.
        username: String,
        /// The file; white space around the password is left out.
        password_file: PathBuf,
    },
    /// With the token in a file.
    Bearer {
        /// The file; white space around the token is left out.
        token_file: PathBuf,
    },
}

/// A client certificate with its key, as PEM files, read again when they change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientIdentity {
    /// The certificate and what it was signed with.
    pub cert_file: PathBuf,
    /// Its key.
    pub key_file: PathBuf,
}

/// The queries of one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionQueries {
    /// What finds the canary.
    pub canary: ArmQueries,
    /// What finds the primary.
    pub primary: ArmQueries,
    /// The label matchers of a failed request, such as `code=~"5.."`.
    pub bad: String,
    /// The unit of `le`.
    pub le_unit: LeUnit,
}

/// The queries of one arm: plain selectors of raw counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArmQueries {
    /// The request counter.
    pub requests: String,
    /// The buckets of the duration histogram; asked for p99-latency only.
    pub buckets: String,
}

/// The unit of bucket edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LeUnit {
    /// As Prometheus recommends.
    #[default]
    Seconds,
    /// As Istio and some others do.
    Milliseconds,
}

impl LeUnit {
    /// How many milliseconds one is.
    pub(crate) const fn ms(self) -> f64 {
        match self {
            Self::Seconds => SECONDS,
            Self::Milliseconds => 1.0,
        }
    }
}

impl PrometheusConfig {
    /// A source with the default patience: polls every 15 s, increments of 30 s, 10 s for a poll, 8 MiB, 20,000
    /// series; every signal that needs no limit; nobody's credentials.
    pub fn new(region: Region, url: &str, queries: RegionQueries) -> Self {
        Self {
            region,
            url: url.to_owned(),
            dialect: Dialect::default(),
            replica_labels: Vec::new(),
            auth: Auth::None,
            ca_file: None,
            identity: None,
            headers: BTreeMap::new(),
            queries,
            latency_limit_ms: None,
            signals: vec![Signal::ErrorRate, Signal::Http5xx],
            further: Vec::new(),
            scrape_interval: Span::from_s(15),
            bin: Span::from_s(30),
            deadline: Duration::from_secs(10),
            max_body_bytes: 8 << 20,
            max_series: 20_000,
        }
    }

    /// The address of the API's query endpoint.
    pub(crate) fn endpoint(&self) -> Result<Url, ConfigError> {
        let refused = |why| ConfigError::Url { why };
        let mut url = Url::parse(&self.url).map_err(|_| refused("is not an absolute URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused("is neither http nor https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused(
                "carries a user name or password; name them under auth, the password as a file",
            ));
        }
        url.path_segments_mut()
            .map_err(|()| refused("cannot have a path"))?
            .pop_if_empty()
            .extend(["api", "v1", "query"]);
        Ok(url)
    }

    /// The extra headers, marked so that no log shows them.
    pub(crate) fn header_map(&self) -> Result<HeaderMap, ConfigError> {
        let mut map = HeaderMap::new();
        for (name, value) in &self.headers {
            let refused = || ConfigError::Header { name: crate::reason::one_line(name) };
            let key = HeaderName::try_from(name.as_str()).map_err(|_| refused())?;
            let mut value = HeaderValue::try_from(value.as_str()).map_err(|_| refused())?;
            value.set_sensitive(true);
            map.insert(key, value);
        }
        Ok(map)
    }

    /// The latency limit in milliseconds, where p99-latency is asked for.
    pub(crate) fn limit_ms(&self) -> Result<Option<f64>, ConfigError> {
        match self.latency_limit_ms {
            _ if !self.signals.contains(&Signal::P99Latency) => Ok(None),
            Some(limit_ms) if limit_ms.is_finite() && limit_ms > 0.0 => Ok(Some(limit_ms)),
            Some(_) | None => Err(ConfigError::LatencyLimit),
        }
    }

    /// The queries, read.
    pub(crate) fn selectors(&self) -> Result<Selectors, ConfigError> {
        let queries = &self.queries;
        let read = |arm, query, text: &str| {
            Selector::parse(text).map_err(|why| ConfigError::Query { arm, query, why })
        };
        let (canary, primary) = (Arm::Canary, Arm::Primary);
        let requests = [
            (canary, read(canary, "requests", &queries.canary.requests)?),
            (primary, read(primary, "requests", &queries.primary.requests)?),
        ];
        let buckets = match self.limit_ms()? {
            None => None,
            Some(_) => Some([
                (canary, read(canary, "buckets", &queries.canary.buckets)?),
                (primary, read(primary, "buckets", &queries.primary.buckets)?),
            ]),
        };
        for ([(_, one), (_, other)], query) in [(Some(&requests), "requests"), (buckets.as_ref(), "buckets")]
            .into_iter()
            .filter_map(|(pair, query)| Some((pair?, query)))
        {
            if one.is_same(other) {
                return Err(ConfigError::SameQuery { query });
            }
        }
        let bad = Bad::parse(&queries.bad).map_err(|why| ConfigError::Bad { why })?;
        Ok(Selectors { requests: requests.into(), buckets: buckets.map(BTreeMap::from), bad })
    }
}

/// The queries of one region, read.
#[derive(Clone)]
pub(crate) struct Selectors {
    pub(crate) requests: BTreeMap<Arm, Selector>,
    /// Where p99-latency is asked for.
    pub(crate) buckets: Option<BTreeMap<Arm, Selector>>,
    pub(crate) bad: Bad,
}

impl fmt::Debug for PrometheusConfig {
    /// The URL's query and the headers' values are left out: both may carry credentials, and this ends in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.endpoint().map_or_else(|_| "(not usable)".to_owned(), |url| shown(&url));
        f.debug_struct("PrometheusConfig")
            .field("region", &self.region)
            .field("url", &url)
            .field("dialect", &self.dialect)
            .field("replica_labels", &self.replica_labels)
            .field("auth", &self.auth)
            .field("ca_file", &self.ca_file)
            .field("identity", &self.identity)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("queries", &self.queries)
            .field("latency_limit_ms", &self.latency_limit_ms)
            .field("signals", &self.signals)
            .field("further", &self.further)
            .field("scrape_interval", &self.scrape_interval)
            .field("bin", &self.bin)
            .field("deadline", &self.deadline)
            .field("max_body_bytes", &self.max_body_bytes)
            .field("max_series", &self.max_series)
            .finish()
    }
}

/// The only name of a source that may be shown: host and port.
pub(crate) fn shown(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or(80);
    crate::reason::one_line(&format!("{}:{port}", url.host_str().unwrap_or("?")))
}
