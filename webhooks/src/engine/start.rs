//! Starting and stopping: state is restored by folding what is stored, then pollers begin.

use super::called::{Called, NotCalled};
use super::config::EngineConfig;
use super::handle::{Published, Service};
use super::keeper::Keeper;
use super::notify::{NotifyCounts, Teller};
use super::observe::Namespaces;
use super::restore::{restore, restore_past};
use super::{notices, notify, observe, poller};
use crate::sources::parts;
use haldane_clock::Clock;
use haldane_core::increment::Region;
use haldane_core::policy::{Policy, Sources};
use haldane_signals::kubernetes::{ClusterError, Notices, Observer};
use haldane_signals::notify::{BadTarget, Target};
use haldane_signals::prometheus::hub::{Hubs, SourceState};
use haldane_store::{Store, StoreError};
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
    /// Two policies for one Canary of a region.
    #[error("two policies judge {canary} in {region}; let each Canary be one policy's")]
    TwoForOne {
        /// `namespace/name` of the Canary.
        canary: String,
        /// Where.
        region: String,
    },
    /// A cluster cannot be reached at all.
    #[error("the cluster of {region} cannot be opened")]
    Cluster {
        /// Which region.
        region: String,
        /// Why.
        #[source]
        source: ClusterError,
    },
    /// Who is to be told cannot be called.
    #[error("the policy of {service} names nobody who can be told")]
    Notify {
        /// Whose.
        service: String,
        /// Why.
        #[source]
        source: BadTarget,
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
    called: Called,
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
        let called = Called::of(config.policies.iter().map(|(policy, _)| policy))?;
        let mut namespaces = Namespaces::default();
        let hubs = Hubs::new(config.clock.clone());
        for (policy, sources) in &config.policies {
            let name = policy.service.clone();
            let (service, tasks) = keep(&config, policy, sources, &stop).await?;
            handles.extend(tasks);
            if config.scrape.enabled {
                handles.extend(pollers(&config, policy, sources, &hubs, &service, &stop).await?);
            }
            handles.extend(observers(&config, policy, sources, &service, &mut namespaces, &stop).await?);
            if services.insert(name.clone(), service).is_some() {
                return Err(StartError::TwoPolicies(name));
            }
        }
        let tasks = Arc::new(Tasks { stop, handles: tokio::sync::Mutex::new(handles) });
        Ok(Self { services, called, store: config.store, clock: config.clock, hubs, tasks })
    }

    /// A service by `namespace/name`.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.get(name)
    }

    /// The service whose Canary in `region` is called `namespace/name`.
    ///
    /// # Errors
    /// One sentence: whose it may be meant to be, if anybody's.
    pub fn service_called(&self, region: &Region, canary: &str) -> Result<&Service, NotCalled> {
        let service = self.called.service(region, canary)?;
        self.services.get(service).ok_or_else(|| NotCalled::Nobody { canary: canary.to_owned() })
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

/// A service, its keeper and, where the policy says who is told, the task that tells them.
async fn keep(
    config: &EngineConfig,
    policy: &Policy,
    sources: &Sources,
    stop: &watch::Sender<bool>,
) -> Result<(Service, Vec<JoinHandle<()>>), StartError> {
    let (state, look) = restore(&config.store, policy, config).await?;
    let past = restore_past(config, policy).await?;
    let (state_now, look_now) = (state.clone(), look.clone());
    let published =
        Published { state: state_now, look: look_now, store_trouble: None, decided: BTreeMap::new() };
    let telling = telling(config, policy, sources, &published, stop)?;
    let (teller, counts, told) = match telling {
        Some((teller, counts, task)) => (Some(teller), Some(counts), Some(task)),
        None => (None, None, None),
    };
    let (publish, watcher) = watch::channel(Arc::new(published));
    let (sender, receiver) = mpsc::channel(MAILBOX);
    let policy = Arc::new(policy.clone());
    let keeper = Keeper {
        policy: policy.clone(),
        state,
        look,
        past,
        unrecorded: Vec::new(),
        unkept: BTreeMap::new(),
        decided: BTreeMap::new(),
        store: config.store.clone(),
        notify: teller,
        publish,
    };
    let tasks = std::iter::once(tokio::spawn(keeper.run(receiver))).chain(told).collect();
    let store = config.store.clone();
    Ok((Service { policy, published: watcher, keeper: sender, store, notify: counts }, tasks))
}

/// What tells people of a service, its counts, and its task.
type Telling = (Teller, NotifyCounts, JoinHandle<()>);

fn telling(
    config: &EngineConfig,
    policy: &Policy,
    sources: &Sources,
    standing: &Published,
    stop: &watch::Sender<bool>,
) -> Result<Option<Telling>, StartError> {
    let Some(source) = &sources.notify else { return Ok(None) };
    let service = policy.service.clone();
    let bad = |source| StartError::Notify { service: service.clone(), source };
    let target = Target::new(source).map_err(bad)?;
    let (teller, waiting, counts) = notify::teller(&service, config.public_url.as_deref(), standing);
    let task = notify::start(service, waiting, target, config.clock.clone(), stop.subscribe());
    Ok(Some((teller, counts, task)))
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
    let mut handles = Vec::new();
    for (region, source) in &sources.clusters {
        let (namespace, name) = parts(policy.service_in(region));
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
