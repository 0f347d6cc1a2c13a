//! One release over all regions of a service: how far it is where, what each region waits for, what stands in its way.
//!
//! It is read off the state and a look at it, so the API, the page and the terminal cannot tell different stories. A region
//! that the release has not come to is asked what admission would say, which is what Flagger would be told there.

use super::place::{FrozenBy, GuardSummary, frozen, guards};
use crate::address_part::address_part;
use haldane_core::admission::admission;
use haldane_core::headline::{headline, standing};
use haldane_core::increment::Region;
use haldane_core::policy::{Policy, RegionPolicy, Role};
use haldane_core::release::{Event, Mark};
use haldane_core::report::{Look, RegionLook, ReleaseLook, ReleaseRegion};
use haldane_core::state::{Rollout, ServiceState, Stage};
use haldane_core::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// How a region stands that a release has not come to.
const NOT_BEGUN: &str = "not-begun";

/// One release of one service. Keys are snake_case with units last; instants are microseconds since the epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReleaseReport {
    /// Its name.
    pub release: String,
    /// `namespace/name`.
    pub service: String,
    /// When it began.
    pub begun_us: i64,
    /// The newest release, where this is not it.
    pub overtaken_by: Option<String>,
    /// One sentence, where the same release is sick in one region and well in another.
    pub contradiction: Option<String>,
    /// Every region, in the policy's order.
    pub regions: Vec<RegionReport>,
}

/// A release in one region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegionReport {
    /// Where.
    pub region: Region,
    /// What the Canary is called there.
    pub canary: String,
    /// What the region is for.
    pub role: Role,
    /// The regions that come before it.
    pub after: Vec<Region>,
    /// The word of a rollout's standing, or `not-begun`.
    pub standing: String,
    /// The canary's weight, where it is known.
    pub weight_percent: Option<u32>,
    /// Its rollout, where it has one of this release.
    pub rollout: Option<String>,
    /// What is happening there, why, and what comes next.
    pub headline: Option<String>,
    /// How long it has to bake yet before the last region after it may start.
    pub bake_left_s: Option<f64>,
    /// Whether evidence has crossed the budget.
    pub breached: bool,
    /// The region whose breach takes this one back with it.
    pub taken_back: Option<Region>,
    /// Since when it is held beyond its windows.
    pub held_since_us: Option<i64>,
    /// Whether that is longer than the policy's `maxHold`.
    pub held_too_long: bool,
    /// A person's freeze.
    pub frozen: Option<FrozenBy>,
    /// Every guard, as it was last seen.
    pub guards: Vec<GuardSummary>,
    /// Why it does not go on, or may not start.
    pub waits_for: Vec<String>,
    /// What happened, oldest first.
    pub timeline: Vec<MarkReport>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkReport {
    /// When.
    pub at_us: i64,
    /// What: opened, admitted, weight, lost, promoting, promoted, promoted-unjudged, breached, rolled-back,
    /// failed-promotion, superseded, ended-unknown.
    pub event: String,
    /// Which weight it came to.
    pub weight_percent: Option<u32>,
}

/// Every release of a service that `looked` knows at `now`, the newest first.
pub fn releases(state: &ServiceState, looked: &Look, policy: &Policy, now: Timestamp) -> Vec<ReleaseReport> {
    let known = Known { state, looked, policy, now };
    looked.releases.iter().map(|release| known.release(release)).collect()
}

/// One sentence, where a release is sick in one region and well in another.
pub fn contradiction(release: &ReleaseLook) -> Option<String> {
    let names = |regions: &[Region]| {
        let names: Vec<&str> = regions.iter().map(|region| region.0.as_str()).collect();
        names.join(", ")
    };
    let (sick, well) = release.contradiction.as_ref()?;
    Some(format!(
        "release {} is sick in {} and well in {}: look at what differs between them",
        release.release,
        names(sick),
        names(well)
    ))
}

/// The page of a release.
pub fn href(release: &str) -> String {
    format!("/releases/{}", address_part(release))
}

struct Known<'a> {
    state: &'a ServiceState,
    looked: &'a Look,
    policy: &'a Policy,
    now: Timestamp,
}

impl Known<'_> {
    fn release(&self, release: &ReleaseLook) -> ReleaseReport {
        ReleaseReport {
            release: release.release.clone(),
            service: self.policy.service.clone(),
            begun_us: release.begun.as_us(),
            overtaken_by: release.overtaken_by.clone(),
            contradiction: contradiction(release),
            regions: release.regions.iter().map(|region| self.region(&release.release, region)).collect(),
        }
    }

    fn region(&self, release: &str, there: &ReleaseRegion) -> RegionReport {
        let region = &there.region;
        let is_ours = |name: &Option<String>| name.as_deref() == Some(release);
        let rollout = self.state.rollouts.get(region).filter(|r| is_ours(&r.release));
        let look = self.looked.region(region).filter(|look| is_ours(&look.release));
        let policy = rollout.map_or(self.policy, |rollout| &rollout.policy);
        let frozen = frozen(policy, &self.state.frozen).into_iter().find(|f| f.region == *region);
        let held = look.and_then(|look| look.held);
        RegionReport {
            region: region.clone(),
            canary: policy.service_in(region).to_owned(),
            role: there.role,
            after: policy.region(region).map(|own| own.after.clone()).unwrap_or_default(),
            standing: look.map_or(NOT_BEGUN, |look| standing(look).name()).to_owned(),
            weight_percent: there.weight,
            rollout: rollout.map(|rollout| rollout.id.0.clone()),
            headline: look.map(|look| headline(look, policy)),
            bake_left_s: rollout.and_then(|rollout| self.bake_left(rollout)).map(Span::as_s),
            breached: there.breached,
            taken_back: look.and_then(|look| look.taken_back.clone()),
            held_since_us: held.map(|held| held.since.as_us()),
            held_too_long: held.is_some_and(|held| held.too_long),
            frozen,
            guards: guards(self.looked, region),
            waits_for: look.map_or_else(|| self.may_not_start(release, region), waits_for),
            timeline: there.timeline.iter().map(mark).collect(),
        }
    }

    fn may_not_start(&self, release: &str, region: &Region) -> Vec<String> {
        let reasons = admission(self.state, self.policy, region, (Some(release), 0), self.now);
        reasons.iter().map(ToString::to_string).collect()
    }

    /// What the regions after this one have yet to wait, the longest of them.
    fn bake_left(&self, rollout: &Rollout) -> Option<Span> {
        let Stage::Promoted { since } = rollout.stage else { return None };
        let after = |own: &&RegionPolicy| own.after.contains(&rollout.region);
        let bake = rollout.policy.regions.iter().filter(after).map(|own| own.bake).max()?;
        let left = bake - (self.now - since);
        (left > Span::ZERO).then_some(left)
    }
}

fn waits_for(look: &RegionLook) -> Vec<String> {
    if look.stage.ended().is_some() {
        return Vec::new();
    }
    look.decision.reasons().iter().map(ToString::to_string).collect()
}

fn mark(mark: &Mark) -> MarkReport {
    let (event, weight_percent) = match mark.event {
        Event::Opened => ("opened", None),
        Event::Admitted => ("admitted", None),
        Event::Weight { percent } => ("weight", Some(percent)),
        Event::Lost => ("lost", None),
        Event::Promoting => ("promoting", None),
        Event::Promoted => ("promoted", None),
        Event::PromotedUnjudged => ("promoted-unjudged", None),
        Event::Breached => ("breached", None),
        Event::RolledBack => ("rolled-back", None),
        Event::FailedPromotion => ("failed-promotion", None),
        Event::Superseded => ("superseded", None),
        Event::EndedUnknown => ("ended-unknown", None),
    };
    MarkReport { at_us: mark.at.as_us(), event: event.to_owned(), weight_percent }
}

impl MarkReport {
    /// In words.
    pub fn text(&self) -> String {
        self.weight_percent.map_or_else(|| self.event.clone(), |percent| format!("{percent} %"))
    }
}
