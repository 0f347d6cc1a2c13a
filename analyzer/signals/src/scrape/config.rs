//! What a region's scraper is told, and how that can be wrong.

use super::discovery::Discovery;
use super::roll::Roll;
use super::target::Target;
use crate::further::Further;
use haldane_core::increment::{Arm, Region};
use haldane_core::signal::Signal;
use haldane_core::time::Span;
use std::fmt;
use std::time::Duration;

/// Which pods of one region to read, for what, and how patiently.
#[derive(Clone)]
pub struct ScrapeConfig {
    /// The region, as increments name it.
    pub region: Region,
    /// How the canary's pods are found.
    pub canary: Discovery,
    /// How the primary's pods are found.
    pub primary: Discovery,
    /// The latency above which a request is slow, in milliseconds; needed for p99-latency only.
    pub latency_limit_ms: Option<f64>,
    /// What to count of requests and their durations.
    pub signals: Vec<Signal>,
    /// What to count or measure beyond them.
    pub further: Vec<Further>,
    /// The time between two polls.
    pub scrape_interval: Span,
    /// The least length of an increment. At least two scrape intervals, so that two arms whose pods answer some
    /// seconds apart still cover nearly the same traffic.
    pub bin: Span,
    /// How long one pod may take to answer completely, in real time.
    pub deadline: Duration,
    /// The longest answer that is read, in bytes.
    pub max_body_bytes: u64,
}

impl ScrapeConfig {
    /// A region without pods, with every signal that needs no limit and with the default patience: increments of
    /// 30 s, answers within 5 s and 8 MiB.
    pub fn new(region: Region) -> Self {
        Self {
            region,
            canary: Vec::new().into(),
            primary: Vec::new().into(),
            latency_limit_ms: None,
            signals: vec![Signal::ErrorRate, Signal::Http5xx],
            further: Vec::new(),
            scrape_interval: Span::from_s(15),
            bin: Span::from_s(30),
            deadline: Duration::from_secs(5),
            max_body_bytes: 8 << 20,
        }
    }

    /// The pods of one arm, as far as they are known before anybody was asked.
    pub(super) fn roll(&self, arm: Arm) -> Result<Roll, ConfigError> {
        let urls = match self.discovery(arm) {
            Discovery::Listed(urls) => urls,
            Discovery::Dns(_) | Discovery::Pods(_) => return Ok(Roll::unknown(arm)),
        };
        let read = |(index, url): (usize, &String)| {
            Target::parse(url).map_err(|why| ConfigError::Target { arm, index, why })
        };
        Ok(Roll::listed(urls.iter().enumerate().map(read).collect::<Result<_, _>>()?))
    }

    pub(super) const fn discovery(&self, arm: Arm) -> &Discovery {
        match arm {
            Arm::Canary => &self.canary,
            Arm::Primary => &self.primary,
        }
    }

    /// The latency limit in milliseconds, where p99-latency is asked for.
    pub(crate) fn limit_ms(&self) -> Result<Option<f64>, ConfigError> {
        match self.latency_limit_ms {
            _ if !self.signals.contains(&Signal::P99Latency) => Ok(None),
            Some(limit_ms) if limit_ms.is_finite() && limit_ms > 0.0 => Ok(Some(limit_ms)),
            Some(_) | None => Err(ConfigError::LatencyLimit),
        }
    }
}

impl fmt::Debug for ScrapeConfig {
    /// URLs appear as host and port: a URL may carry credentials, and debug output ends in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |url: &String| Target::parse(url).map_or_else(|_| "(not a URL)".to_owned(), |t| t.name);
        let names = |how: &Discovery| match how {
            Discovery::Listed(urls) => urls.iter().map(name).collect(),
            Discovery::Dns(name) => vec![format!("every address of {}:{}", name.host, name.port)],
            Discovery::Pods(pods) => vec![format!("pods with {} in {}", pods.selector, pods.namespace)],
        };
        f.debug_struct("ScrapeConfig")
            .field("region", &self.region)
            .field("canary", &names(&self.canary))
            .field("primary", &names(&self.primary))
            .field("latency_limit_ms", &self.latency_limit_ms)
            .field("signals", &self.signals)
            .field("further", &self.further)
            .field("scrape_interval", &self.scrape_interval)
            .field("bin", &self.bin)
            .field("deadline", &self.deadline)
            .field("max_body_bytes", &self.max_body_bytes)
            .finish()
    }
}

/// Why a region cannot be scraped as configured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A target is no URL that this version can read. The URL itself is left out: it may carry credentials.
    #[error("{arm} target {index} {why}")]
    Target {
        /// Whose list.
        arm: Arm,
        /// The place in that list, from 0.
        index: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// p99-latency was asked for without a limit that is a positive number of milliseconds.
    #[error("p99-latency needs a limit in milliseconds above 0")]
    LatencyLimit,
    /// A further signal that cannot be read as its template says.
    #[error(transparent)]
    Further(#[from] crate::prometheus::ConfigError),
    /// A further signal whose query only a Prometheus can answer.
    #[error("{signal} is a query; pods' own pages answer selectors alone: give the region a Prometheus")]
    Scalar {
        /// Which.
        signal: Signal,
    },
    /// TLS could not be set up.
    #[error("TLS could not be set up: {0}")]
    Tls(&'static str),
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made")]
    Client(#[source] reqwest::Error),
}
