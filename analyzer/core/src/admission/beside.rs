//! Who else is under way: regions that must not be beside this one, and how many may be at once.
//!
//! Under way is what has traffic, or may have any moment. Where two that must not be are all the same (Flagger restarts a run
//! without asking), the one that began later waits for the other, so that neither waits for ever.

use crate::cluster::Strategy;
use crate::increment::Region;
use crate::policy::Policy;
use crate::reason::Reason;
use crate::state::{Rollout, ServiceState, Stage};
use crate::time::Timestamp;

/// Whether a run has traffic, or may get it without asking again.
pub fn under_way(rollout: &Rollout) -> bool {
    match rollout.stage {
        Stage::Admitted => {
            let asks_no_more = rollout.policy.strategy == Strategy::AbTesting;
            rollout.exposed.is_some() || rollout.permission.is_some() || asks_no_more
        }
        Stage::Unknown | Stage::OffLadder { .. } | Stage::Step { .. } | Stage::Promoting { .. } => true,
        Stage::Waiting
        | Stage::Promoted { .. }
        | Stage::RolledBack { .. }
        | Stage::RolledBackByOrder { .. }
        | Stage::FailedPromotion { .. }
        | Stage::Superseded { .. }
        | Stage::PromotedUnjudged { .. }
        | Stage::EndedUnknown { .. } => false,
    }
}

/// Since when, and by name: who is first.
fn turn(rollout: &Rollout) -> (Timestamp, &Region) {
    (rollout.exposed.unwrap_or(rollout.opened), &rollout.region)
}

pub(super) fn beside(state: &ServiceState, policy: &Policy, region: &Region) -> Vec<Reason> {
    let own = state.rollouts.get(region).filter(|r| under_way(r)).map(turn);
    let first = |other: &&Rollout| own.is_none_or(|own| turn(other) < own);
    let here = |other: &&Rollout| other.region != *region && policy.region(&other.region).is_some();
    let others: Vec<&Rollout> =
        state.rollouts.values().filter(here).filter(|r| under_way(r)).filter(first).collect();
    let awaited = policy.region(region).map(|r| r.after.as_slice()).unwrap_or_default();
    let mut reasons: Vec<Reason> = others
        .iter()
        // What is waited for is named already.
        .filter(|o| policy.apart(region, &o.region) && (own.is_some() || !awaited.contains(&o.region)))
        .map(|o| Reason::OtherUnderWay { region: o.region.clone(), release: o.release.clone() })
        .collect();
    if let Some(at_once) = policy.across.at_once
        && others.len() as u64 >= u64::from(at_once)
        && reasons.is_empty()
    {
        let regions = others.iter().map(|o| o.region.clone()).collect();
        reasons.push(Reason::TooManyUnderWay { regions, at_once });
    }
    reasons
}
