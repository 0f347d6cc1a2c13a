//! A service as the rest of the process sees it: what is published, and a way to tell its keeper something.

use super::keeper::Message;
use super::notify::NotifyCounts;
use super::past::REACH;
use super::respond::{self, Answered};
use crate::flagger::payload::HookCall;
use haldane_core::cluster::Seen;
use haldane_core::increment::{Increment, Region};
use haldane_core::policy::Policy;
use haldane_core::report::{Look, RegionLook};
use haldane_core::state::{Rollout, ServiceState};
use haldane_core::time::Timestamp;
use haldane_store::Store;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

/// What is recorded, and therefore may be acted on.
#[derive(Clone, Debug)]
pub struct Published {
    /// The state.
    pub state: ServiceState,
    /// What it was last found to mean.
    pub look: Look,
    /// The last trouble with the store, if it is not over.
    pub store_trouble: Option<String>,
    /// How often each region's decision has become which, since this process began.
    pub decided: BTreeMap<(Region, &'static str), u64>,
}

impl Published {
    /// One region's rollout and the latest look at it.
    pub fn region(&self, region: &Region) -> (Option<&Rollout>, Option<&RegionLook>) {
        (self.state.rollouts.get(region), self.look.region(region))
    }
}

/// One service.
#[derive(Clone)]
pub struct Service {
    pub(super) policy: Arc<Policy>,
    pub(super) published: watch::Receiver<Arc<Published>>,
    pub(super) keeper: mpsc::Sender<Message>,
    pub(super) store: Store,
    pub(super) notify: Option<NotifyCounts>,
}

impl Service {
    /// The policy that new rollouts are judged by.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What is recorded and judged now.
    pub fn published(&self) -> Arc<Published> {
        self.published.borrow().clone()
    }

    /// What has become of the news for whom the policy names; absent where it names nobody.
    pub const fn notified(&self) -> Option<&NotifyCounts> {
        self.notify.as_ref()
    }

    /// A view that wakes at every publication.
    pub fn watch(&self) -> watch::Receiver<Arc<Published>> {
        self.published.clone()
    }

    /// Answers a hook. From what is published where the call changes nothing; else by the keeper, recorded.
    pub async fn ask(&self, call: HookCall) -> Answered {
        if let Some(answered) = respond::from_published(&self.published(), &call) {
            // A full queue loses this record, not the answer; the loss is counted by the store.
            let _ = self.store.record(answered.record(&call));
            return answered;
        }
        let hook = call.hook;
        let (reply, answered) = oneshot::channel();
        let sent = self.keeper.send(Message::Asked { call: Box::new(call), reply }).await;
        let answered = if sent.is_ok() { answered.await.ok() } else { None };
        answered.unwrap_or_else(|| respond::unrecorded(hook, self.policy.mode, "haldane is shutting down"))
    }

    /// What answers a call that is not read: neither advances, nor rolls back, nor costs a failed check. Records
    /// nothing and asks nobody.
    pub fn refrain(&self, call: &HookCall, trouble: &str) -> Answered {
        let published = self.published();
        let mode = published.region(&call.region).0.map_or(self.policy.mode, |r| r.policy.mode);
        respond::unrecorded(call.hook, mode, trouble)
    }

    /// Hands over what a poll brought.
    pub async fn ingest(&self, increment: Increment) {
        // A keeper that is gone is shutting down; the counters will still be there for the next process.
        let _ = self.keeper.send(Message::Polled(Box::new(increment))).await;
    }

    /// Hands over what the cluster of `region` newly shows.
    pub(super) async fn sighted(&self, region: Region, seen: Seen, at: Timestamp) {
        // A keeper that is gone is shutting down; the next process looks anew.
        let _ = self.keeper.send(Message::Sighted { region, seen, at }).await;
    }

    /// Hands over what a source remembers of the time before it was polled, oldest first.
    pub(super) async fn ingest_past(&self, past: Vec<Increment>) {
        // As above; the source will still remember.
        let _ = self.keeper.send(Message::Remembered(past)).await;
    }

    /// Until when the recorded past of `region` reaches, as far as it still matters at `now`.
    pub(super) async fn past_ends(&self, region: &Region, now: Timestamp) -> Option<Timestamp> {
        let recorded = self.store.history(&self.policy.service, region, now - REACH).await;
        // A store that does not answer is no reason to ask for less of the past.
        recorded.ok()?.last().map(|record| record.as_of)
    }

    /// Waits until everything sent before has been folded, recorded and published.
    pub async fn settled(&self) {
        let (reply, done) = oneshot::channel();
        if self.keeper.send(Message::Settle { reply }).await.is_ok() {
            let _ = done.await;
        }
    }
}
