//! A rollout moves: admitted, seen at a weight, allowed to leave it, ended.

use super::prospect;
use crate::answer::at_top;
use crate::fact::{Ending, Fact};
use crate::state::{Permission, Rollout, Stage};
use crate::time::Timestamp;

pub(super) fn progress(rollout: &mut Rollout, fact: &Fact, at: Timestamp) {
    match fact {
        Fact::Identified { checksum, release, .. } => {
            rollout.checksum = rollout.checksum.take().or_else(|| checksum.clone());
            rollout.release = rollout.release.take().or_else(|| release.clone());
        }
        Fact::Heard { said, .. } => {
            rollout.heard = Some(at);
            rollout.told = rollout.told.max(*said);
        }
        Fact::Admitted { .. } => {
            if rollout.stage == Stage::Waiting {
                rollout.stage = Stage::Admitted;
            }
        }
        Fact::WeightSeen { weight, .. } => {
            rollout.heard = Some(at);
            weigh(rollout, *weight, at);
        }
        Fact::Permitted { weight, .. } => rollout.permission = Some(Permission::new(*weight, at)),
        Fact::PromotionBegan { .. } => {
            if rollout.stage.ended().is_none() && !matches!(rollout.stage, Stage::Promoting { .. }) {
                rollout.stage = Stage::Promoting { since: at, judged: passed_every_step(rollout) };
                rollout.permission = None;
                rollout.orders.approval = None;
            }
        }
        Fact::Ended { ending, .. } => end(rollout, *ending, at),
        Fact::Opened(_)
        | Fact::Polled(_)
        | Fact::Ordered(_)
        | Fact::Sighted(_)
        | Fact::Guarded(_)
        | Fact::Frozen(_) => {}
    }
}

/// Whether a promotion that begins now has been through the ladder, and was allowed. Flagger can be told to skip the
/// analysis, even in the middle of a run, and hooks can be taken out of a Canary; then it asks nobody, at the last step as
/// at the first. Where nobody knows the step, nobody can have allowed to leave it.
fn passed_every_step(rollout: &Rollout) -> bool {
    if let Stage::Promoting { judged, .. } = rollout.stage {
        return judged;
    }
    let allowed = rollout.permission.is_some_and(|p| Some(p.weight) == rollout.weight());
    at_top(rollout) && allowed
}

/// The canary has this weight. Proof begins anew at each step; evidence against does not.
pub(super) fn weigh(rollout: &mut Rollout, weight: u32, at: Timestamp) {
    if rollout.stage.ended().is_some() || matches!(rollout.stage, Stage::Promoting { .. }) {
        return;
    }
    let stage = match (weight, rollout.policy.step_at(weight)) {
        // Traffic has begun, and no restart was told: somebody is wrong, and only a known step may be left.
        (0, _) if rollout.exposed.is_some() => Stage::Unknown,
        (0, _) => Stage::Admitted,
        (_, Some(index)) => Stage::Step { index, since: at },
        (_, None) => Stage::OffLadder { weight },
    };
    if same_place(rollout.stage, stage) {
        return;
    }
    rollout.stage = stage;
    rollout.permission = None;
    rollout.orders.approval = None;
    rollout.share_percent = None;
    rollout.lost_share = None;
    rollout.restarts = None;
    if weight > 0 {
        rollout.exposed = rollout.exposed.or(Some(at));
    }
    for gate in &mut rollout.gates {
        gate.reading.counted = None;
        gate.reading.requests = 0.0;
        gate.reading.control = 0.0;
        gate.reading.traffic = None;
        gate.noise.so_far.break_off();
        if let Some(limit) = &mut gate.limit {
            limit.prove_anew();
            limit.provability = None;
            limit.needed = None;
        }
    }
    prospect::choose(rollout);
}

fn same_place(a: Stage, b: Stage) -> bool {
    match (a, b) {
        (Stage::Step { index: i, .. }, Stage::Step { index: j, .. }) => i == j,
        (a, b) => a == b,
    }
}

fn end(rollout: &mut Rollout, ending: Ending, at: Timestamp) {
    if rollout.stage.ended().is_some() {
        return;
    }
    let promoting = matches!(rollout.stage, Stage::Promoting { .. });
    let judged = passed_every_step(rollout);
    rollout.permission = None;
    rollout.orders.approval = None;
    rollout.stage = match ending {
        // A region that waits for this one takes a promotion for evidence. Where nobody saw the canary get traffic there is
        // none: the end of another run came late, or Flagger skipped the analysis.
        Ending::Succeeded if rollout.exposed.is_none() && !promoting => Stage::EndedUnknown { since: at },
        Ending::Succeeded if judged => promoted(rollout, at),
        Ending::Succeeded | Ending::Skipped => Stage::PromotedUnjudged { since: at },
        Ending::Failed if promoting => Stage::FailedPromotion { since: at },
        Ending::Failed if rollout.orders.rollback.is_some() => Stage::RolledBackByOrder { since: at },
        Ending::Failed => {
            Stage::RolledBack { since: at, ours: rollout.breach.is_some() || rollout.taken_back.is_some() }
        }
        Ending::Superseded => Stage::Superseded { since: at },
        Ending::Unknown => Stage::EndedUnknown { since: at },
    };
}

/// The bake begins: the primary runs the release now, and its counts start afresh.
fn promoted(rollout: &mut Rollout, at: Timestamp) -> Stage {
    for gate in &mut rollout.gates {
        gate.reading.counted = None;
        gate.reading.missing = None;
    }
    Stage::Promoted { since: at }
}
