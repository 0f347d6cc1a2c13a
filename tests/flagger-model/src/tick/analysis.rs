//! The checks whose failures are counted: `pre-rollout` without traffic, `rollout` with it.
//!
//! Both payloads say "Progressing", also in `WaitingPromotion`. The count is never set back within a run.

use super::{GO_ON, Step, TICK_ENDS, Tick};
use crate::events::EventType::{Normal, Warning};
use crate::phase::Phase;
use crate::webhook::HookKind;

impl Tick<'_> {
    pub(super) async fn check_canary(&mut self) -> Step {
        let passed = if self.weight == 0 && self.seen.iterations == 0 {
            let canary = self.spec.full_name();
            self.event(Normal, format!("Starting canary analysis for {canary}")).await;
            self.pre_rollout().await
        } else {
            self.rollout().await
        };
        if passed.is_break() {
            let failed_checks = self.seen.failed_checks + 1;
            self.flagger.status.send_modify(|s| s.failed_checks = failed_checks);
        }
        passed
    }

    /// Also called again on every tick on which confirm-traffic-increase holds the first step.
    async fn pre_rollout(&mut self) -> Step {
        for hook in self.spec.hooks(HookKind::PreRollout) {
            if let Err(failure) = self.call(&hook, Phase::Progressing).await {
                let (canary, name) = (self.spec.full_name(), &hook.name);
                let message = format!("Halt {canary} advancement pre-rollout check {name} failed {failure}");
                self.event(Warning, message).await;
                return TICK_ENDS;
            }
            self.event(Normal, format!("Pre-rollout check {} passed", hook.name)).await;
        }
        GO_ON
    }

    async fn rollout(&mut self) -> Step {
        for hook in self.spec.hooks(HookKind::Rollout) {
            if let Err(failure) = self.call(&hook, Phase::Progressing).await {
                let (canary, name) = (self.spec.full_name(), &hook.name);
                let message = format!("Halt {canary} advancement external check {name} failed {failure}");
                self.event(Warning, message).await;
                return TICK_ENDS;
            }
        }
        GO_ON
    }
}
