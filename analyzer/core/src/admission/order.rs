//! Whose turn is it? The regions before must have promoted this release, and baked while somebody watched.

use crate::increment::Region;
use crate::policy::Policy;
use crate::reason::Reason;
use crate::state::{Rollout, ServiceState, Stage};
use crate::time::{Span, Timestamp, is_fresh};

/// Which regions `region` still waits for.
pub(super) fn awaits(
    state: &ServiceState,
    policy: &Policy,
    region: &Region,
    (release, attempt): (Option<&str>, u32),
    now: Timestamp,
) -> Vec<Reason> {
    let Some(own) = policy.region(region) else {
        return Vec::new();
    };
    if !own.after.is_empty() && release.is_none() {
        return vec![Reason::ReleaseUnknown];
    }
    let before = own.after.iter();
    before.filter_map(|before| awaits_one(state, before, (release, attempt), own.bake, now)).collect()
}

/// What is missing before `before` has promoted the release and baked for `bake`.
pub(crate) fn awaits_one(
    state: &ServiceState,
    before: &Region,
    (release, attempt): (Option<&str>, u32),
    bake: Span,
    now: Timestamp,
) -> Option<Reason> {
    let region = before.clone();
    let rollout = state.rollouts.get(before).filter(|r| r.release.as_deref() == release);
    let Some((rollout, since)) = rollout.and_then(|r| Some((r, promoted(r)?))) else {
        return Some(Reason::AwaitsRegion { region });
    };
    // The same image again is a change of configuration, which the region before has to have first, too.
    if rollout.attempt < attempt {
        return Some(Reason::AwaitsAttempt { region });
    }
    let baked = now - since;
    if baked < bake {
        return Some(Reason::Baking { region, left: bake - baked });
    }
    (!bakes_seen(rollout, since, now)).then_some(Reason::BakesUnseen { region })
}

fn promoted(rollout: &Rollout) -> Option<Timestamp> {
    let Stage::Promoted { since } = rollout.stage else { return None };
    Some(since)
}

/// Whether every gate that decides was counted since the promotion, and lately, by the newest poll too.
fn bakes_seen(rollout: &Rollout, since: Timestamp, now: Timestamp) -> bool {
    let max_age = rollout.policy.max_age();
    let lately = |at: Timestamp| at >= since && is_fresh(now - at, max_age);
    rollout.binding().all(|g| g.reading.missing.is_none() && g.reading.counted.is_some_and(lately))
}

/// A newer release has begun: this one starts nowhere any more. Where it has traffic it goes on to its end.
pub(super) fn overtaken(state: &ServiceState, region: &Region, release: Option<&str>) -> Option<Reason> {
    let own = state.releases.get(release?)?;
    let newest = state.releases.iter().max_by_key(|(_, r)| r.begun)?;
    // Of two that began at one instant, neither is the newer.
    let is_ours = state.rollouts.get(region).is_some_and(|r| r.release.as_deref() == Some(newest.0.as_str()));
    (newest.1.begun > own.begun && !is_ours).then(|| Reason::Overtaken { by: newest.0.clone() })
}
