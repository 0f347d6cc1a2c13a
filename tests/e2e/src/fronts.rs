//! The data plane: one HAProxy per namespace, which routes as Ingresses and Services say.
//!
//! As ingress-nginx reads them: the Ingress without a canary annotation names the Service that gets the traffic, the one
//! with `canary: "true"` the Service that gets its share, by weight or by a header; a Service's pods are those whose labels
//! match its selector. Where there is a VirtualService, its first two destinations are these, as Istio reads them. Nothing here knows Flagger, so what Flagger writes is proved by where requests go.

mod front;
mod pools;
mod routes;

use crate::istio;
use crate::nodes::Registry;
use anyhow::Result;
use front::Front;
use futures_util::StreamExt;
use haldane_world::Proxy;
use haldane_world::parts::Leash;
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::networking::v1::Ingress;
use kube::api::DynamicObject;
use kube::runtime::reflector::store::Writer;
use kube::runtime::reflector::{self, Store};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The fronts by namespace, and the task that keeps each.
type Running = BTreeMap<String, (Arc<Front>, JoinHandle<()>)>;

/// The routes of one plane.
#[derive(Debug)]
pub struct Fronts {
    ingresses: Store<Ingress>,
    services: Store<Service>,
    virtual_services: Store<DynamicObject>,
    changes: Arc<watch::Sender<u64>>,
    registry: Registry,
    directory: PathBuf,
    leash: Leash,
    running: Mutex<Running>,
    watches: [JoinHandle<()>; 3],
}

impl Fronts {
    pub(crate) fn start(client: &Client, registry: Registry, directory: &Path, leash: &Leash) -> Self {
        let changes = Arc::new(watch::Sender::new(0));
        let (ingresses, by_ingress) = mirror(Api::<Ingress>::all(client.clone()), (), &changes);
        let (services, by_service) = mirror(Api::<Service>::all(client.clone()), (), &changes);
        let kind = istio::virtual_service();
        let (virtual_services, by_virtual_service) =
            mirror(Api::<DynamicObject>::all_with(client.clone(), &kind), kind, &changes);
        Self {
            ingresses,
            services,
            virtual_services,
            changes,
            registry,
            directory: directory.to_owned(),
            leash: leash.clone(),
            running: Mutex::default(),
            watches: [by_ingress, by_service, by_virtual_service],
        }
    }

    /// The front of a namespace, started if there is none yet; where its users' requests go.
    ///
    /// # Errors
    /// HAProxy does not start.
    pub async fn open(&self, namespace: &str) -> Result<String> {
        let directory = self.directory.join(format!("front-{namespace}"));
        std::fs::create_dir_all(&directory)?;
        let proxy = Proxy::start(&directory, &self.leash).await?;
        let url = proxy.url().to_owned();
        let front = Arc::new(Front::new(namespace, proxy, self));
        let task = tokio::spawn(Arc::clone(&front).run(self.changes.subscribe(), self.registry.changes()));
        let before = self.running().insert(namespace.to_owned(), (front, task));
        if let Some((_, task)) = before {
            task.abort();
        }
        Ok(url)
    }

    /// Ends the front of a namespace.
    pub fn close(&self, namespace: &str) {
        if let Some((_, task)) = self.running().remove(namespace) {
            task.abort();
        }
    }

    /// What a front could not do; empty if all is well.
    pub fn troubles(&self, namespace: &str) -> Vec<String> {
        self.running().get(namespace).map(|(front, _)| front.troubles()).unwrap_or_default()
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Running> {
        // A map is whole after every operation on it.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Fronts {
    fn drop(&mut self) {
        self.watches.iter().for_each(JoinHandle::abort);
        self.running().values().for_each(|(_, task)| task.abort());
    }
}

/// A store of all objects of a kind, and what keeps it; tells `changes` at every change.
fn mirror<K>(
    api: Api<K>,
    kind: K::DynamicType,
    changes: &Arc<watch::Sender<u64>>,
) -> (Store<K>, JoinHandle<()>)
where
    K: kube::Resource + Clone + DeserializeOwned + std::fmt::Debug + Send + Sync + 'static,
    K::DynamicType: Clone + Eq + std::hash::Hash + Send + Sync,
{
    let writer = Writer::new(kind);
    let (store, changes) = (writer.as_reader(), Arc::clone(changes));
    let events = watcher(api, watcher::Config::default()).default_backoff();
    let task = tokio::spawn(async move {
        let mut events = std::pin::pin!(reflector::reflector(writer, events));
        while events.next().await.is_some() {
            changes.send_modify(|n| *n += 1);
        }
    });
    (store, task)
}
