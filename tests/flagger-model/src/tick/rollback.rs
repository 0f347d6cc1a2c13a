//! Going back: by a rollback hook, at the threshold, or because pods do not come up.

use super::{GO_ON, Step, TICK_ENDS, Tick};
use crate::events::EventType::{Normal, Warning};
use crate::phase::Phase;
use crate::webhook::HookKind;

impl Tick<'_> {
    /// The first yes rolls back at once. Any failure is "not signalling": a dead gate rolls nothing back.
    pub(super) async fn ask_rollback_hooks(&mut self) -> Step {
        if !self.seen.phase.is_analysed() {
            return GO_ON;
        }
        for hook in self.spec.hooks(HookKind::Rollback) {
            if self.call(&hook, self.seen.phase).await.is_err() {
                self.event(Normal, format!("Rollback hook {} not signaling a rollback", hook.name)).await;
                continue;
            }
            self.event(Warning, format!("Rollback check {} passed", hook.name)).await;
            let canary = self.spec.full_name();
            self.event(Warning, format!("Rolling back {canary} manual webhook invoked")).await;
            self.roll_back().await;
            return TICK_ENDS;
        }
        GO_ON
    }

    /// Looked at before this tick's checks: the rollback comes one tick after the last failed check.
    pub(super) async fn roll_back_at_threshold(&mut self) -> Step {
        if self.seen.phase.is_analysed() && self.threshold_is_reached() {
            self.roll_back().await;
            return TICK_ENDS;
        }
        GO_ON
    }

    pub(super) async fn roll_back(&mut self) {
        let canary = self.spec.full_name();
        if self.threshold_is_reached() {
            let failed = self.seen.failed_checks;
            let message = format!("Rolling back {canary} failed checks threshold reached {failed}");
            self.event(Warning, message).await;
        }
        self.flagger.cluster.route(0);
        self.event_in(Phase::Failed, Warning, format!("Canary failed! Scaling down {canary}")).await;
        self.flagger.cluster.record(|g| g.canary_weight = Some(0));
        self.flagger.cluster.scale_to_zero();
        self.sync_status(Phase::Failed, 0);
        self.record_phase(Phase::Failed);
        self.post_rollout(Phase::Failed, self.seen.phase).await;
    }

    fn threshold_is_reached(&self) -> bool {
        self.seen.failed_checks >= self.spec.effective_threshold()
    }
}
