//! From "there is a new revision" to "the canary gets pods": confirm-rollout.

use super::{GO_ON, Step, TICK_ENDS, Tick};
use crate::events::EventType::{Normal, Warning};
use crate::phase::Phase;
use crate::webhook::HookKind;

impl Tick<'_> {
    pub(super) async fn skip_if_suspended(&mut self) -> Step {
        if !self.spec.suspend {
            return GO_ON;
        }
        self.event(Normal, "skipping canary run as object is suspended".to_owned()).await;
        TICK_ENDS
    }

    /// Ends the tick when no run is under way and the target has not changed.
    ///
    /// In `Failed` the target's revision is taken over on every tick, after it was compared. So the checksum at the
    /// confirm-rollout that follows is already the new one; and if the primary is not ready on that very tick, the
    /// change is forgotten.
    pub(super) fn look_for_work(&mut self) -> Step {
        let phase = self.seen.phase;
        if phase.is_running() || phase == Phase::Waiting {
            return GO_ON;
        }
        let revision = self.flagger.cluster.target_revision();
        if phase == Phase::Failed {
            self.flagger.status.send_modify(|s| revision.clone_into(&mut s.last_applied_revision));
        }
        if self.seen.is_changed_by(&revision) {
            return GO_ON;
        }
        self.record_phase(phase);
        TICK_ENDS
    }

    /// Asks confirm-rollout and, when all agree, starts the canary's pods. Ends every tick that it acts on.
    ///
    /// No rollback hook is asked while it waits.
    pub(super) async fn admit(&mut self) -> Step {
        self.record_phase(self.seen.phase);
        if self.seen.phase.is_running() {
            return GO_ON;
        }
        self.seen = self.flagger.status();
        self.confirm_rollout().await?;
        let message = format!("New revision detected! Scaling up {}", self.spec.full_name());
        self.event_in(Phase::Progressing, Normal, message).await;
        self.flagger.cluster.scale_up();
        self.sync_status(Phase::Progressing, 0);
        self.record_phase(Phase::Progressing);
        TICK_ENDS
    }

    async fn confirm_rollout(&mut self) -> Step {
        for hook in self.spec.hooks(HookKind::ConfirmRollout) {
            if self.call(&hook, self.seen.phase).await.is_err() {
                self.wait_for_approval(&hook.name).await;
                return TICK_ENDS;
            }
            self.event(Normal, format!("Confirm-rollout check {} passed", hook.name)).await;
        }
        GO_ON
    }

    /// Only the first refusal is told.
    async fn wait_for_approval(&mut self, hook: &str) {
        if self.seen.phase == Phase::Waiting {
            return;
        }
        self.set_phase(Phase::Waiting);
        let canary = self.spec.full_name();
        self.event(Warning, format!("Halt {canary} advancement waiting for approval {hook}")).await;
    }
}
