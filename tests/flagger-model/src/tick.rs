//! One pass of the scheduler: the order of its steps, which is Flagger's.
//!
//! A step either lets the tick go on or ends it. The tick works on what it read at its beginning (`spec`, `seen`),
//! as Flagger works on the object it fetched, while it writes to the real status: that is why payloads of a tick
//! carry the phase and the checksum from before the tick's own changes.

mod admission;
mod advance;
mod analysis;
mod promotion;
mod readiness;
mod restart;
mod rollback;
mod skip;

use crate::flagger::Flagger;
use crate::phase::Phase;
use crate::report::TickReport;
use crate::spec::CanarySpec;
use crate::status::Status;
use std::ops::ControlFlow;

/// Whether the tick goes on after a step.
type Step = ControlFlow<()>;
const GO_ON: Step = ControlFlow::Continue(());
const TICK_ENDS: Step = ControlFlow::Break(());

/// A tick under way.
pub(crate) struct Tick<'a> {
    pub(crate) flagger: &'a mut Flagger,
    /// The spec as fetched.
    pub(crate) spec: CanarySpec,
    /// The status as fetched.
    pub(crate) seen: Status,
    /// The canary's live weight: this, not the status, decides.
    pub(crate) weight: u32,
    pub(crate) report: TickReport,
}

impl<'a> Tick<'a> {
    pub(crate) fn begin(flagger: &'a mut Flagger) -> Self {
        flagger.cluster.begin_tick();
        let (spec, seen) = (flagger.cluster.spec(), flagger.status());
        let weight = flagger.cluster.canary_weight();
        let report = TickReport {
            at: flagger.clock.now(),
            calls: Vec::new(),
            events: Vec::new(),
            weight_before: weight,
            weight_after: weight,
            phase: seen.phase,
        };
        Self { flagger, spec, seen, weight, report }
    }

    pub(crate) async fn run(mut self) -> TickReport {
        // Whether a step ended the tick or the last one was reached makes no difference to the caller.
        let _ended = self.steps().await;
        self.report.weight_after = self.flagger.cluster.canary_weight();
        self.report.phase = self.flagger.status.borrow().phase;
        self.report
    }

    async fn steps(&mut self) -> Step {
        self.skip_if_suspended().await?;
        self.look_for_work()?;
        self.require_ready_primary().await?;
        self.flagger.cluster.record(|g| g.canary_weight = Some(self.weight));
        self.admit().await?;
        self.restart_for_new_revision().await?;
        self.require_ready_canary().await?;
        self.promote_without_analysis().await?;
        self.ask_rollback_hooks().await?;
        self.return_traffic_to_primary().await?;
        self.finish().await?;
        self.roll_back_at_threshold().await?;
        self.check_canary().await?;
        self.advance().await
    }

    /// Writes the status as Flagger does between phases.
    fn set_phase(&self, phase: Phase) {
        self.flagger.status.send_modify(|s| s.set_phase(phase));
    }

    /// Writes the status as Flagger does at the beginning and at the bad end of a run.
    fn sync_status(&self, phase: Phase, canary_weight: u32) {
        let revision = self.flagger.cluster.target_revision();
        self.flagger.status.send_modify(|s| s.sync(phase, canary_weight, &revision));
    }

    /// Changes the routes, and the metric with them.
    fn route(&self, canary_weight: u32) {
        self.flagger.cluster.route(canary_weight);
        self.flagger.cluster.record(|g| g.canary_weight = Some(canary_weight));
    }

    fn record_phase(&self, phase: Phase) {
        self.flagger.cluster.record(|g| g.phase = Some(phase));
    }
}
