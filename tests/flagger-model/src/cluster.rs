//! What the API server would hold: the Canary's spec, the target's revision, the pods' health and the routes.
//!
//! It is apart from the controller, as in a real cluster: people deploy and edit while a tick is under way, and
//! canary pods follow their Deployment at once, before Flagger notices. A clone is the same cluster, so a handle
//! can be kept while [`crate::Flagger::run`] owns the controller.

use crate::gauges::Gauges;
use crate::live::Live;
use crate::spec::CanarySpec;
use crate::steps::TOTAL;
use haldane_core::time::Span;
use std::sync::Arc;
use tokio::sync::watch;

/// How pods of one Deployment are doing, apart from the ticks that they need to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// As ready as they can be.
    Fine,
    /// Not ready, but the progress deadline is not over: Flagger waits and calls no hook.
    NotReady,
    /// Not ready beyond the progress deadline: Flagger gives up.
    Stuck,
}

/// The pods of one Deployment.
#[derive(Clone, Debug)]
struct Pods {
    health: Health,
    /// The first tick on which they are ready.
    ready_from_tick: u64,
}

impl Pods {
    const READY: Self = Self { health: Health::Fine, ready_from_tick: 0 };

    fn health_at(&self, tick: u64) -> Health {
        if self.health == Health::Fine && tick < self.ready_from_tick {
            Health::NotReady
        } else {
            self.health
        }
    }

    fn restart(&mut self, tick: u64, ready_after_ticks: u32) {
        self.ready_from_tick = tick + u64::from(ready_after_ticks) + 1;
    }
}

#[derive(Clone, Debug)]
struct Objects {
    spec: CanarySpec,
    target_revision: String,
    canary: Pods,
    primary: Pods,
    tick: u64,
    gauges: Gauges,
}

/// A handle on the simulated cluster of one Canary. Clones are the same cluster.
#[derive(Clone, Debug)]
pub struct Cluster {
    objects: Arc<watch::Sender<Objects>>,
    live: Arc<watch::Sender<Live>>,
}

impl Cluster {
    pub(crate) fn new(spec: CanarySpec, serving_revision: &str) -> Self {
        let objects = Objects {
            spec,
            target_revision: serving_revision.to_owned(),
            canary: Pods::READY,
            primary: Pods::READY,
            tick: 0,
            gauges: Gauges::default(),
        };
        Self {
            objects: Arc::new(watch::Sender::new(objects)),
            live: Arc::new(watch::Sender::new(Live::serving(serving_revision))),
        }
    }

    /// Applies a new revision of the target. Canary pods that run are replaced at once, whatever their traffic.
    pub fn deploy(&self, revision: &str) {
        if self.target_revision() == revision {
            return;
        }
        let canary_up = self.live.borrow().canary_up;
        self.objects.send_modify(|o| {
            revision.clone_into(&mut o.target_revision);
            if canary_up {
                o.canary.restart(o.tick, o.spec.ready_after_ticks);
            }
        });
        if canary_up {
            self.live.send_modify(|live| revision.clone_into(&mut live.canary_revision));
        }
    }

    /// Edits the Canary's spec; Flagger sees it on its next tick (a new interval at once).
    pub fn edit(&self, change: impl FnOnce(&mut CanarySpec)) {
        self.objects.send_modify(|o| change(&mut o.spec));
    }

    /// The Canary's spec.
    pub fn spec(&self) -> CanarySpec {
        self.objects.borrow().spec.clone()
    }

    /// The revision that the target Deployment asks for.
    pub fn target_revision(&self) -> String {
        self.objects.borrow().target_revision.clone()
    }

    /// Makes the canary pods sick or well.
    pub fn set_canary_health(&self, health: Health) {
        self.objects.send_modify(|o| o.canary.health = health);
    }

    /// Makes the primary pods sick or well; `Stuck` while promoting is how a promotion fails.
    pub fn set_primary_health(&self, health: Health) {
        self.objects.send_modify(|o| o.primary.health = health);
    }

    /// The routes and versions, published at the instant of each change.
    pub fn live(&self) -> watch::Receiver<Live> {
        self.live.subscribe()
    }

    /// What Flagger's `/metrics` shows of this Canary, in the Prometheus text format.
    ///
    /// As in Flagger the weight is not always the live one: after "Restarting analysis" it is a tick late.
    pub fn exposition(&self) -> String {
        let objects = self.objects.borrow();
        objects.gauges.exposition(&objects.spec)
    }

    pub(crate) fn begin_tick(&self) {
        self.objects.send_modify(|o| o.tick += 1);
    }

    pub(crate) fn canary_health(&self) -> Health {
        let o = self.objects.borrow();
        o.canary.health_at(o.tick)
    }

    pub(crate) fn primary_health(&self) -> Health {
        let o = self.objects.borrow();
        o.primary.health_at(o.tick)
    }

    pub(crate) fn canary_weight(&self) -> u32 {
        self.live.borrow().canary_weight
    }

    pub(crate) fn route(&self, canary_weight: u32) {
        self.live.send_if_modified(|live| {
            let before = std::mem::replace(&mut live.canary_weight, canary_weight.min(TOTAL));
            before != live.canary_weight
        });
    }

    pub(crate) fn scale_up(&self) {
        let revision = self.target_revision();
        self.objects.send_modify(|o| o.canary.restart(o.tick, o.spec.ready_after_ticks));
        self.live.send_modify(|live| {
            live.canary_up = true;
            live.canary_revision = revision;
        });
    }

    pub(crate) fn scale_to_zero(&self) {
        self.live.send_modify(|live| live.canary_up = false);
    }

    /// Copies the target's present revision to the primary, even one that nobody has analysed.
    pub(crate) fn promote(&self) {
        let revision = self.target_revision();
        self.objects.send_modify(|o| o.primary.restart(o.tick, o.spec.primary_ready_after_ticks));
        self.live.send_modify(|live| live.primary_revision = revision);
    }

    pub(crate) fn record(&self, change: impl FnOnce(&mut Gauges)) {
        self.objects.send_modify(|o| change(&mut o.gauges));
    }

    /// Returns when the effective interval is no longer `interval`.
    pub(crate) async fn interval_leaves(&self, interval: Span) {
        let mut objects = self.objects.subscribe();
        let left = objects.wait_for(|o| o.spec.effective_interval() != interval).await;
        debug_assert!(left.is_ok(), "the sender lives as long as this handle");
    }
}
