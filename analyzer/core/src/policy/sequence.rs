//! The order of the regions: names that exist, no circle, and no standby that changes over before those it stands in for.

use super::known::cure;
use super::refusal::Refusals;
use super::{RegionPolicy, Role};
use crate::increment::Region;
use std::collections::BTreeSet;

pub(super) fn validate(regions: &[RegionPolicy], refusals: &mut Refusals) {
    let names: Vec<&Region> = regions.iter().map(|r| &r.name).collect();
    let before = refusals.0.len();
    // Each circle is told at its first region; with a name that is there twice, ways would be read that nobody wrote.
    let mut told: BTreeSet<&Region> = BTreeSet::new();
    let twice = names.iter().collect::<BTreeSet<_>>().len() < names.len();
    for (i, region) in regions.iter().enumerate() {
        let path = format!("spec.regions[{i}].after");
        let mut known = BTreeSet::new();
        for after in &region.after {
            if !names.contains(&after) {
                refusals.add(&path, format!("there is no region {after}"), cure(&after.0, &names));
            } else if !known.insert(after) {
                refusals.add(&path, format!("{after} is there twice"), "name every region once");
            }
        }
        if let Some(circle) = circle_from(region, regions).filter(|_| !twice) {
            if !circle.iter().any(|name| told.contains(name)) {
                let way: Vec<&str> = circle.iter().map(|name| name.0.as_str()).collect();
                let cure = "remove one after: so that some region can go first";
                refusals.add(&path, format!("the order runs in a circle: {}", way.join(" after ")), cure);
            }
            told.extend(circle);
        }
    }
    // Where the order itself is wrong, what follows from it would only be noise.
    if refusals.0.len() == before {
        roles(regions, refusals);
    }
}

/// While a release is under way where users are, those who stand in for it keep the version that is known to work.
fn roles(regions: &[RegionPolicy], refusals: &mut Refusals) {
    let role = |name: &Region| regions.iter().find(|r| r.name == *name).map(|r| r.role);
    let is_active = |name: &Region| role(name) == Some(Role::Active);
    let first = regions.iter().find(|region| region.role == Role::Active);
    for (i, region) in regions.iter().enumerate() {
        let path = format!("spec.regions[{i}].after");
        match region.role {
            Role::Active => {
                for standby in region.after.iter().filter(|name| !is_active(name)) {
                    let problem =
                        format!("an active region comes after {standby}, which is to stand in for it");
                    let cure = format!("take {standby} out here, and let it come after this region");
                    refusals.add(&path, problem, cure);
                }
            }
            Role::Warm | Role::Cold => {
                let Some(active) = first else { continue };
                if !all_before(region, regions).into_iter().any(is_active) {
                    let problem =
                        format!("{} is {} and comes after no active region", region.name, region.role);
                    let cure = format!(
                        "add after: {}: a standby keeps the old version until the new one is proved",
                        active.name
                    );
                    refusals.add(&path, problem, cure);
                }
            }
        }
    }
}

/// Every region that comes before one, directly or through others.
fn all_before<'a>(region: &'a RegionPolicy, regions: &'a [RegionPolicy]) -> BTreeSet<&'a Region> {
    let mut open: Vec<&Region> = region.after.iter().collect();
    let mut all = BTreeSet::new();
    while let Some(name) = open.pop() {
        if all.insert(name) {
            open.extend(regions.iter().filter(|r| r.name == *name).flat_map(|r| &r.after));
        }
    }
    all
}

/// The way from a region through `after` back to itself, if there is one.
fn circle_from<'a>(start: &'a RegionPolicy, regions: &'a [RegionPolicy]) -> Option<Vec<&'a Region>> {
    let mut open = vec![(start, vec![&start.name])];
    let mut seen = BTreeSet::new();
    while let Some((region, way)) = open.pop() {
        for after in &region.after {
            let way = [way.as_slice(), &[after]].concat();
            if *after == start.name {
                return Some(way);
            }
            if let Some(next) = regions.iter().find(|r| r.name == *after)
                && seen.insert(&next.name)
            {
                open.push((next, way));
            }
        }
    }
    None
}
