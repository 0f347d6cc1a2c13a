//! Checks what a policy says about its regions together.

use super::across::{Across, OnBreach};
use super::draft::SpecDraft;
use super::refusal::Refusals;
use super::sources::Sources;
use super::{Gate, RegionPolicy, Step, aims_validate, freeze_validate, guard_validate, notify_validate};
use super::{open, rests_validate, units};
use crate::increment::Region;

/// What the steps before this one have read.
pub(super) struct Read<'a> {
    pub(super) regions: &'a [RegionPolicy],
    pub(super) gates: &'a [Gate],
    pub(super) steps: &'a [Step],
}

/// What holds for all regions together; how guards are asked and who is told goes into `sources`.
pub(super) fn across(
    spec: &SpecDraft,
    read: &Read<'_>,
    sources: &mut Sources,
    refusals: &mut Refusals,
) -> Across {
    let Read { regions, gates, steps } = read;
    let names: Vec<&Region> = regions.iter().map(|region| &region.name).collect();
    let at_once = spec.at_once.inspect(|most| at_once(*most, names.len(), refusals));
    let on_breach = on_breach(spec.on_breach.as_deref(), refusals);
    let max_hold = spec.max_hold.as_ref().and_then(|text| refusals.take("spec.maxHold", units::span(text)));
    sources.notify = notify_validate::notify(spec.notify.as_ref(), refusals);
    let freezes = freeze_validate::freezes(&spec.freeze, &names, refusals);
    open::validate(&freezes, regions, steps, refusals);
    let guards = guard_validate::guards(&spec.guards, regions, sources, refusals);
    rests_validate::validate(regions, gates, &guards, refusals);
    aims_validate::shares(regions, refusals);
    Across { at_once, on_breach, max_hold, guards, freezes }
}

fn at_once(most: u32, regions: usize, refusals: &mut Refusals) {
    if most == 0 {
        let cure = "write 1 or more, or leave it out";
        refusals.add("spec.atOnce", "no region could ever begin", cure);
    } else if usize::try_from(most).is_ok_and(|most| most > regions) {
        let problem = format!("there are only {regions} regions");
        refusals.add("spec.atOnce", problem, format!("write {regions} or less, or leave it out"));
    }
}

fn on_breach(word: Option<&str>, refusals: &mut Refusals) -> OnBreach {
    match word {
        None | Some("hold-others") => OnBreach::HoldOthers,
        Some("roll-back-release") => OnBreach::RollBackRelease,
        Some(other) => {
            let cure = "write hold-others or roll-back-release";
            refusals.add("spec.onBreach", format!("{other:?} is no answer to a breach"), cure);
            OnBreach::HoldOthers
        }
    }
}
