//! `skipAnalysis`, also when it is set in the middle of a run: promotion on the next tick, past every gate.

use super::{GO_ON, Step, TICK_ENDS, Tick};
use crate::events::EventType::Normal;
use crate::phase::Phase;

impl Tick<'_> {
    pub(super) async fn promote_without_analysis(&mut self) -> Step {
        if !self.spec.skip_analysis {
            return GO_ON;
        }
        self.route(0);
        self.copy_spec_to_primary().await;
        self.flagger.cluster.scale_to_zero();
        self.set_phase(Phase::Succeeded);
        self.record_phase(Phase::Succeeded);
        self.post_rollout(Phase::Succeeded, Phase::Succeeded).await;
        let canary = self.spec.full_name();
        let message = format!("Promotion completed! Canary analysis was skipped for {canary}");
        self.event_in(Phase::Succeeded, Normal, message).await;
        TICK_ENDS
    }
}
