//! The Canary's status, and the three ways in which Flagger writes it.
//!
//! The status is not the traffic: it shows weight 0 in `WaitingPromotion` while the canary serves the top weight.
//! Flagger's own logic reads the live routes instead, and so does the model. Each write here does what the
//! corresponding write of Flagger does, side effects included.

use crate::checksum::checksum;
use crate::phase::Phase;

/// What the Canary object shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Where the rollout is.
    pub phase: Phase,
    /// The weight as reported, in percent; wrong in `WaitingPromotion`. The routes are in [`crate::Live`].
    pub canary_weight: u32,
    /// Failed checks of this run; only a new run or its end sets it back.
    pub failed_checks: u32,
    /// Always 0 for a weighted canary, but -1 in `WaitingPromotion`.
    pub iterations: i32,
    /// The revision of the last run that was started (in `Failed`: the target's, whatever it is).
    pub last_applied_revision: String,
    /// The revision of the last promotion; a target set back to it starts no run.
    pub last_promoted_revision: String,
}

impl Status {
    /// A Canary just installed for a service that runs `revision`.
    pub(crate) fn initialized(revision: &str) -> Self {
        Self {
            phase: Phase::Initialized,
            canary_weight: 0,
            failed_checks: 0,
            iterations: 0,
            last_applied_revision: revision.to_owned(),
            last_promoted_revision: revision.to_owned(),
        }
    }

    /// What payloads carry. At confirm-rollout it still names the previous revision, except after `Failed`.
    pub fn checksum(&self) -> String {
        checksum(&self.last_applied_revision)
    }

    /// Whether Flagger sees a change in a target that has `revision`.
    pub(crate) fn is_changed_by(&self, revision: &str) -> bool {
        revision != self.last_promoted_revision && revision != self.last_applied_revision
    }

    /// The write at the beginning and at the bad end of a run: counters to zero, the target's revision taken over.
    pub(crate) fn sync(&mut self, phase: Phase, canary_weight: u32, target_revision: &str) {
        self.phase = phase;
        self.canary_weight = canary_weight;
        self.failed_checks = 0;
        self.iterations = 0;
        target_revision.clone_into(&mut self.last_applied_revision);
    }

    /// The write between phases: it zeroes the weight except on the way up, and so in `WaitingPromotion`, too.
    pub(crate) fn set_phase(&mut self, phase: Phase) {
        self.phase = phase;
        if !matches!(phase, Phase::Progressing | Phase::Waiting | Phase::Promoting) {
            self.canary_weight = 0;
            self.iterations = if phase == Phase::WaitingPromotion { -1 } else { 0 };
        }
        if phase == Phase::Succeeded {
            self.last_promoted_revision.clone_from(&self.last_applied_revision);
        }
    }
}
