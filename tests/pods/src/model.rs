//! The arrival model: from a seed and a timeline of routing to the counters of every pod.
//!
//! It advances in whole seconds from the origin, and a second is drawn once it is over, under the routing that holds
//! at its end. A change can only be recorded in a second that is not over yet, so what was drawn stays true: the
//! counters at an instant follow from the seed and the timeline, not from who looked when.

use crate::arm_state::ArmState;
use crate::change::canary_share;
use crate::draw::Second;
use crate::faults::Moment;
use crate::{Arm, Behaviour, Change, Counts, Metrics, ModelConfig, Pod};
use haldane_core::time::{Span, Timestamp};
use haldane_flagger_model::Live;

/// The pods of one region without their sockets.
#[derive(Clone, Debug)]
pub struct ArrivalModel {
    config: ModelConfig,
    timeline: Vec<Change>,
    /// Entries of the timeline that are in effect.
    applied: usize,
    live: Live,
    first_traffic: Option<Timestamp>,
    /// The first second that is not drawn.
    next: i64,
    canary: ArmState,
    primary: ArmState,
}

impl ArrivalModel {
    /// A region at its origin, routed as `live` says.
    pub fn new(config: ModelConfig, live: Live) -> Self {
        let origin = config.origin;
        let arm = |arm| ArmState::started(config.traffic.pods(arm), origin);
        Self {
            first_traffic: (canary_share(&live) > 0.0).then_some(origin),
            timeline: vec![Change { at: origin, live: live.clone() }],
            applied: 1,
            live,
            next: 0,
            canary: arm(Arm::Canary),
            primary: arm(Arm::Primary),
            config,
        }
    }

    /// Records what the routing has become. It holds for the whole second in which `at` lies; an instant in a second
    /// that is already drawn is moved to the first that is not. Without a difference nothing is recorded.
    pub fn change(&mut self, at: Timestamp, live: &Live) {
        let last = self.timeline.last();
        if last.is_some_and(|last| last.live == *live) {
            return;
        }
        let earliest = last.map_or(at, |last| last.at).max(self.starts(self.next));
        self.timeline.push(Change { at: at.max(earliest), live: live.clone() });
    }

    /// Counts every second that is over at `now`, and restarts the pods that have restarted by then.
    pub fn advance(&mut self, now: Timestamp) {
        loop {
            let end = self.starts(self.next + 1);
            if end > now {
                break;
            }
            self.apply_while(|at| at < end);
            self.count_second();
            self.next += 1;
        }
        self.apply_while(|at| at <= now);
    }

    /// The pods of one arm as of the last advance. Those of a canary that is down are its last ones.
    pub fn pods(&self, arm: Arm) -> &[Pod] {
        &self.state(arm).pods
    }

    /// What an arm has counted since the origin, restarts notwithstanding.
    pub const fn total(&self, arm: Arm) -> &Counts {
        &self.state(arm).total
    }

    /// Whether the pods of an arm run, by the newest change recorded.
    pub fn is_up(&self, arm: Arm) -> bool {
        match arm {
            Arm::Canary => self.timeline.last().is_some_and(|last| last.live.canary_up),
            Arm::Primary => true,
        }
    }

    /// What the running pods of an arm answer at `now`.
    pub fn metrics(&self, arm: Arm, now: Timestamp) -> Metrics {
        self.behaviour(arm, now).metrics
    }

    /// The version that an arm runs, as of the last advance.
    pub fn revision(&self, arm: Arm) -> &str {
        match arm {
            Arm::Canary => &self.live.canary_revision,
            Arm::Primary => &self.live.primary_revision,
        }
    }

    /// Every routing there has been, the first at the origin.
    pub fn timeline(&self) -> &[Change] {
        &self.timeline
    }

    fn starts(&self, second: i64) -> Timestamp {
        self.config.origin + Span::from_s(second)
    }

    pub(crate) fn behaviour(&self, arm: Arm, at: Timestamp) -> Behaviour {
        let moment = Moment {
            since_first_traffic: self.first_traffic.map(|first| at - first),
            share: self.share(arm),
        };
        self.config.faults.behaviour(self.revision(arm), &moment)
    }

    /// The share of the region's requests that an arm gets, 0 to 1.
    fn share(&self, arm: Arm) -> f64 {
        let canary = canary_share(&self.live);
        match arm {
            Arm::Canary => canary,
            Arm::Primary => 1.0 - canary,
        }
    }

    fn count_second(&mut self) {
        for arm in Arm::BOTH {
            let which = Second { seed: self.config.seed, arm, index: self.next };
            let requests = self.config.traffic.requests_per_s * self.share(arm);
            let behaviour = self.behaviour(arm, self.starts(self.next));
            self.state_mut(arm).count(which, requests, &behaviour);
        }
    }

    fn apply_while(&mut self, due: impl Fn(Timestamp) -> bool) {
        while let Some(change) = self.timeline.get(self.applied).filter(|change| due(change.at)) {
            let Change { at, live } = change.clone();
            self.applied += 1;
            let canary_is_new = !self.live.canary_up || self.live.canary_revision != live.canary_revision;
            if live.canary_up && canary_is_new {
                self.canary.restart(at);
            }
            if self.live.primary_revision != live.primary_revision {
                self.primary.restart(at);
            }
            if canary_share(&live) > 0.0 {
                self.first_traffic.get_or_insert(at);
            }
            self.live = live;
        }
    }

    const fn state(&self, arm: Arm) -> &ArmState {
        match arm {
            Arm::Canary => &self.canary,
            Arm::Primary => &self.primary,
        }
    }

    const fn state_mut(&mut self, arm: Arm) -> &mut ArmState {
        match arm {
            Arm::Canary => &mut self.canary,
            Arm::Primary => &mut self.primary,
        }
    }
}
