//! What happened to which release, where and when: read off the rollouts after every fact.

use crate::increment::Region;
use crate::release::{Event, MOST_MARKS, Mark, ReleaseState, Releases};
use crate::state::{Rollout, ServiceState, Stage};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// Releases that no region's rollout belongs to any more and that are remembered all the same.
const REMEMBERED: usize = 8;

/// What a rollout was before a fact.
#[derive(Clone, PartialEq)]
pub(super) struct Before {
    opened: Timestamp,
    stage: Stage,
    breached: bool,
    release: Option<String>,
}

/// What all rollouts are.
pub(super) fn before(state: &ServiceState) -> BTreeMap<Region, Before> {
    let of = |r: &Rollout| Before {
        opened: r.opened,
        stage: r.stage,
        breached: r.breach.is_some(),
        release: r.release.clone(),
    };
    state.rollouts.iter().map(|(region, r)| (region.clone(), of(r))).collect()
}

/// Marks what a fact has changed.
pub(super) fn note(state: &mut ServiceState, before: &BTreeMap<Region, Before>, at: Timestamp) {
    let ServiceState { rollouts, releases, .. } = state;
    for rollout in rollouts.values() {
        let Some(release) = &rollout.release else { continue };
        let was = before.get(&rollout.region);
        let run = was.filter(|was| was.opened == rollout.opened);
        let named = run.is_some_and(|was| was.release.as_ref() == Some(release));
        if let Some(misnamed) = run.and_then(|was| was.release.as_ref()).filter(|was| *was != release) {
            unname(releases, misnamed, rollout);
        }
        let begun = begun(releases, rollout, was, at);
        let new = || ReleaseState { begun, brought_back: None, timeline: Vec::new() };
        let known = releases.entry(release.clone()).or_insert_with(new);
        if known.begun != begun {
            known.brought_back = Some((rollout.region.clone(), known.begun));
            known.begun = begun;
        }
        let mut mark = |event| known.timeline.push(Mark { at, region: rollout.region.clone(), event });
        if !named {
            mark(Event::Opened);
        }
        let stage = run.map(|was| was.stage);
        if let Some(event) = event(rollout).filter(|_| stage.is_none_or(|stage| stage != rollout.stage)) {
            mark(event);
        }
        if rollout.breach.is_some() && !run.is_some_and(|was| was.breached) {
            mark(Event::Breached);
        }
        let excess = known.timeline.len().saturating_sub(MOST_MARKS);
        known.timeline.drain(..excess);
    }
    forget(state);
}

/// A run that opened under another release's name, because the hook overtook the watch that names it, has neither begun that
/// one nor brought it back: or the release that it is would be overtaken by one that nobody runs.
fn unname(releases: &mut Releases, misnamed: &str, rollout: &Rollout) {
    let Some(known) = releases.get_mut(misnamed) else { return };
    let of_this_run = |mark: &Mark| mark.region == rollout.region && mark.at >= rollout.opened;
    if known.timeline.iter().all(of_this_run) {
        releases.remove(misnamed);
        return;
    }
    if let Some((_, before)) = known.brought_back.take_if(|(region, _)| *region == rollout.region) {
        known.begun = before;
    }
}

/// When a release began: with its first rollout, or anew, where it comes back to a region after one that began later, or
/// after it had been promoted there.
fn begun(
    releases: &BTreeMap<String, ReleaseState>,
    rollout: &Rollout,
    was: Option<&Before>,
    at: Timestamp,
) -> Timestamp {
    let Some(known) = rollout.release.as_ref().and_then(|r| releases.get(r)) else { return at };
    let opens = was.is_none_or(|was| was.opened != rollout.opened);
    let later =
        was.and_then(|was| releases.get(was.release.as_ref()?)).is_some_and(|r| r.begun > known.begun);
    if opens && (later || rollout.attempt > 0) { at } else { known.begun }
}

/// How often a release was promoted in a region, as far as its timeline tells: which attempt another run of it is, where
/// one of another release came between.
pub(super) fn promotions(releases: &Releases, release: &str, region: &Region) -> u32 {
    let promoted = |mark: &&Mark| {
        mark.region == *region && matches!(mark.event, Event::Promoted | Event::PromotedUnjudged)
    };
    let count = releases.get(release).map_or(0, |known| known.timeline.iter().filter(promoted).count());
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn event(rollout: &Rollout) -> Option<Event> {
    Some(match rollout.stage {
        Stage::Waiting => return None,
        Stage::Admitted => Event::Admitted,
        Stage::Unknown => Event::Lost,
        Stage::Step { .. } | Stage::OffLadder { .. } => Event::Weight { percent: rollout.weight()? },
        Stage::Promoting { .. } => Event::Promoting,
        Stage::Promoted { .. } => Event::Promoted,
        Stage::PromotedUnjudged { .. } => Event::PromotedUnjudged,
        Stage::RolledBack { .. } | Stage::RolledBackByOrder { .. } => Event::RolledBack,
        Stage::FailedPromotion { .. } => Event::FailedPromotion,
        Stage::Superseded { .. } => Event::Superseded,
        Stage::EndedUnknown { .. } => Event::EndedUnknown,
    })
}

/// Old releases are forgotten, oldest first.
fn forget(state: &mut ServiceState) {
    let ServiceState { rollouts, releases, .. } = state;
    while releases.len() > rollouts.len() + REMEMBERED {
        let unused =
            releases.iter().filter(|(name, _)| !rollouts.values().any(|r| r.release.as_ref() == Some(*name)));
        let Some(oldest) = unused.min_by_key(|(_, r)| r.begun).map(|(name, _)| name.clone()) else { return };
        releases.remove(&oldest);
    }
}
