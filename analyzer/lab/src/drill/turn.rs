//! A line of the timeline: a region's decision or a guard turned.
//!
//! Reasons carry numbers that change with every look (so many seconds left). What makes a turn is which reasons there are,
//! not what they say.

use haldane_core::guard::{Finding, GuardHold};
use haldane_core::increment::Region;
use haldane_core::reason::Reason;
use haldane_core::report::{Decision, GuardLook, Look, RegionLook};
use haldane_core::time::Timestamp;
use std::collections::BTreeMap;
use std::mem::{Discriminant, discriminant};

/// Something that turned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// When.
    pub at: Timestamp,
    /// Where.
    pub region: Region,
    /// What, in words.
    pub told: String,
}

/// Which reason it is, whatever it says: its kind, and of a guard which one, where, and what kind of thing it found.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Which {
    reason: Discriminant<Reason>,
    guard: Option<(Region, String, Discriminant<Finding>)>,
}

fn which(reason: &Reason) -> Which {
    let guard = |hold: &GuardHold| (hold.region.clone(), hold.guard.clone(), discriminant(&hold.finding));
    let guard = if let Reason::Guard(hold) = reason { Some(guard(hold)) } else { None };
    Which { reason: discriminant(reason), guard }
}

type Decided = (&'static str, Vec<Which>);

/// What was last told of each region and of each guard.
#[derive(Debug, Default)]
pub(super) struct Told {
    decisions: BTreeMap<Region, Decided>,
    guards: BTreeMap<(Region, String), bool>,
}

impl Told {
    /// What of `look` has turned since the last one; of the first look all but what is clear.
    pub(super) fn turns(&mut self, look: &Look) -> Vec<Turn> {
        let mut turns = Vec::new();
        for guard in &look.guards {
            turns.extend(self.guard(guard, look.as_of));
        }
        for region in &look.regions {
            turns.extend(self.region(region, look.as_of));
        }
        turns
    }

    fn guard(&mut self, look: &GuardLook, at: Timestamp) -> Option<Turn> {
        let key = (look.region.clone(), look.guard.name.clone());
        let before = self.guards.insert(key, look.holds.is_some());
        let told = match &look.holds {
            Some(hold) if before != Some(true) => {
                format!("guard {} holds: {}", look.guard.name, hold.finding)
            }
            None if before == Some(true) => format!("guard {} is clear", look.guard.name),
            Some(_) | None => return None,
        };
        Some(Turn { at, region: look.region.clone(), told })
    }

    fn region(&mut self, look: &RegionLook, at: Timestamp) -> Option<Turn> {
        let reasons = look.decision.reasons();
        let now: Decided = (look.decision.name(), reasons.iter().map(which).collect());
        let before = self.decisions.insert(look.region.clone(), now.clone());
        if before.as_ref() == Some(&now) {
            return None;
        }
        let known = before.map(|(_, known)| known).unwrap_or_default();
        let new = reasons.iter().find(|reason| !known.contains(&which(reason)));
        let told = match (&look.decision, new.or_else(|| reasons.first())) {
            (Decision::Advance, _) => "may go on".to_owned(),
            (decision, None) => decision.name().to_owned(),
            (decision, Some(reason)) => format!("{}: {reason}", decision.name()),
        };
        Some(Turn { at, region: look.region.clone(), told })
    }
}
