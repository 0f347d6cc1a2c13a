//! One namespace of one cluster, kept up to date: a watch per kind, shared by all Canaries there.
//!
//! A quiet watch and a dead one look the same, so every few seconds one object is listed. A watch that breaks says nothing
//! when it goes on, either. So once either fails, what is known is not believed any more until it has been listed anew, and
//! the server has answered again after that: a server that is back, or one that lets everything be listed and nothing be
//! watched, would else vouch for what was known before.

use super::kind::Kind;
use crate::reason::one_line;
use futures_util::StreamExt;
use haldane_clock::Clock;
use haldane_core::time::Span;
use kube::api::{Api, DynamicObject, ListParams};
use kube::runtime::watcher::{Config, Event};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, ResourceExt};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How often the cluster is asked whether it still answers.
const HEARTBEAT: Span = Span::from_s(10);

/// How long an answer to that may take.
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(5);

/// Seconds after which a watch is opened anew, so that one that died silently is noticed.
const REOPEN_S: u32 = 30;

/// A namespace as it is known. Clones share it; the last one stops its watches.
#[derive(Clone)]
pub struct NamespaceWatch(Arc<Inner>);

struct Inner {
    client: Client,
    namespace: String,
    clock: Clock,
    known: Arc<Mutex<Known>>,
    changed: watch::Sender<u64>,
    tasks: Mutex<BTreeMap<Kind, JoinHandle<()>>>,
}

#[derive(Default)]
struct Known {
    objects: BTreeMap<Kind, BTreeMap<String, Value>>,
    /// Kinds that have been listed whole.
    complete: BTreeSet<Kind>,
    /// Why a kind cannot be read now.
    trouble: BTreeMap<Kind, String>,
}

/// What is known of one object.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    /// It is.
    Object(Value),
    /// It is not.
    Absent,
    /// Nobody has looked yet.
    NotYet,
    /// Nobody can look: one line.
    Unreadable(String),
}

impl NamespaceWatch {
    /// Watches nothing yet: kinds are watched from the first time that one is asked for.
    pub fn new(client: Client, namespace: &str, clock: Clock) -> Self {
        let (namespace, changed) = (namespace.to_owned(), watch::Sender::new(0));
        Self(Arc::new(Inner {
            client,
            namespace,
            clock,
            known: Arc::default(),
            changed,
            tasks: Mutex::default(),
        }))
    }

    /// Wakes whenever something changed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    /// One object of a kind.
    pub(super) fn get(&self, kind: Kind, name: &str) -> Found {
        self.want(kind);
        let known = lock(&self.0.known);
        if let Some(why) = known.trouble.get(&kind) {
            return Found::Unreadable(why.clone());
        }
        if !known.complete.contains(&kind) {
            return Found::NotYet;
        }
        let object = known.objects.get(&kind).and_then(|of_kind| of_kind.get(name));
        object.map_or(Found::Absent, |o| Found::Object(o.clone()))
    }

    fn want(&self, kind: Kind) {
        let inner = &self.0;
        lock(&inner.tasks).entry(kind).or_insert_with(|| {
            let api = Api::namespaced_with(inner.client.clone(), &inner.namespace, &kind.resource());
            let (known, changed) = (inner.known.clone(), inner.changed.clone());
            let keeper = Keeper { kind, known, changed, staged: None, sound: false };
            tokio::spawn(keep(api, inner.clock.clone(), keeper))
        });
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        lock(&self.tasks).values().for_each(JoinHandle::abort);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn keep(api: Api<DynamicObject>, clock: Clock, mut keeper: Keeper) {
    let open = || watcher(api.clone(), Config::default().timeout(REOPEN_S)).default_backoff().boxed();
    let mut events = open();
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(Ok(event)) => keeper.take(event),
                Some(Err(error)) => keeper.trouble(&error),
                None => return,
            },
            () = clock.sleep(HEARTBEAT) => if keeper.heartbeat(beat(&api).await) {
                events = open();
            },
        }
    }
}

/// Lists at most one object, from the server's cache.
async fn beat(api: &Api<DynamicObject>) -> Result<(), String> {
    let one = ListParams::default().limit(1).match_any();
    match tokio::time::timeout(HEARTBEAT_TIMEOUT, api.list_metadata(&one)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(line(&error)),
        Err(_) => Err(format!("no answer within {} s", HEARTBEAT_TIMEOUT.as_secs())),
    }
}

/// What keeps one kind.
struct Keeper {
    kind: Kind,
    known: Arc<Mutex<Known>>,
    changed: watch::Sender<u64>,
    /// A list under way.
    staged: Option<BTreeMap<String, Value>>,
    /// Something was heard of it since the last failure.
    sound: bool,
}

impl Keeper {
    fn take(&mut self, event: Event<DynamicObject>) {
        let kind = self.kind;
        self.sound = matches!(event, Event::InitDone | Event::Apply(_) | Event::Delete(_));
        match event {
            Event::Init => self.staged = Some(BTreeMap::new()),
            Event::InitApply(object) => {
                let (name, value) = plain(&object);
                self.staged.get_or_insert_default().insert(name, value);
            }
            Event::InitDone => {
                let listed = self.staged.take().unwrap_or_default();
                self.change(|known| {
                    known.objects.insert(kind, listed);
                    known.complete.insert(kind);
                });
            }
            Event::Apply(object) => {
                let (name, value) = plain(&object);
                self.change(|known| {
                    known.objects.entry(kind).or_default().insert(name, value);
                });
            }
            Event::Delete(object) => self.change(|known| {
                known.objects.entry(kind).or_default().remove(&object.name_any());
            }),
        }
    }

    /// What is known may be old from here on. The reason that is known already stays: two that alternate are no news.
    fn trouble(&mut self, error: &watcher::Error) {
        let (kind, why) = (self.kind, line(error));
        tracing::debug!(kind = kind.plural(), why, "a watch of the cluster broke");
        (self.sound, self.staged) = (false, None);
        if !lock(&self.known).trouble.contains_key(&kind) {
            self.change(|known| drop(known.trouble.insert(kind, why)));
        }
    }

    /// Whether everything has to be listed anew before it can be believed again.
    fn heartbeat(&mut self, alive: Result<(), String>) -> bool {
        let kind = self.kind;
        let trouble = lock(&self.known).trouble.get(&kind).cloned();
        match (alive, trouble) {
            (Err(why), trouble) => {
                self.sound = false;
                if trouble.as_ref() != Some(&why) {
                    self.change(|known| drop(known.trouble.insert(kind, why)));
                }
                false
            }
            (Ok(()), None) => false,
            (Ok(()), Some(_)) if self.sound => {
                self.change(|known| drop(known.trouble.remove(&kind)));
                false
            }
            // A list of thousands may take longer than a heartbeat.
            (Ok(()), Some(_)) => self.staged.is_none(),
        }
    }

    fn change(&self, change: impl FnOnce(&mut Known)) {
        change(&mut lock(&self.known));
        self.changed.send_modify(|version| *version += 1);
    }
}

fn plain(object: &DynamicObject) -> (String, Value) {
    let mut value = serde_json::to_value(object).unwrap_or(Value::Null);
    // Who wrote which field is often longer than the object itself.
    if let Some(metadata) = value["metadata"].as_object_mut() {
        metadata.remove("managedFields");
    }
    (object.name_any(), value)
}

/// An error of the client in one line: what the server said, or why it could not be asked.
pub(super) fn line(error: &(dyn std::error::Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(inner) = deepest.source() {
        deepest = inner;
    }
    one_line(&deepest.to_string())
}
