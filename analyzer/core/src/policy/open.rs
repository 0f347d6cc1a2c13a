//! How long a week's freezes leave a region open, and whether its part of a release fits into that.
//!
//! A bake that no week has room for would let every release stand half delivered over every freeze. It is measured on the
//! calendar, in winter and in summer, because freezes may be written in the times of several places.

use super::freeze::{Freeze, FreezeWhen, Window};
use super::refusal::Refusals;
use super::{RegionPolicy, Step};
use crate::increment::Region;
use crate::time::{Span, Timestamp};

/// A fortnight holds each week's longest opening whole, wherever it begins.
const FORTNIGHT: Span = Span::from_min(14 * 24 * 60);

/// A Monday in January and one in July; nobody's clocks change in the fortnights that follow.
const MONDAYS: [Timestamp; 2] = [Timestamp::from_s(1_767_571_200), Timestamp::from_s(1_783_296_000)];

/// The longest time in a week in which nothing that comes every week freezes `region`; absent where nothing does.
pub(super) fn longest_open(freezes: &[Freeze], region: &Region) -> Option<Span> {
    let weekly = |freeze: &&Freeze| match freeze.when {
        FreezeWhen::Weekly { .. } => freeze.concerns(region),
        FreezeWhen::Once { .. } => false,
    };
    let concerned: Vec<&Freeze> = freezes.iter().filter(weekly).collect();
    if concerned.is_empty() {
        return None;
    }
    MONDAYS.into_iter().map(|from| longest_from(&concerned, from)).max()
}

fn longest_from(freezes: &[&Freeze], from: Timestamp) -> Span {
    let to = from + FORTNIGHT;
    let mut windows: Vec<Window> = freezes.iter().flat_map(|freeze| all_between(freeze, from, to)).collect();
    windows.sort_by_key(|window| window.since);
    let (mut free_from, mut longest) = (from, Span::ZERO);
    for window in windows {
        longest = longest.max(window.since - free_from);
        free_from = free_from.max(window.until);
    }
    longest.max(to - free_from)
}

fn all_between(freeze: &Freeze, from: Timestamp, to: Timestamp) -> Vec<Window> {
    let mut all = Vec::new();
    let mut at = from;
    while let Some(window) = freeze.next(at).filter(|window| window.since < to) {
        at = window.until;
        all.push(window);
    }
    all
}

/// Refuses freezes that leave a region nothing, and bakes that nothing which is left has room for.
pub(super) fn validate(
    freezes: &[Freeze],
    regions: &[RegionPolicy],
    steps: &[Step],
    refusals: &mut Refusals,
) {
    let ladder = steps.iter().fold(Span::ZERO, |sum, step| sum + step.observe);
    for (i, region) in regions.iter().enumerate() {
        let Some(open) = longest_open(freezes, &region.name) else { continue };
        if open == Span::ZERO {
            let problem = format!("together they leave nothing of the week open for {}", region.name);
            refusals.add("spec.freeze", problem, "shorten one, or name the regions that it is about");
        } else if !region.after.is_empty() && region.bake + ladder > open {
            let problem = format!(
                "a bake of {} and a ladder of at least {ladder} do not fit into the {open} that the week's freezes leave \
                 {} open",
                region.bake, region.name
            );
            let cure = "shorten the bake, the steps or a freeze: a release would stand half delivered over every one";
            refusals.add(format!("spec.regions[{i}].bake"), problem, cure);
        }
    }
}
