//! The world obeys Flagger: weights, canary pods, promotion, as `Live` says.

use crate::fleet::Fleet;
use crate::{Arm, WorldError};
use haldane_flagger_model::Live;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// How many pods each arm has when it has any, and what went wrong while following.
#[derive(Clone, Debug)]
pub(crate) struct Follower {
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) canary_pods: usize,
    pub(crate) primary_pods: usize,
    pub(crate) troubles: Arc<Mutex<Vec<String>>>,
}

impl Follower {
    /// Sets weights at the instant of the change: a rolling replacement under way must not delay a rollback. Says in
    /// `set` what it has set.
    pub(crate) async fn weights(self, mut live: watch::Receiver<Live>, set: watch::Sender<Option<u32>>) {
        loop {
            let weight = live.borrow_and_update().canary_weight;
            self.note(self.fleet.proxy.set_canary_weight(weight).await);
            set.send_replace(Some(weight));
            if live.changed().await.is_err() {
                return;
            }
        }
    }

    /// Brings both arms to what was last asked for, the weight first: Flagger takes the traffic away before the pods. A
    /// change during it is seen after it.
    pub(crate) async fn pods(self, mut live: watch::Receiver<Live>, mut set: watch::Receiver<Option<u32>>) {
        loop {
            let now = live.borrow_and_update().clone();
            if set.wait_for(|weight| *weight == Some(live.borrow().canary_weight)).await.is_err() {
                return;
            }
            let canary_pods = if now.canary_up { self.canary_pods } else { 0 };
            let canary = self.fleet.scale(Arm::Canary, &now.canary_revision, canary_pods);
            let primary = self.fleet.scale(Arm::Primary, &now.primary_revision, self.primary_pods);
            let (canary, primary) = tokio::join!(canary, primary);
            self.note(canary);
            self.note(primary);
            if live.changed().await.is_err() {
                return;
            }
        }
    }

    fn note(&self, outcome: Result<(), WorldError>) {
        if let Err(error) = outcome {
            // Sentences that are pushed whole.
            self.troubles.lock().unwrap_or_else(PoisonError::into_inner).push(error.to_string());
        }
    }
}
