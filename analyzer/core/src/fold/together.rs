//! A breach in one region takes the release back everywhere, where the policy says so.

use crate::admission::{trouble, under_way};
use crate::increment::Region;
use crate::policy::OnBreach;
use crate::state::{Rollout, ServiceState, Stage};
use crate::time::Timestamp;
use std::collections::BTreeSet;

/// Runs whose trouble holds others, each by its region and when it opened.
pub(super) fn in_trouble(state: &ServiceState) -> BTreeSet<(Region, Timestamp)> {
    let troubled = state.rollouts.values().filter(|r| trouble(r).is_some());
    troubled.map(|r| (r.region.clone(), r.opened)).collect()
}

/// Whoever approved a run of the same release `before` knew nothing of trouble that is new: it has to be approved again.
pub(super) fn take_back_approvals(state: &mut ServiceState, before: &BTreeSet<(Region, Timestamp)>) {
    let news: Vec<(Region, Timestamp)> = in_trouble(state).difference(before).cloned().collect();
    for (region, _) in news {
        let Some(release) = state.rollouts.get(&region).and_then(|r| r.release.clone()) else { continue };
        let others = state.rollouts.values_mut().filter(|r| r.region != region);
        for rollout in others.filter(|r| r.release.as_ref() == Some(&release)) {
            rollout.orders.approval = None;
        }
    }
}

/// Marks every run that a breach elsewhere takes back: with traffic, of the same named release, not yet promoted.
pub(super) fn take_back(state: &mut ServiceState) {
    if !state.rollouts.values().any(follows) {
        return;
    }
    let breached: Vec<Breached> = state.rollouts.values().filter_map(Breached::of).collect();
    for rollout in state.rollouts.values_mut().filter(|r| follows(r)) {
        if let Some(breached) = breached.iter().find(|b| b.concerns(rollout)) {
            rollout.taken_back = Some(breached.region.clone());
            rollout.orders.approval = None;
        }
    }
}

/// A run that evidence has convicted.
struct Breached {
    region: Region,
    release: String,
    attempt: u32,
    /// When it went back, or ended otherwise; none where it has traffic, or was promoted and still serves.
    over: Option<Timestamp>,
}

impl Breached {
    fn of(rollout: &Rollout) -> Option<Self> {
        rollout.breach.as_ref()?;
        let serves = matches!(rollout.stage, Stage::Promoted { .. });
        Some(Self {
            region: rollout.region.clone(),
            release: rollout.release.clone()?,
            attempt: rollout.attempt,
            over: rollout.stage.ended().filter(|_| !serves),
        })
    }

    /// Whether `rollout` is of what was convicted. A run that began when it was over, or with a later configuration, is a new
    /// hearing: trouble elsewhere holds it, and nothing that was counted speaks against it.
    fn concerns(&self, rollout: &Rollout) -> bool {
        self.region != rollout.region
            && Some(&self.release) == rollout.release.as_ref()
            && self.attempt >= rollout.attempt
            && self.over.is_none_or(|over| rollout.opened < over)
    }
}

fn follows(rollout: &Rollout) -> bool {
    rollout.policy.across.on_breach == OnBreach::RollBackRelease
        && rollout.taken_back.is_none()
        && under_way(rollout)
        && !matches!(rollout.stage, Stage::Promoting { .. })
}
