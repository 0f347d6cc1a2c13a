//! What a Canary went through, change by change, each with its instant: what comes before what in *different* planes can be
//! said of nothing less.
//!
//! Phase and failed checks come from the Canary's status, the weight from the canary's Ingress, both by a watch: whoever
//! asks now and then sees the end of a short phase, or nothing of it. All diaries of a process share a clock.

use crate::canary::CanaryNow;
use anyhow::Result;
use futures_util::{Stream, StreamExt, stream};
use haldane_clock::Clock;
use haldane_core::time::Timestamp;
use k8s_openapi::api::networking::v1::Ingress;
use kube::Api;
use kube::api::DynamicObject;
use kube::runtime::{WatchStreamExt, watcher};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How a Canary was from an instant on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Its phase.
    pub phase: String,
    /// The weight of the canary's route, in percent.
    pub weight: u32,
    /// Failed checks of this run.
    pub failed_checks: i64,
}

/// A diary that is being kept; dropping it ends it.
#[derive(Debug)]
pub struct Diary {
    moments: watch::Receiver<Vec<(Timestamp, Moment)>>,
    task: JoinHandle<()>,
}

/// One object changed.
enum Change {
    Canary(CanaryNow),
    Weight(u32),
}

impl Diary {
    /// Begins with how they are; `canary` and `ingress` name the objects.
    pub(crate) fn keep(
        (canaries, canary): (Api<DynamicObject>, &str),
        (ingresses, ingress): (Api<Ingress>, &str),
        weight: impl Fn(&Ingress) -> Result<u32> + Send + 'static,
    ) -> Self {
        let states = only(canaries, canary).filter_map(async |c| CanaryNow::of(&c).ok().map(Change::Canary));
        // A weight that is no number is none: the assertion on the weights says so.
        let weights = only(ingresses, ingress).map(move |i| Change::Weight(weight(&i).unwrap_or(u32::MAX)));
        let (told, moments) = watch::channel(Vec::new());
        let task = tokio::spawn(async move {
            let mut changes = std::pin::pin!(stream::select(states, weights));
            let mut now = Moment::default();
            while let Some(change) = changes.next().await {
                match change {
                    Change::Canary(c) => (now.phase, now.failed_checks) = (c.phase, c.failed_checks),
                    Change::Weight(weight) => now.weight = weight,
                }
                let at = Clock::real().now();
                told.send_if_modified(|moments| {
                    let seen = !now.phase.is_empty();
                    let differs = seen && moments.last().is_none_or(|(_, last)| *last != now);
                    if differs {
                        moments.push((at, now.clone()));
                    }
                    differs
                });
            }
        });
        Self { moments, task }
    }

    /// Everything so far, oldest first.
    pub fn moments(&self) -> Vec<(Timestamp, Moment)> {
        self.moments.borrow().clone()
    }

    /// When it was so for the first time.
    pub fn first(&self, wanted: impl Fn(&Moment) -> bool) -> Option<Timestamp> {
        self.moments.borrow().iter().find(|(_, moment)| wanted(moment)).map(|(at, _)| *at)
    }

    /// The weights of its route in their order.
    pub fn weights(&self) -> Vec<u32> {
        let mut weights: Vec<u32> = self.moments.borrow().iter().map(|(_, moment)| moment.weight).collect();
        weights.dedup();
        weights
    }
}

impl Drop for Diary {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The object of this name, now and whenever it changes. A watch that is cut off is opened anew.
fn only<K>(api: Api<K>, name: &str) -> impl Stream<Item = K> + Send + use<K>
where
    K: kube::Resource + Clone + serde::de::DeserializeOwned + std::fmt::Debug + Send + 'static,
{
    let config = watcher::Config::default().fields(&format!("metadata.name={name}"));
    let objects = watcher(api, config).default_backoff().applied_objects();
    objects.filter_map(async |object| object.ok())
}
