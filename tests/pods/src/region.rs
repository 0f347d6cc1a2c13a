//! The model of one region between its clock, its routing and its listeners.

use crate::exposition::exposition;
use crate::{Arm, ArrivalModel, Metrics, Place, RegionConfig};
use haldane_clock::Clock;
use haldane_flagger_model::Live;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// What all pods of a region share.
#[derive(Debug)]
pub(crate) struct Region {
    clock: Clock,
    live: watch::Receiver<Live>,
    place: watch::Receiver<Place>,
    model: Mutex<ArrivalModel>,
}

/// What a pod answers to a scrape.
pub(crate) enum Scrape {
    /// The text of its metrics.
    Metrics(String),
    /// It runs, but its metrics are gone.
    Vanished,
    /// It went down, or died, after the connection was accepted.
    Down,
}

impl Region {
    pub(crate) fn new(config: RegionConfig, place: watch::Receiver<Place>) -> Self {
        let now = config.live.borrow().clone();
        Self {
            clock: config.clock,
            live: config.live,
            place,
            model: Mutex::new(ArrivalModel::new(config.model, now)),
        }
    }

    /// The model with what the route says at this instant recorded, but not advanced.
    ///
    /// Whoever comes first records a change: the task that follows the route, or a connection that arrives before
    /// that task has run. Nobody is answered by a routing that is already over.
    pub(crate) fn noticed(&self) -> MutexGuard<'_, ArrivalModel> {
        // A poisoned model is one whose scrape panicked; its counters are whole, for they are added up last.
        let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        model.change(self.clock.now(), &self.live.borrow());
        model
    }

    /// The model at this instant.
    pub(crate) fn advanced(&self) -> MutexGuard<'_, ArrivalModel> {
        let mut model = self.noticed();
        model.advance(self.clock.now());
        model
    }

    /// Whether a connection to a pod of `arm` gets an answer at this instant.
    pub(crate) fn lets_in(&self, arm: Arm) -> bool {
        let model = self.advanced();
        self.place.borrow().up
            && model.is_up(arm)
            && model.metrics(arm, self.clock.now()) != Metrics::Unreachable
    }

    /// What the place shows.
    pub(crate) fn place(&self) -> Place {
        self.place.borrow().clone()
    }

    pub(crate) fn scrape(&self, arm: Arm, pod: usize) -> Scrape {
        let model = self.advanced();
        let place = self.place();
        if !model.is_up(arm) || !place.up {
            return Scrape::Down;
        }
        let now = self.clock.now();
        match (model.metrics(arm, now), model.pods(arm).get(pod)) {
            (Metrics::Served, Some(pod)) => {
                Scrape::Metrics(exposition(pod, model.revision(arm), &model.behaviour(arm, now), &place, now))
            }
            (Metrics::Unreachable, _) => Scrape::Down,
            (Metrics::Vanished, _) | (Metrics::Served, None) => Scrape::Vanished,
        }
    }

    /// Timestamps every change of the route until nobody can change it any more.
    pub(crate) async fn follow(&self) {
        let mut live = self.live.clone();
        // The receiver may have been handed over with a change unseen; the model began with it.
        live.mark_unchanged();
        drop(self.noticed());
        while live.changed().await.is_ok() {
            drop(self.noticed());
        }
    }
}
