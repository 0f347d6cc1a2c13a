//! A breach in one region takes the release back everywhere, where the policy says so.

use crate::admission::under_way;
use crate::increment::Region;
use crate::policy::OnBreach;
use crate::state::{Rollout, ServiceState, Stage};

/// Marks every run that a breach elsewhere takes back: with traffic, of the same named release, not yet promoted.
pub(super) fn take_back(state: &mut ServiceState) {
    if !state.rollouts.values().any(follows) {
        return;
    }
    let breached: Vec<(Region, String)> = state
        .rollouts
        .values()
        .filter(|r| r.breach.is_some())
        .filter_map(|r| Some((r.region.clone(), r.release.clone()?)))
        .collect();
    for rollout in state.rollouts.values_mut().filter(|r| follows(r)) {
        let same = breached
            .iter()
            .find(|(region, release)| *region != rollout.region && Some(release) == rollout.release.as_ref());
        if let Some((region, _)) = same {
            rollout.taken_back = Some(region.clone());
            rollout.orders.approval = None;
        }
    }
}

fn follows(rollout: &Rollout) -> bool {
    rollout.policy.across.on_breach == OnBreach::RollBackRelease
        && rollout.taken_back.is_none()
        && under_way(rollout)
        && !matches!(rollout.stage, Stage::Promoting { .. })
}
