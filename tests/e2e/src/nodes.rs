//! What controllers, scheduler and kubelets do for Deployments: a real process for each replica.
//!
//! It watches Deployments, starts and stops processes as their templates say, and writes into their status what really
//! listens. It knows nothing of Flagger, nor of routes: [`crate::Fronts`] reads here which pods are ready, and says which it
//! still uses, so that a pod is killed when its last request is answered (a real pod has its grace period for that).

mod conduct;
mod deployment;
mod pod;
mod registry;
mod status;
mod worker;

pub use conduct::Conduct;
pub(crate) use deployment::BEHAVIOUR;
pub(crate) use registry::{Book, Registry};
pub use registry::{PodNow, PodState};

use anyhow::Result;
use futures_util::StreamExt;
use haldane_world::parts::{Leash, Pool, pool, post};
use haldane_world::service::Control;
use haldane_world::{Behaviour, Prometheus};
use k8s_openapi::api::apps::v1::Deployment;
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use worker::Worker;

/// What all workers share.
struct Shared {
    client: Client,
    directory: PathBuf,
    leash: Leash,
    prometheus: Arc<Prometheus>,
    registry: Registry,
    http: Pool,
    /// Deployments (namespace, name) for whose new pods there is no room.
    full: Mutex<BTreeSet<(String, String)>>,
    troubles: Mutex<Vec<String>>,
}

/// The machines of one plane; dropping them stops what they do, but the leash kills the pods.
pub struct Nodes {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl std::fmt::Debug for Nodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Nodes").field("registry", &self.shared.registry).finish_non_exhaustive()
    }
}

impl Nodes {
    pub(crate) fn start(
        client: Client,
        directory: &Path,
        prometheus: Arc<Prometheus>,
        leash: &Leash,
    ) -> Self {
        let shared = Arc::new(Shared {
            client: client.clone(),
            directory: directory.to_owned(),
            leash: leash.clone(),
            prometheus,
            registry: Registry::default(),
            http: pool(),
            full: Mutex::default(),
            troubles: Mutex::default(),
        });
        let task = tokio::spawn(watch_deployments(client, Arc::clone(&shared)));
        Self { shared, task }
    }

    pub(crate) fn registry(&self) -> Registry {
        self.shared.registry.clone()
    }

    /// The pods of a namespace now.
    pub fn pods(&self, namespace: &str) -> Vec<PodNow> {
        self.shared.registry.pods(namespace)
    }

    /// From now on there is no room for new pods of this Deployment, or there is again; those that run go on.
    pub fn set_full(&self, namespace: &str, deployment: &str, full: bool) {
        let key = (namespace.to_owned(), deployment.to_owned());
        // A set is whole after every operation on it.
        let mut set = self.shared.full.lock().unwrap_or_else(PoisonError::into_inner);
        if full {
            set.insert(key)
        } else {
            set.remove(&key)
        };
    }

    /// From the next request on the pods of this Deployment behave so; no new revision is needed for a service to turn bad.
    ///
    /// # Errors
    /// A pod does not take it.
    pub async fn behave(&self, namespace: &str, deployment: &str, behaviour: Behaviour) -> Result<()> {
        let change = Control { behaviour: Some(behaviour), ..Control::default() };
        for pod in self.pods(namespace).iter().filter(|pod| pod.deployment == deployment) {
            let url = format!("http://127.0.0.1:{}/control", pod.port);
            post(&self.shared.http, &url, serde_json::to_string(&change)?).await?;
        }
        Ok(())
    }

    /// What went wrong in the machines themselves; empty if all is well.
    pub fn troubles(&self) -> Vec<String> {
        self.shared.troubles.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn is_full(&self, namespace: &str, deployment: &str) -> bool {
        let key = (namespace.to_owned(), deployment.to_owned());
        self.full.lock().unwrap_or_else(PoisonError::into_inner).contains(&key)
    }

    fn note(&self, trouble: String) {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner).push(trouble);
    }
}

/// Keeps a store of all Deployments, and a worker for each; a worker ends when its Deployment is gone.
async fn watch_deployments(client: Client, shared: Arc<Shared>) {
    let (store, writer) = reflector::store();
    let deployments: Api<Deployment> = Api::all(client);
    let events = watcher(deployments, watcher::Config::default()).default_backoff();
    let mut events = std::pin::pin!(reflector::reflector(writer, events));
    let changes = watch::Sender::new(0_u64);
    let mut workers: Workers = Workers::default();
    while let Some(event) = events.next().await {
        if let Err(error) = event {
            shared.note(format!("the watch of Deployments was cut off: {error}"));
            continue;
        }
        workers.begin(&store, &changes, &shared);
        changes.send_modify(|n| *n += 1);
    }
}

/// The workers, and the names of those that have one.
#[derive(Default)]
struct Workers {
    known: BTreeSet<(String, String)>,
    tasks: tokio::task::JoinSet<(String, String)>,
}

impl Workers {
    fn begin(&mut self, store: &Store<Deployment>, changes: &watch::Sender<u64>, shared: &Arc<Shared>) {
        while let Some(Ok(gone)) = self.tasks.try_join_next() {
            self.known.remove(&gone);
        }
        for deployment in store.state() {
            let reference = ObjectRef::from_obj(&*deployment);
            let key = (reference.namespace.clone().unwrap_or_default(), reference.name.clone());
            if self.known.insert(key.clone()) {
                let worker = Worker::new(key, store.clone(), changes.subscribe(), Arc::clone(shared));
                self.tasks.spawn(worker.run());
            }
        }
    }
}

/// How a namespace and a name address an object in a store.
fn reference(namespace: &str, name: &str) -> ObjectRef<Deployment> {
    ObjectRef::new(name).within(namespace)
}

/// As [`Result`], for what the workers do.
type Done = Result<()>;
