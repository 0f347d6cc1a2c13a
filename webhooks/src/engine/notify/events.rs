//! What is new in a publication, against the one before.
//!
//! Runs are compared by their ids, so a restart, a repeated look or a poll more tells nothing twice. Guards are told of only
//! while something of the service is under way: whoever is called for a release need not know of every lag at night.

use super::super::handle::Published;
use super::news::News;
use haldane_core::guard::{Finding, GuardHold};
use haldane_core::headline::headline;
use haldane_core::increment::{Missing, Region};
use haldane_core::report::{GuardLook, RegionLook};
use haldane_core::state::{Rollout, Stage};
use haldane_core::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What has been told, where the publication before does not say so.
pub(super) struct Events {
    /// Guards that were told to hold.
    guards: BTreeSet<(Region, String)>,
    /// Runs that were told to be held too long, each with since when.
    held: BTreeMap<Region, (String, Timestamp)>,
}

impl Events {
    /// Everything that stands in `published` counts as told.
    pub(super) fn standing(published: &Published) -> Self {
        let mut events = Self { guards: BTreeSet::new(), held: BTreeMap::new() };
        // What is found is what would be told, and it is not.
        drop(events.guards(published));
        drop(events.held(published));
        events
    }

    /// What is new in `after`.
    pub(super) fn between(&mut self, before: &Published, after: &Published) -> Vec<News> {
        let mut all = store(before, after);
        for look in &after.look.regions {
            all.extend(run(before, after, look));
        }
        all.extend(self.held(after));
        all.extend(self.guards(after));
        all.extend(contradictions(before, after));
        all.extend(freezes(before, after));
        all
    }

    fn held(&mut self, after: &Published) -> Vec<News> {
        let too_long = after.look.regions.iter().filter_map(|look| Some((look, look.held?)));
        let mut news = Vec::new();
        for (look, held) in too_long.filter(|(_, held)| held.too_long) {
            let key = (look.rollout.0.clone(), held.since);
            let told = self.held.insert(look.region.clone(), key.clone());
            if told != Some(key) {
                news.extend(of_run(after, look, "held-too-long"));
            }
        }
        news
    }

    fn guards(&mut self, after: &Published) -> Vec<News> {
        let open = after.state.rollouts.values().any(|rollout| rollout.stage.ended().is_none());
        let mut news = Vec::new();
        for look in &after.look.guards {
            let key = (look.region.clone(), look.guard.name.clone());
            match &look.holds {
                Some(hold) if open && is_told(hold) && self.guards.insert(key.clone()) => {
                    news.push(of_guard(after, look, "guard-holds", hold.to_string()));
                }
                Some(_) => {}
                None if self.guards.remove(&key) => {
                    let text = format!("guard {} in {} has cleared", look.guard.name, look.region);
                    news.push(of_guard(after, look, "guard-clears", text));
                }
                None => {}
            }
        }
        // A guard that is not asked any more holds nobody, and nobody waits to hear that it clears.
        let asked = |(region, name): &(Region, String)| {
            after.look.guards.iter().any(|g| g.region == *region && g.guard.name == *name)
        };
        self.guards.retain(asked);
        news
    }
}

/// That a guard has not been looked at lately says that Haldane began anew, not that anything is wrong with the place.
/// Where a load is not known, the guard of the region that it is in tells why.
fn is_told(hold: &GuardHold) -> bool {
    match &hold.finding {
        Finding::Old { .. }
        | Finding::LoadUnknown { .. }
        | Finding::Unknown { why: None | Some(Missing::FirstReading) } => false,
        Finding::Unknown { why: Some(_) }
        | Finding::Over { .. }
        | Finding::Firing { .. }
        | Finding::WriterMoved { .. }
        | Finding::Writers { .. }
        | Finding::TooFewPods { .. } => true,
    }
}

fn of_guard(after: &Published, look: &GuardLook, event: &'static str, text: String) -> News {
    let (region, at) = (Some(look.region.clone()), after.look.as_of);
    News { event, region, release: None, rollout: None, at, text }
}

fn of_run(after: &Published, look: &RegionLook, event: &'static str) -> Option<News> {
    let rollout = after.state.rollouts.get(&look.region)?;
    Some(News {
        event,
        region: Some(look.region.clone()),
        release: look.release.clone(),
        rollout: Some(look.rollout.0.clone()),
        at: after.look.as_of,
        text: headline(look, &rollout.policy),
    })
}

fn run(before: &Published, after: &Published, look: &RegionLook) -> Vec<News> {
    let Some(now) = after.state.rollouts.get(&look.region) else { return Vec::new() };
    let was = before.state.rollouts.get(&look.region).filter(|was| was.id == now.id);
    let breach = (now.breach.is_some() && was.is_none_or(|was| was.breach.is_none()))
        .then_some(if look.late_breach.is_some() { "late-breach" } else { "breach" });
    let taken_back =
        (now.taken_back.is_some() && was.is_none_or(|was| was.taken_back.is_none())).then_some("taken-back");
    let ended = ending(now).filter(|_| was.and_then(ending) != ending(now));
    breach.into_iter().chain(taken_back).chain(ended).filter_map(|event| of_run(after, look, event)).collect()
}

/// The ends that somebody has to know of: one as ordered, or as planned, is no news.
const fn ending(rollout: &Rollout) -> Option<&'static str> {
    match rollout.stage {
        Stage::RolledBack { .. } => Some("rolled-back"),
        Stage::FailedPromotion { .. } => Some("failed-promotion"),
        Stage::PromotedUnjudged { .. } => Some("promoted-unjudged"),
        Stage::Waiting
        | Stage::Admitted
        | Stage::Unknown
        | Stage::OffLadder { .. }
        | Stage::Step { .. }
        | Stage::Promoting { .. }
        | Stage::Promoted { .. }
        | Stage::RolledBackByOrder { .. }
        | Stage::Superseded { .. }
        | Stage::EndedUnknown { .. } => None,
    }
}

fn contradictions(before: &Published, after: &Published) -> Vec<News> {
    let known = |release: &str| {
        before.look.releases.iter().any(|r| r.release == release && r.contradiction.is_some())
    };
    let news = after.look.releases.iter().filter(|r| !known(&r.release)).filter_map(|release| {
        Some(News {
            event: "contradiction",
            region: None,
            release: Some(release.release.clone()),
            rollout: None,
            at: after.look.as_of,
            text: crate::report::release::contradiction(release)?,
        })
    });
    news.collect()
}

fn freezes(before: &Published, after: &Published) -> Vec<News> {
    let of = |event, region: &Region, text| {
        let (region, at) = (Some(region.clone()), after.look.as_of);
        News { event, region, release: None, rollout: None, at, text }
    };
    let frozen = after.state.frozen.iter().filter(|(region, _)| !before.state.frozen.contains_key(*region));
    let frozen = frozen.map(|(region, signed)| {
        of("frozen", region, format!("{region} is frozen by {}: {}", signed.by, signed.reason))
    });
    let thawed = before.state.frozen.keys().filter(|region| !after.state.frozen.contains_key(*region));
    let thawed = thawed.map(|region| of("thawed", region, format!("{region} is not frozen any more")));
    frozen.chain(thawed).collect()
}

fn store(before: &Published, after: &Published) -> Vec<News> {
    let (event, text) = match (before.store_trouble.is_some(), after.store_trouble.is_some()) {
        (false, true) => {
            ("store-failing", "nothing can be recorded, so every rollout holds; /readyz says why")
        }
        (true, false) => ("store-restored", "what happens is recorded again"),
        (true, true) | (false, false) => return Vec::new(),
    };
    let (at, text) = (after.look.as_of, text.to_owned());
    vec![News { event, region: None, release: None, rollout: None, at, text }]
}
