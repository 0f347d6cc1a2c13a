//! Each release over all regions: how far it is where, what happened there, and whether regions contradict each other.

use crate::increment::Region;
use crate::policy::{Policy, RegionPolicy};
use crate::release::{Mark, ReleaseState};
use crate::report::{ReleaseLook, ReleaseRegion};
use crate::state::{Rollout, ServiceState, Stage};

/// Every release that a region's rollout belongs to, the newest first.
pub(super) fn releases(state: &ServiceState) -> Vec<ReleaseLook> {
    let newest = state.releases.iter().max_by_key(|(_, r)| r.begun).map(|(name, r)| (name, r.begun));
    let current = state.releases.iter().filter(|(name, _)| members(state, name).next().is_some());
    let mut looks: Vec<ReleaseLook> = current
        .map(|(name, known)| ReleaseLook {
            release: name.clone(),
            begun: known.begun,
            overtaken_by: newest.filter(|(_, begun)| *begun > known.begun).map(|(newest, _)| newest.clone()),
            regions: regions(state, name, known),
            contradiction: contradiction(state, name),
        })
        .collect();
    looks.sort_by(|a, b| b.begun.cmp(&a.begun).then_with(|| a.release.cmp(&b.release)));
    looks
}

fn members<'a>(state: &'a ServiceState, release: &'a str) -> impl Iterator<Item = &'a Rollout> {
    state.rollouts.values().filter(move |r| r.release.as_deref() == Some(release))
}

/// Regions as the newest of its rollouts knows them: one that was added or taken out in the middle is there or not.
fn regions(state: &ServiceState, release: &str, known: &ReleaseState) -> Vec<ReleaseRegion> {
    let newest = members(state, release).max_by_key(|r| r.opened);
    let policy: Option<&Policy> = newest.map(|r| &r.policy);
    let all = policy.map(|p| p.regions.as_slice()).unwrap_or_default();
    let region = |place: &RegionPolicy| {
        let rollout = members(state, release).find(|r| r.region == place.name);
        let timeline: Vec<Mark> = known.timeline.iter().filter(|m| m.region == place.name).cloned().collect();
        ReleaseRegion {
            region: place.name.clone(),
            role: place.role,
            stage: rollout.map(|r| r.stage),
            weight: rollout.and_then(Rollout::weight),
            breached: rollout.is_some_and(|r| r.breach.is_some()),
            timeline,
        }
    };
    all.iter().map(region).collect()
}

/// Sick here and well there: regions that breached, beside others that have had the same release for at least as much and
/// against which nothing speaks.
fn contradiction(state: &ServiceState, release: &str) -> Option<(Vec<Region>, Vec<Region>)> {
    let name = |r: &Rollout| r.region.clone();
    let sick: Vec<Region> = members(state, release).filter(|r| r.breach.is_some()).map(name).collect();
    let well: Vec<Region> = members(state, release).filter(|r| is_well(r)).map(name).collect();
    (!sick.is_empty() && !well.is_empty()).then_some((sick, well))
}

fn is_well(rollout: &Rollout) -> bool {
    let proved = |r: &Rollout| {
        r.binding().all(|g| g.limit.as_ref().is_none_or(|l| !g.signal.is_core() || l.proof.is_proved()))
    };
    let shown = match rollout.stage {
        Stage::Promoted { .. } => true,
        Stage::Step { .. } => proved(rollout),
        Stage::Waiting
        | Stage::Admitted
        | Stage::Unknown
        | Stage::OffLadder { .. }
        | Stage::Promoting { .. }
        | Stage::RolledBack { .. }
        | Stage::RolledBackByOrder { .. }
        | Stage::FailedPromotion { .. }
        | Stage::Superseded { .. }
        | Stage::PromotedUnjudged { .. }
        | Stage::EndedUnknown { .. } => false,
    };
    shown && rollout.breach.is_none()
}
