//! The end of a run: promotion, its failure, and post-rollout. No gate is asked here.

use super::{GO_ON, Step, TICK_ENDS, Tick};
use crate::events::EventType::{Normal, Warning};
use crate::phase::Phase;
use crate::steps::TOTAL;
use crate::webhook::HookKind;

impl Tick<'_> {
    pub(super) async fn copy_spec_to_primary(&mut self) {
        let (canary, primary) = (self.spec.full_name(), self.spec.primary_name());
        self.event(Normal, format!("Copying {canary} template spec to {primary}")).await;
        self.flagger.cluster.promote();
    }

    pub(super) async fn return_traffic_to_primary(&mut self) -> Step {
        if self.seen.phase != Phase::Promoting {
            return GO_ON;
        }
        self.event(Normal, "Routing all traffic to primary".to_owned()).await;
        self.route(0);
        self.set_phase(Phase::Finalising);
        TICK_ENDS
    }

    pub(super) async fn finish(&mut self) -> Step {
        if self.seen.phase != Phase::Finalising {
            return GO_ON;
        }
        self.flagger.cluster.scale_to_zero();
        self.set_phase(Phase::Succeeded);
        self.record_phase(Phase::Succeeded);
        self.post_rollout(Phase::Succeeded, Phase::Succeeded).await;
        let message = format!("Promotion completed! Scaling down {}", self.spec.full_name());
        self.event_in(Phase::Succeeded, Normal, message).await;
        TICK_ENDS
    }

    /// The primary did not come up with the new revision: the canary is the only healthy copy of it and keeps, or
    /// gets back, all traffic. The run is `Failed`, but it is no rollback.
    pub(super) async fn fail_promotion(&mut self, reason: &str) {
        let canary = self.spec.full_name();
        let message = format!("Promotion of {canary} failed, primary not ready: {reason}");
        self.event(Warning, message).await;
        self.route(TOTAL);
        self.sync_status(Phase::Failed, TOTAL);
        self.record_phase(Phase::Failed);
        self.post_rollout(Phase::Failed, self.seen.phase).await;
    }

    /// `phase` is what the payload says; events carry `event_phase`.
    pub(super) async fn post_rollout(&mut self, phase: Phase, event_phase: Phase) {
        for hook in self.spec.hooks(HookKind::PostRollout) {
            if let Err(failure) = self.call(&hook, phase).await {
                let message = format!("Post-rollout hook {} failed {failure}", hook.name);
                self.event_in(event_phase, Warning, message).await;
                return;
            }
            self.event_in(event_phase, Normal, format!("Post-rollout check {} passed", hook.name)).await;
        }
    }
}
