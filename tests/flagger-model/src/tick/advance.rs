//! The last step of a tick: more traffic, or at the top weight the promotion. Both are gated; neither gate has a
//! deadline, and a refusal is no failed check.

use super::{GO_ON, Step, TICK_ENDS, Tick};
use crate::events::EventType::{Normal, Warning};
use crate::phase::Phase;
use crate::steps::{TOTAL, next_increase, top};
use crate::webhook::HookKind;

impl Tick<'_> {
    pub(super) async fn advance(&mut self) -> Step {
        // A list that does not rise gives no positive increase, and such a canary stays where it is.
        let Ok(increase @ 1..) = u32::try_from(next_increase(&self.spec.step_weights, self.weight)) else {
            return TICK_ENDS;
        };
        if self.seen.phase == Phase::Progressing {
            self.confirm_traffic_increase().await?;
        }
        if self.weight < top(&self.spec.step_weights) {
            self.increase_traffic(increase).await;
        } else {
            self.confirm_promotion().await?;
            self.copy_spec_to_primary().await;
            self.set_phase(Phase::Promoting);
        }
        TICK_ENDS
    }

    async fn increase_traffic(&mut self, increase: u32) {
        let weight = (self.weight + increase).min(TOTAL);
        self.route(weight);
        self.flagger.status.send_modify(|s| s.canary_weight = weight);
        self.event(Normal, format!("Advance {} canary weight {weight}", self.spec.full_name())).await;
    }

    /// Asked at weight 0 and at the top weight, too.
    async fn confirm_traffic_increase(&mut self) -> Step {
        for hook in self.spec.hooks(HookKind::ConfirmTrafficIncrease) {
            let name = &hook.name;
            if self.call(&hook, Phase::Progressing).await.is_err() {
                let canary = self.spec.full_name();
                let message =
                    format!("Halt {canary} advancement waiting for traffic increase approval {name}");
                self.event(Warning, message).await;
                return TICK_ENDS;
            }
            self.event(Normal, format!("Confirm-traffic-increase check {name} passed")).await;
        }
        GO_ON
    }

    async fn confirm_promotion(&mut self) -> Step {
        for hook in self.spec.hooks(HookKind::ConfirmPromotion) {
            if self.call(&hook, Phase::Progressing).await.is_err() {
                self.wait_for_promotion(&hook.name).await;
                return TICK_ENDS;
            }
            self.event(Normal, format!("Confirm-promotion check {} passed", hook.name)).await;
        }
        GO_ON
    }

    /// Only the first refusal is told; the status then shows weight 0, the routes do not.
    async fn wait_for_promotion(&mut self, hook: &str) {
        if self.seen.phase == Phase::WaitingPromotion {
            return;
        }
        self.set_phase(Phase::WaitingPromotion);
        let canary = self.spec.full_name();
        self.event(Warning, format!("Halt {canary} advancement waiting for promotion approval {hook}")).await;
    }
}
