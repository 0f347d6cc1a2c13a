//! Pods that are not ready: Flagger waits without asking any hook, until the progress deadline makes it give up.

use super::{GO_ON, Step, TICK_ENDS, Tick};
use crate::cluster::Health;
use crate::events::EventType::Warning;
use crate::phase::Phase;

impl Tick<'_> {
    /// The primary is not looked at when the analysis is skipped.
    pub(super) async fn require_ready_primary(&mut self) -> Step {
        let health = self.flagger.cluster.primary_health();
        if self.spec.skip_analysis || health == Health::Fine {
            return GO_ON;
        }
        let reason = format!(
            "{} not ready: {}",
            self.spec.primary_name(),
            reason(health, &format!("{}-primary", self.spec.name))
        );
        self.event(Warning, reason.clone()).await;
        if health == Health::Stuck {
            if matches!(self.seen.phase, Phase::Promoting | Phase::Finalising) {
                self.fail_promotion(&reason).await;
            } else {
                self.roll_back().await;
            }
        }
        TICK_ENDS
    }

    pub(super) async fn require_ready_canary(&mut self) -> Step {
        let health = self.flagger.cluster.canary_health();
        if health == Health::Fine {
            return GO_ON;
        }
        let (canary, why) = (self.spec.full_name(), reason(health, &self.spec.name));
        self.event(Warning, format!("canary deployment {canary} not ready: {why}")).await;
        if health == Health::Stuck {
            self.roll_back().await;
        }
        TICK_ENDS
    }
}

fn reason(health: Health, deployment: &str) -> String {
    if health == Health::Stuck {
        return format!("deployment {deployment:?} exceeded its progress deadline");
    }
    "waiting for rollout to finish: 0 of 1 (readyThreshold 100%) updated replicas are available".to_owned()
}
