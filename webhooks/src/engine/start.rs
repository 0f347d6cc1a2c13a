//! Starting and stopping: state is restored by folding what is stored, then pollers begin.

use super::config::EngineConfig;
use super::handle::{Published, Service};
use super::keeper::Keeper;
use super::observe::Namespaces;
use super::past::{Past, REACH};
use super::{digest, notices, observe, poller};
use haldane_clock::Clock;
use haldane_core::fact::Entry;
use haldane_core::fold::look;
use haldane_core::history::PastIncrement;
use haldane_core::policy::{Policy, Sources};
use haldane_core::report::Look;
use haldane_core::state::ServiceState;
use haldane_signals::kubernetes::{ClusterError, Notices, Observer};
use haldane_signals::prometheus::hub::{Hubs, SourceState};
use haldane_store::{HistoryOrigin, HistoryRecord, Store, StoreError, Transaction};
use std::collections::BTreeMap;
use std::sync::Arc;
use thiserror::Error;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// Messages that a keeper may be behind by; a poller that finds it full waits, hooks too.
const MAILBOX: usize = 1024;

/// Why an engine cannot start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The store does not answer.
    #[error("the store cannot be read")]
    Store(#[from] StoreError),
    /// What is stored is no fact of this version.
    #[error("fact {seq} of {service} cannot be read: use the version of haldane that wrote the store")]
    Unreadable {
        /// Whose.
        service: String,
        /// Which.
        seq: i64,
        /// The error.
        #[source]
        source: serde_json::Error,
    },
    /// Two policies for one service.
    #[error("two policies judge {0}; keep one")]
    TwoPolicies(String),
    /// A cluster cannot be reached at all.
    #[error("the cluster of {region} cannot be opened")]
    Cluster {
        /// Which region.
        region: String,
        /// Why.
        #[source]
        source: ClusterError,
    },
    /// A source cannot be set up.
    #[error("the sources of {region} cannot be read: {problem}")]
    Source {
        /// Which region.
        region: String,
        /// Why.
        problem: String,
    },
}

/// A running engine. Clones are the same engine.
#[derive(Clone)]
pub struct Engine {
    services: BTreeMap<String, Service>,
    store: Store,
    clock: Clock,
    hubs: Hubs,
    tasks: Arc<Tasks>,
}

struct Tasks {
    stop: watch::Sender<bool>,
    handles: tokio::sync::Mutex<Vec<JoinHandle<()>>>,
}

impl Engine {
    /// Restores every service from the store and begins to poll.
    pub async fn start(config: EngineConfig) -> Result<Self, StartError> {
        let stop = watch::Sender::new(false);
        let mut handles = Vec::new();
        let mut services = BTreeMap::new();
        let mut namespaces = Namespaces::default();
        let hubs = Hubs::new(config.clock.clone());
        for (policy, sources) in &config.policies {
            let name = policy.service.clone();
            let (service, keeper) = keep(&config, policy).await?;
            handles.push(keeper);
            if config.scrape.enabled {
                handles.extend(pollers(&config, policy, sources, &hubs, &service, &stop).await?);
            }
            handles.extend(observers(&config, policy, sources, &service, &mut namespaces, &stop).await?);
            if services.insert(name.clone(), service).is_some() {
                return Err(StartError::TwoPolicies(name));
            }
        }
        let tasks = Arc::new(Tasks { stop, handles: tokio::sync::Mutex::new(handles) });
        Ok(Self { services, store: config.store, clock: config.clock, hubs, tasks })
    }

    /// A service by `namespace/name`.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.get(name)
    }

    /// Every service.
    pub fn services(&self) -> impl Iterator<Item = &Service> {
        self.services.values()
    }

    /// The store.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The time it lives on.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What each Prometheus costs each region, and how it does.
    pub fn source_states(&self) -> Vec<SourceState> {
        self.hubs.states()
    }

    /// Stops polling, lets keepers finish what they were sent, and closes the store.
    pub async fn stop(self) -> Result<(), StoreError> {
        self.tasks.stop.send_replace(true);
        for service in self.services.values() {
            service.settled().await;
        }
        let handles = std::mem::take(&mut *self.tasks.handles.lock().await);
        drop(self.services);
        for handle in handles {
            // A keeper ends when the last handle to it is gone; hooks under way may still hold one.
            handle.abort();
            let _ = handle.await;
        }
        self.store.close().await
    }
}

async fn keep(config: &EngineConfig, policy: &Policy) -> Result<(Service, JoinHandle<()>), StartError> {
    let (state, look) = restore(&config.store, policy, config).await?;
    let past = restore_past(config, policy).await?;
    let (state_now, look_now) = (state.clone(), look.clone());
    let published =
        Published { state: state_now, look: look_now, store_trouble: None, decided: BTreeMap::new() };
    let (publish, watcher) = watch::channel(Arc::new(published));
    let (sender, receiver) = mpsc::channel(MAILBOX);
    let policy = Arc::new(policy.clone());
    let keeper = Keeper {
        policy: policy.clone(),
        state,
        look,
        past,
        unrecorded: Vec::new(),
        decided: BTreeMap::new(),
        store: config.store.clone(),
        publish,
    };
    let handle = tokio::spawn(keeper.run(receiver));
    Ok((Service { policy, published: watcher, keeper: sender, store: config.store.clone() }, handle))
}

/// Folds the stored facts from the first; the result must be what was known when the last look was written.
async fn restore(
    store: &Store,
    policy: &Policy,
    config: &EngineConfig,
) -> Result<(ServiceState, Look), StartError> {
    let service = &policy.service;
    let mut entries = Vec::new();
    for fact in store.facts(service, 0).await? {
        let read: Result<Entry, _> = serde_json::from_str(&fact.body);
        let unreadable = |source| StartError::Unreadable { service: service.clone(), seq: fact.seq, source };
        entries.push(read.map_err(unreadable)?);
    }
    let as_of = entries.last().map_or_else(|| config.clock.now(), |e| e.at);
    let (state, look) = look(ServiceState::default(), &entries, as_of);
    let mut stored = None;
    for region in &look.regions {
        let last = store.last_look(&region.rollout.0).await?;
        stored = stored.max(last.map(|l| (l.fact_seq, l.look.state_digest)));
    }
    if let Some((_, stored)) = stored
        && digest(&state).ok().as_ref() != Some(&stored)
    {
        tracing::error!(
            service,
            "the restored state is not the one that was recorded: another version wrote it"
        );
    }
    if !entries.is_empty() {
        tracing::info!(service, facts = entries.len(), "state restored from the store");
    }
    Ok((state, look))
}

async fn restore_past(config: &EngineConfig, policy: &Policy) -> Result<Past, StartError> {
    let mut past = Past::default();
    let since = config.clock.now() - REACH;
    for region in &policy.regions {
        for record in config.store.history(&policy.service, &region.name, since).await? {
            // An unreadable piece of the past is a shorter past, which only makes the judge more careful.
            if let Ok(read) = serde_json::from_str::<PastIncrement>(&record.body) {
                past.push(read);
            }
        }
    }
    for synthetic in config.synthetic.iter().filter(|s| s.service == policy.service) {
        let records = synthetic.past.iter().filter_map(|p| {
            let body = serde_json::to_string(p).ok()?;
            let (service, region) = (synthetic.service.clone(), synthetic.region.clone());
            let (as_of, origin) = (p.increment.as_of, HistoryOrigin::Synthetic);
            Some(HistoryRecord { service, region, as_of, origin, body })
        });
        let transaction = Transaction { history: records.collect(), ..Transaction::default() };
        config.store.commit(transaction).await?;
        synthetic.past.iter().for_each(|p| past.push(p.clone()));
    }
    Ok(past)
}

/// Two tasks per region with a cluster: one reads it, one writes reasons there.
async fn observers(
    config: &EngineConfig,
    policy: &Policy,
    sources: &Sources,
    service: &Service,
    namespaces: &mut Namespaces,
    stop: &watch::Sender<bool>,
) -> Result<Vec<JoinHandle<()>>, StartError> {
    let (namespace, name) = policy.service.split_once('/').unwrap_or_default();
    let mut handles = Vec::new();
    for (region, source) in &sources.clusters {
        let opened = namespaces.of(source, namespace, &config.clock).await;
        let (client, watch) =
            opened.map_err(|source| StartError::Cluster { region: region.to_string(), source })?;
        let observer = Observer::new(watch, name, source.routes);
        let (region, clock) = (region.clone(), config.clock.clone());
        handles.push(observe::start(observer, region.clone(), service.clone(), clock, stop.subscribe()));
        let notices = Notices::new(client, namespace, name);
        let public_url = config.public_url.clone();
        handles.push(notices::start(notices, region, service.clone(), public_url, stop.subscribe()));
    }
    Ok(handles)
}

async fn pollers(
    config: &EngineConfig,
    policy: &Policy,
    sources: &Sources,
    hubs: &Hubs,
    service: &Service,
    stop: &watch::Sender<bool>,
) -> Result<Vec<JoinHandle<()>>, StartError> {
    let mut handles = Vec::new();
    for (region, source) in &sources.metrics {
        let started =
            poller::start(config, policy, (region, source), sources, hubs, service.clone(), stop.subscribe());
        let refused = |problem| StartError::Source { region: region.to_string(), problem };
        handles.push(started.await.map_err(refused)?);
    }
    Ok(handles)
}
