//! From a policy's words to something that can be polled: one region's source with the patience of this process.

mod further;
mod guards;
mod named;
mod own;

pub use guards::guards;
pub(crate) use named::{in_regions, parts};
pub use own::{OwnTemplate, OwnTemplates, own};

use haldane_clock::Clock;
use haldane_core::increment::{Arms, Increment, Missing, Region};
use haldane_core::policy::{Policy, PrometheusSource, ScrapeTargets, Source, SourceAuth, Targets};
use haldane_core::signal::Signal;
use haldane_core::time::Timestamp;
use haldane_signals::prometheus::hub::Hubs;
use haldane_signals::prometheus::{Auth, ClientIdentity, PrometheusConfig, PrometheusRegion};
use haldane_signals::scrape::{Discovery, RegionScraper, ScrapeConfig};
use haldane_signals::templates;
use std::time::Duration;

/// How sources are read, in real time and real bytes.
#[derive(Clone, Copy, Debug)]
pub struct ScrapeSettings {
    /// Per page, and for all queries of one poll of a Prometheus together.
    pub deadline: Duration,
    /// The longest answer that is read.
    pub max_body_bytes: u64,
    /// Whether to poll at all; tests that bring their own increments do not.
    pub enabled: bool,
}

impl Default for ScrapeSettings {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(5), max_body_bytes: 8 * 1024 * 1024, enabled: true }
    }
}

/// One region's source.
pub enum RegionSource {
    /// Its pods' own pages.
    Scrape(Box<RegionScraper>),
    /// Its Prometheus.
    Prometheus(Box<PrometheusRegion>),
}

impl RegionSource {
    /// The source of `region`, shared through `hubs` with all regions that read the same; an error is a sentence about
    /// what to mend.
    pub fn new(
        policy: &Policy,
        region: &Region,
        source: &Source,
        settings: ScrapeSettings,
        clock: &Clock,
        hubs: &Hubs,
        own: &OwnTemplates,
    ) -> Result<Self, String> {
        match source {
            Source::Scrape(targets) => {
                let pages = further::of_pages(policy, region);
                let further = further::further(policy, region, &pages, own)?;
                let signals = core(policy, &pages, own);
                let config = ScrapeConfig { further, signals, ..scrape(policy, region, targets, settings) };
                let made = RegionScraper::new(config).map_err(|e| e.to_string())?;
                Ok(Self::Scrape(Box::new(made)))
            }
            Source::Prometheus(source) => {
                let further = further::further(policy, region, source, own)?;
                let signals = core(policy, source, own);
                let config =
                    PrometheusConfig { further, signals, ..prometheus(policy, region, source, settings)? };
                let hub = hubs.of(&config).map_err(|e| e.to_string())?;
                let made = PrometheusRegion::among(config, clock.clone(), &hub).map_err(|e| e.to_string())?;
                Ok(Self::Prometheus(Box::new(made)))
            }
        }
    }

    /// What happened since the last increment, if one is due.
    pub async fn poll(&mut self, as_of: Timestamp, arms: Arms) -> Option<Increment> {
        match self {
            Self::Scrape(scraper) => scraper.poll(as_of, arms).await,
            Self::Prometheus(prometheus) => prometheus.poll(as_of, arms).await,
        }
    }

    /// What the primary did between two instants, as far as the source remembers, and why that is not all, if it is
    /// not. Pods remember nothing.
    pub async fn backfill(&self, since: Timestamp, until: Timestamp) -> (Vec<Increment>, Option<Missing>) {
        match self {
            Self::Scrape(_) => (Vec::new(), None),
            Self::Prometheus(prometheus) => prometheus.backfill(since, until).await,
        }
    }
}

/// The gated signals that are counted from requests and durations.
fn core(policy: &Policy, source: &PrometheusSource, own: &OwnTemplates) -> Vec<Signal> {
    let among = |signal: &Signal| further::is_among_requests(*signal, source, own);
    policy.gates.iter().map(|g| g.signal).filter(among).collect()
}

fn latency_limit_ms(policy: &Policy, region: &Region) -> Option<f64> {
    let gate = policy.gates.iter().find(|g| g.signal == Signal::P99Latency)?;
    policy.limit_in(region, gate)
}

fn discovery(targets: &Targets) -> Discovery {
    match targets {
        Targets::Listed(urls) => Discovery::Listed(urls.clone()),
        Targets::Dns(name) => Discovery::Dns(name.clone()),
        Targets::Pods(pods) => Discovery::Pods((**pods).clone()),
    }
}

fn scrape(
    policy: &Policy,
    region: &Region,
    targets: &ScrapeTargets,
    settings: ScrapeSettings,
) -> ScrapeConfig {
    ScrapeConfig {
        canary: discovery(&targets.canary),
        primary: discovery(&targets.primary),
        latency_limit_ms: latency_limit_ms(policy, region),
        scrape_interval: policy.scrape_interval,
        bin: policy.bin(),
        deadline: settings.deadline,
        max_body_bytes: settings.max_body_bytes,
        ..ScrapeConfig::new(region.clone())
    }
}

fn prometheus(
    policy: &Policy,
    region: &Region,
    source: &PrometheusSource,
    settings: ScrapeSettings,
) -> Result<PrometheusConfig, String> {
    let queries = templates::queries(source).map_err(|e| e.to_string())?;
    Ok(PrometheusConfig {
        dialect: source.dialect,
        replica_labels: source.replica_labels.clone(),
        auth: match &source.auth {
            SourceAuth::None => Auth::None,
            SourceAuth::Basic { username, password_file } => {
                Auth::Basic { username: username.clone(), password_file: password_file.into() }
            }
            SourceAuth::Bearer { token_file } => Auth::Bearer { token_file: token_file.into() },
        },
        ca_file: source.ca_file.as_ref().map(Into::into),
        identity: source.identity.as_ref().map(|identity| ClientIdentity {
            cert_file: (&identity.cert_file).into(),
            key_file: (&identity.key_file).into(),
        }),
        headers: source.headers.clone(),
        latency_limit_ms: latency_limit_ms(policy, region),
        scrape_interval: policy.scrape_interval,
        bin: policy.bin(),
        deadline: settings.deadline,
        max_body_bytes: settings.max_body_bytes,
        ..PrometheusConfig::new(region.clone(), &source.url, queries)
    })
}
