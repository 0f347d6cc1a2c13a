//! Names of regions wherever a policy repeats them: each must be one that it has.

use super::near::near;
use super::refusal::Refusals;
use crate::increment::Region;

/// The regions that are named at `path`, without those that do not exist.
pub(super) fn known_regions(
    path: &str,
    names: &[String],
    regions: &[&Region],
    refusals: &mut Refusals,
) -> Vec<Region> {
    let mut known: Vec<Region> = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let path = format!("{path}[{i}]");
        if known.iter().any(|region| region.0 == *name) {
            refusals.add(path, format!("{name} is there twice"), "name every region once");
        } else if let Some(region) = regions.iter().find(|region| region.0 == *name) {
            known.push((*region).clone());
        } else {
            refusals.add(path, format!("there is no region {name}"), cure(name, regions));
        }
    }
    known
}

/// What to write where there is no region of that name.
pub(super) fn cure(name: &str, regions: &[&Region]) -> String {
    let names = || regions.iter().map(|region| region.0.as_str());
    match near(name, names()).first() {
        Some(meant) => format!("write {meant}"),
        None => "name a region of this policy".to_owned(),
    }
}
