//! May this region start now? Order, bake, and trouble elsewhere.
//!
//! Flagger knows nothing of other regions and has no bake after a promotion, so the order lives here. Everything is
//! judged from what other regions' rollouts are known to have done with *this* release; what is not known is no yes.

use crate::increment::Region;
use crate::policy::Policy;
use crate::reason::{Reason, Trouble};
use crate::state::{Rollout, ServiceState, Stage};
use crate::time::Timestamp;

/// Why `region` may not start `release` at `now`; empty when it may.
pub fn admission(
    state: &ServiceState,
    policy: &Policy,
    region: &Region,
    release: Option<&str>,
    now: Timestamp,
) -> Vec<Reason> {
    let mut reasons = trouble_elsewhere(state, region, release);
    let Some(own) = policy.region(region) else {
        return reasons;
    };
    if !own.after.is_empty() && release.is_none() {
        reasons.push(Reason::ReleaseUnknown);
        return reasons;
    }
    for before in &own.after {
        let rollout = state.rollouts.get(before).filter(|r| r.release.as_deref() == release);
        reasons.extend(awaits(before, rollout, own.bake, now));
    }
    reasons
}

/// What has gone wrong with this release in the other regions.
pub fn trouble_elsewhere(state: &ServiceState, region: &Region, release: Option<&str>) -> Vec<Reason> {
    let others = state.rollouts.values().filter(|r| r.region != *region);
    others
        .filter(|r| same_release(r, release))
        .filter_map(|r| {
            let apart = state.pools.get(&r.release_key()).is_some_and(|pool| pool.is_apart(&r.region));
            let trouble = trouble(r)?;
            let trouble = if apart && trouble == Trouble::Breached { Trouble::StandsOut } else { trouble };
            Some(Reason::OtherRegion { region: r.region.clone(), trouble })
        })
        .collect()
}

/// Two rollouts that name their releases share trouble when the names agree. Where one is nameless it may be the
/// same release as long as it is under way; once over, it must not block every later one.
fn same_release(other: &Rollout, release: Option<&str>) -> bool {
    match (other.release.as_deref(), release) {
        (Some(theirs), Some(ours)) => theirs == ours,
        (None, _) | (_, None) => other.stage.ended().is_none(),
    }
}

fn trouble(rollout: &Rollout) -> Option<Trouble> {
    match rollout.stage {
        Stage::RolledBack { .. } => Some(Trouble::RolledBack),
        Stage::RolledBackByOrder { .. } => Some(Trouble::RolledBackByOrder),
        Stage::FailedPromotion { .. } => Some(Trouble::FailedPromotion),
        Stage::Promoted { .. } => rollout.breach.as_ref().map(|_| Trouble::BreachedLate),
        Stage::Superseded { .. } | Stage::PromotedUnjudged { .. } | Stage::EndedUnknown { .. } => None,
        Stage::Waiting
        | Stage::Admitted
        | Stage::Unknown
        | Stage::OffLadder { .. }
        | Stage::Step { .. }
        | Stage::Promoting { .. } => {
            let ordered = rollout.orders.rollback.as_ref().map(|_| Trouble::OrderedBack);
            rollout.breach.as_ref().map(|_| Trouble::Breached).or(ordered)
        }
    }
}

fn awaits(
    before: &Region,
    rollout: Option<&Rollout>,
    bake: crate::time::Span,
    now: Timestamp,
) -> Option<Reason> {
    let region = before.clone();
    let Some((rollout, since)) = rollout.and_then(|r| match r.stage {
        Stage::Promoted { since } => Some((r, since)),
        Stage::Waiting
        | Stage::Admitted
        | Stage::Unknown
        | Stage::OffLadder { .. }
        | Stage::Step { .. }
        | Stage::Promoting { .. }
        | Stage::RolledBack { .. }
        | Stage::RolledBackByOrder { .. }
        | Stage::FailedPromotion { .. }
        | Stage::Superseded { .. }
        | Stage::PromotedUnjudged { .. }
        | Stage::EndedUnknown { .. } => None,
    }) else {
        return Some(Reason::AwaitsRegion { region });
    };
    let baked = now - since;
    if baked < bake {
        return Some(Reason::Baking { region, left: bake - baked });
    }
    let max_age = rollout.policy.max_age();
    let seen =
        rollout.binding().all(|g| g.reading.counted.is_some_and(|at| at >= since && now - at <= max_age));
    (!seen).then_some(Reason::BakesUnseen { region })
}
