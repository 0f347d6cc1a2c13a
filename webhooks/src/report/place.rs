//! What stands in a place, whatever runs there: its guards, and a person's freeze. For the API, pages and the terminal.

use super::grouped::grouped;
use haldane_core::guard::{Finding, GuardHold};
use haldane_core::increment::Region;
use haldane_core::order::Signed;
use haldane_core::policy::Policy;
use haldane_core::report::{GuardLook, Look};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A person's freeze of a region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenBy {
    /// Where.
    pub region: Region,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When, microseconds since the epoch.
    pub at_us: i64,
}

impl fmt::Display for FrozenBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is frozen by {}: {}", self.region, self.by, self.reason)
    }
}

/// A guard of a region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GuardSummary {
    /// Its name.
    pub guard: String,
    /// Whether it holds.
    pub holds: bool,
    /// What it found and what clears it, where it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// When it was last looked at, microseconds since the epoch.
    pub as_of_us: i64,
}

/// The freezes that stand, in the policy's order.
pub fn frozen(policy: &Policy, standing: &BTreeMap<Region, Signed>) -> Vec<FrozenBy> {
    let of = |region: &Region| {
        let signed = standing.get(region)?;
        let (by, reason) = (signed.by.to_string(), signed.reason.to_string());
        Some(FrozenBy { region: region.clone(), by, reason, at_us: signed.at.as_us() })
    };
    policy.regions.iter().filter_map(|region| of(&region.name)).collect()
}

/// The guards of `region`, as they were found.
pub fn guards(look: &Look, region: &Region) -> Vec<GuardSummary> {
    let here = look.guards.iter().filter(|guard| guard.region == *region);
    here.map(|guard| summary(guard, look)).collect()
}

fn summary(guard: &GuardLook, look: &Look) -> GuardSummary {
    let standing = standing_hold(guard, look);
    GuardSummary {
        guard: guard.guard.name.clone(),
        holds: standing.is_some(),
        why: standing.map(ToString::to_string),
        as_of_us: guard.as_of.as_us(),
    }
}

/// What a guard holds for. Where nothing is under way only what changes is kept on record: that it is old says nothing then,
/// and so not that another region's load is.
pub fn standing_hold<'a>(guard: &'a GuardLook, look: &Look) -> Option<&'a GuardHold> {
    let idle = look.regions.iter().all(|region| region.stage.ended().is_some());
    let ages = |hold: &GuardHold| matches!(hold.finding, Finding::Old { .. } | Finding::LoadUnknown { .. });
    guard.holds.as_ref().filter(|hold| !(idle && ages(hold)))
}

/// What stands in a region, a sentence each: its freeze first, then each guard that holds.
pub fn standing(
    look: &Look,
    policy: &Policy,
    freezes: &BTreeMap<Region, Signed>,
    region: &Region,
) -> Vec<String> {
    let frozen = frozen(policy, freezes).into_iter().filter(|f| f.region == *region).map(|f| f.to_string());
    let held = guards(look, region).into_iter().filter_map(|guard| guard.why);
    grouped(frozen.chain(held))
}

#[cfg(test)]
mod tests {
    use super::*;
    use haldane_core::guard::{Guard, Reach, Rule, Seen};
    use haldane_core::increment::Missing;
    use haldane_core::time::{Span, Timestamp};

    #[test]
    fn what_is_only_old_does_not_stand_where_nothing_is_under_way() {
        let now = Timestamp::from_s(1_800_000_000);
        let (region, idle) = (
            Region::from("us-east"),
            Look { as_of: now, regions: Vec::new(), releases: Vec::new(), guards: Vec::new() },
        );
        let stands = |finding| {
            let guard = Guard {
                name: "g".to_owned(),
                rule: Rule::RegionUp,
                wait: Span::ZERO,
                regions: Vec::new(),
                reach: Reach::Here,
            };
            let holds =
                Some(GuardHold { guard: "g".to_owned(), region: region.clone(), stood: Span::ZERO, finding });
            let seen = Seen::Unknown { why: Missing::FirstReading };
            standing_hold(&GuardLook { region: region.clone(), guard, seen, as_of: now, holds }, &idle)
                .is_some()
        };
        assert!(!stands(Finding::Old { age: Span::from_min(5) }));
        assert!(!stands(Finding::LoadUnknown { of: "us-west".into() }));
        assert!(stands(Finding::Unknown { why: Some(Missing::FirstReading) }));
    }
}
