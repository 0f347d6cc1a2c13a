//! Which pods there are, for those who route to them and for the tests.

use anyhow::{Context, Result};
use haldane_world::Truth;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

/// Whether a pod may get requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodState {
    /// It does not answer yet, or no longer.
    Starting,
    /// It answers.
    Ready,
    /// It is on its way out: no new requests.
    Terminating,
}

/// A pod as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodNow {
    /// Its namespace.
    pub namespace: String,
    /// `<deployment>-<hash of the template>-<five characters>`.
    pub name: String,
    /// Its Deployment's name.
    pub deployment: String,
    /// The tag of its image.
    pub version: String,
    /// Its template's labels.
    pub labels: BTreeMap<String, String>,
    /// Where it listens on loopback.
    pub port: u16,
    /// Whether it may get requests.
    pub state: PodState,
    /// How many pools of the routes have it.
    pub(crate) pools: usize,
}

/// A process that a pod had: (namespace, deployment, version) and the file of its books.
type Life = ((String, String, String), PathBuf);

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pods: BTreeMap<(String, String), PodNow>,
    lives: Vec<Life>,
}

/// A handle on the list; clones are the same list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registry(Arc<watch::Sender<Book>>);

impl Registry {
    pub(crate) fn pods(&self, namespace: &str) -> Vec<PodNow> {
        self.0.borrow().pods.values().filter(|pod| pod.namespace == namespace).cloned().collect()
    }

    /// Told at every change.
    pub(crate) fn changes(&self) -> watch::Receiver<Book> {
        self.0.subscribe()
    }

    pub(super) fn put(&self, pod: PodNow) {
        self.0.send_modify(|book| {
            book.pods.insert((pod.namespace.clone(), pod.name.clone()), pod);
        });
    }

    pub(super) fn remove(&self, namespace: &str, name: &str) {
        self.0.send_modify(|book| {
            book.pods.remove(&(namespace.to_owned(), name.to_owned()));
        });
    }

    pub(super) fn set_state(&self, namespace: &str, name: &str, state: PodState) {
        self.change(namespace, name, |pod| pod.state = state);
    }

    /// A pool takes a pod in, or has let it go.
    pub(crate) fn pooled(&self, namespace: &str, name: &str, taken_in: bool) {
        self.change(namespace, name, |pod| {
            pod.pools = if taken_in { pod.pools + 1 } else { pod.pools.saturating_sub(1) };
        });
    }

    pub(super) fn is_pooled(&self, namespace: &str, name: &str) -> bool {
        let book = self.0.borrow();
        book.pods.get(&(namespace.to_owned(), name.to_owned())).is_some_and(|pod| pod.pools > 0)
    }

    pub(super) fn lived(&self, namespace: &str, deployment: &str, version: &str, books: PathBuf) {
        let of = (namespace.to_owned(), deployment.to_owned(), version.to_owned());
        self.0.send_if_modified(|book| {
            book.lives.push((of, books));
            false
        });
    }

    /// What was really served by the pods of a namespace that `wanted` (deployment, version) chooses, dead or alive.
    pub(crate) fn truth(&self, namespace: &str, wanted: impl Fn(&str, &str) -> bool) -> Result<Truth> {
        let mut sum = Truth::default();
        for ((of, deployment, version), books) in &self.0.borrow().lives {
            // A process that was killed before it opened its books has served nothing.
            if of == namespace && wanted(deployment, version) && books.exists() {
                sum.add(&Truth::read(books).with_context(|| books.display().to_string())?);
            }
        }
        Ok(sum)
    }

    fn change(&self, namespace: &str, name: &str, change: impl FnOnce(&mut PodNow)) {
        self.0.send_modify(|book| {
            if let Some(pod) = book.pods.get_mut(&(namespace.to_owned(), name.to_owned())) {
                change(pod);
            }
        });
    }
}
