//! Which region was lost, and which one took over, where nobody says so.

use super::measure::{Between, loss};
use super::recording::Recording;
use super::sample::{Value, What};
use haldane_core::increment::Region;
use haldane_core::policy::{Policy, Role};
use haldane_core::time::Timestamp;

/// The regions that are lost in a recording.
pub fn lost(recording: &Recording) -> Vec<Region> {
    recording.regions().filter(|region| loss(recording, region).is_ok()).cloned().collect()
}

/// The region that takes over when `lost` is gone, as roles have it: an active one, else a warm one, else a cold one; the
/// first of the file.
pub fn standby(policy: &Policy, lost: &Region) -> Option<Region> {
    let rank = |role| match role {
        Role::Active => 0,
        Role::Warm => 1,
        Role::Cold => 2,
    };
    let others = policy.regions.iter().filter(|r| r.name != *lost);
    others.min_by_key(|r| rank(r.role)).map(|r| r.name.clone())
}

/// The region that took over in a recording: the one that began to write, else the one that got the most more requests; else
/// what roles say.
pub fn taker(policy: &Policy, recording: &Recording, lost: &Region, loss: Between) -> Option<Region> {
    let others = || policy.regions.iter().map(|r| &r.name).filter(|r| *r != lost);
    let began = others().find(|region| begins_to_write(recording, region, loss));
    let gained = others().map(|region| (gained(recording, region, loss), region));
    let most = gained.filter(|(gained, _)| *gained > 0.0).max_by(|a, b| a.0.total_cmp(&b.0));
    began.or(most.map(|(_, region)| region)).cloned().or_else(|| standby(policy, lost))
}

fn begins_to_write(recording: &Recording, region: &Region, loss: Between) -> bool {
    let writes = |value: &Value| matches!(value, Value::Names(names) if !names.is_empty());
    let before = recording.newest(region, &What::Writer, loss.after).is_some_and(|(_, value)| writes(value));
    !before && recording.of(region, &What::Writer).iter().any(|(at, value)| *at >= loss.at && writes(value))
}

fn gained(recording: &Recording, region: &Region, loss: Between) -> f64 {
    let number = |(at, value): &(Timestamp, Value)| match value {
        Value::Number(number) if *at >= loss.at => Some(*number),
        Value::Number(_) | Value::Names(_) | Value::Unknown => None,
    };
    let after = recording.of(region, &What::RequestsPerS).iter().filter_map(number).fold(0.0, f64::max);
    after - recording.number(region, &What::RequestsPerS, loss.after).unwrap_or(0.0)
}
