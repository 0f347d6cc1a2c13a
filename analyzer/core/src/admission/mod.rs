//! May this region start now? Order, bake, trouble elsewhere, who else is under way, freezes, guards.
//!
//! Flagger knows nothing of other regions and has no bake after a promotion, so the order lives here. Everything is
//! judged from what other regions' rollouts are known to have done with *this* release; what is not known is no yes.

mod beside;
mod frozen;
mod guarded;
mod order;

pub use beside::under_way;
pub(crate) use guarded::looks as guard_looks;
pub(crate) use order::awaits_one;

use crate::increment::Region;
use crate::policy::Policy;
use crate::reason::{Reason, Trouble};
use crate::state::{Rollout, ServiceState, Stage};
use crate::time::Timestamp;

/// Why `region` may not start `release` at `now`; empty when it may.
///
/// `attempt` is how often the region has opened it anew after it was promoted there.
pub fn admission(
    state: &ServiceState,
    policy: &Policy,
    region: &Region,
    (release, attempt): (Option<&str>, u32),
    now: Timestamp,
) -> Vec<Reason> {
    let mut reasons = trouble_elsewhere(state, region, release);
    reasons.extend(order::awaits(state, policy, region, (release, attempt), now));
    reasons.extend(order::overtaken(state, region, release));
    reasons.extend(beside::beside(state, policy, region));
    reasons.extend(frozen::frozen(state, policy, region, now));
    reasons.extend(guarded::guarded(state, policy, region, now));
    reasons
}

/// What of it holds a run that has traffic, too: the regions that were under way before it, and the place.
pub(crate) fn under_way_holds(state: &ServiceState, rollout: &Rollout, now: Timestamp) -> Vec<Reason> {
    let (policy, region) = (&rollout.policy, &rollout.region);
    let mut reasons = trouble_elsewhere(state, region, rollout.release.as_deref());
    reasons.extend(beside::beside(state, policy, region));
    reasons.extend(frozen::frozen(state, policy, region, now));
    reasons.extend(guarded::guarded(state, policy, region, now));
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

/// What has gone wrong with a run, if anything has.
pub(crate) fn trouble(rollout: &Rollout) -> Option<Trouble> {
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
