//! A new revision while one is analysed: the run begins anew, and nobody is asked.
//!
//! Neither confirm-rollout for the new revision nor post-rollout for the superseded one is called; the first hook
//! after it is `rollback`. A target set back to the promoted revision is no change at all.

use super::{GO_ON, Step, TICK_ENDS, Tick};
use crate::events::EventType::Normal;
use crate::phase::Phase;

impl Tick<'_> {
    pub(super) async fn restart_for_new_revision(&mut self) -> Step {
        let changed = self.seen.is_changed_by(&self.flagger.cluster.target_revision());
        if !self.seen.phase.is_analysed() || !changed {
            return GO_ON;
        }
        let message = format!("New revision detected! Restarting analysis for {}", self.spec.full_name());
        self.event(Normal, message).await;
        // The metric is not recorded here: until the next tick it shows the old weight.
        self.flagger.cluster.route(0);
        self.sync_status(Phase::Progressing, 0);
        TICK_ENDS
    }
}
