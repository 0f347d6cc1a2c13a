//! Is a run held beyond its windows, and for too long?
//!
//! Flagger's gates have no deadline: whoever is held is held until somebody looks. Waiting for one's turn is no such hold.

use crate::reason::Reason;
use crate::report::{Decision, HeldLook, StepLook};
use crate::state::{Rollout, Stage};
use crate::time::Timestamp;

pub(super) fn held(
    rollout: &Rollout,
    step: Option<&StepLook>,
    decision: &Decision,
    as_of: Timestamp,
) -> Option<HeldLook> {
    let Decision::Hold(reasons) = decision else { return None };
    let since = match rollout.stage {
        Stage::Waiting if reasons.iter().all(is_its_turn) => return None,
        Stage::Waiting | Stage::Admitted => rollout.opened,
        Stage::Unknown | Stage::OffLadder { .. } => rollout.exposed.unwrap_or(rollout.opened),
        Stage::Step { .. } => step.map(|s| s.since + s.observe)?,
        Stage::Promoting { since, .. } => since,
        Stage::Promoted { .. }
        | Stage::RolledBack { .. }
        | Stage::RolledBackByOrder { .. }
        | Stage::FailedPromotion { .. }
        | Stage::Superseded { .. }
        | Stage::PromotedUnjudged { .. }
        | Stage::EndedUnknown { .. } => return None,
    };
    let too_long = rollout.policy.across.max_hold.is_some_and(|most| as_of - since >= most);
    (as_of >= since).then_some(HeldLook { since, too_long })
}

fn is_its_turn(reason: &Reason) -> bool {
    matches!(reason, Reason::AwaitsRegion { .. } | Reason::AwaitsAttempt { .. } | Reason::Baking { .. })
}
