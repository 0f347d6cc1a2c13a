//! The hubs of a process: one for each distinct source, however many policies name it.

use super::super::client::Source;
use super::super::config::PrometheusConfig;
use super::super::refusal::ConfigError;
use super::Hub;
use super::traffic::Traffic;
use haldane_clock::Clock;
use haldane_core::increment::Region;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Every source that is read, by all that makes one differ from another. Clones are the same.
#[derive(Clone, Debug)]
pub struct Hubs {
    clock: Clock,
    known: Arc<Mutex<BTreeMap<Key, Arc<Hub>>>>,
}

/// How one source does for one region.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceState {
    /// Whose.
    pub region: Region,
    /// Host and port.
    pub source: String,
    /// What asking has cost.
    pub traffic: Traffic,
    /// Whether it failed so often that it is left alone, or on trial.
    pub is_resting: bool,
}

/// What two configurations must have in common to share answers. It holds headers, so it is never shown.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key(String);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(a source)")
    }
}

impl Hubs {
    /// None yet; their polls live on this clock.
    pub fn new(clock: Clock) -> Self {
        Self { clock, known: Arc::default() }
    }

    /// The hub of the source that `config` names.
    ///
    /// # Errors
    ///
    /// When the URL or a header cannot be used.
    pub fn of(&self, config: &PrometheusConfig) -> Result<Arc<Hub>, ConfigError> {
        let key = Key::of(config)?;
        if let Some(known) = self.lock().get(&key) {
            return Ok(known.clone());
        }
        let hub = Arc::new(Hub::new(Source::new(config)?, self.clock.clone()));
        Ok(self.lock().entry(key).or_insert(hub).clone())
    }

    /// How each source does, region by region.
    pub fn states(&self) -> Vec<SourceState> {
        let hubs: Vec<Arc<Hub>> = self.lock().values().cloned().collect();
        let of = |hub: Arc<Hub>| {
            let (source, is_resting) = (hub.core.source.name().to_owned(), hub.core.breaker.is_open());
            let state =
                move |(region, traffic)| SourceState { region, source: source.clone(), traffic, is_resting };
            hub.core.books.read().into_iter().map(state)
        };
        hubs.into_iter().flat_map(of).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Arc<Hub>>> {
        // Whole after every operation on it.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Key {
    fn of(config: &PrometheusConfig) -> Result<Self, ConfigError> {
        let PrometheusConfig {
            dialect,
            replica_labels,
            auth,
            ca_file,
            identity,
            headers,
            deadline,
            max_body_bytes,
            max_series,
            ..
        } = config;
        let endpoint = config.endpoint()?;
        // Debug quotes what it shows, so that no value can pass for two.
        Ok(Self(format!(
            "{endpoint:?} {dialect:?} {replica_labels:?} {auth:?} {ca_file:?} {identity:?} {headers:?} {deadline:?} {max_body_bytes} {max_series}",
            endpoint = endpoint.as_str(),
        )))
    }
}
