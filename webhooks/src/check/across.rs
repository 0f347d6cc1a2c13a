//! What a policy says of its regions together, in words: their order, what one means for the others, guards, freezes.

use super::{freeze_text, guard_text};
use haldane_core::increment::Region;
use haldane_core::policy::{OnBreach, Policy, RegionPolicy, RestsOn, Sources};
use haldane_core::time::{Span, Timestamp};
use std::fmt::Write as _;

/// One region: its role, what it waits for, what it has to keep. Writing to a String cannot fail, so its results are dropped.
pub(super) fn region(region: &RegionPolicy) -> String {
    let mut text = region.role.to_string();
    if !region.after.is_empty() {
        let _ = write!(text, ", after {}", list(&region.after, "and"));
        if region.bake > Span::ZERO {
            let has = if region.after.len() > 1 { "have" } else { "has" };
            let _ = write!(text, " {has} run the release for {}", region.bake);
        }
    }
    text
}

/// What the region has to keep beyond that, a line each.
pub(super) fn aims(region: &RegionPolicy) -> Vec<String> {
    let aims = &region.aims;
    let mut lines = Vec::new();
    lines.extend(aims.service.as_ref().map(|service| format!("its Canary is {service}")));
    lines.extend(aims.traffic.map(|share| format!("has {} of all traffic", guard_text::percent(share))));
    lines.extend(aims.rpo.map(|rpo| format!("may lose {rpo} of data (RPO): a copy further behind holds")));
    lines.extend(aims.rto.map(|rto| format!("serves within {rto} in the place of another (RTO)")));
    if !aims.rests_on.is_empty() {
        lines.push("without enough traffic its verdict rests on all of these:".to_owned());
        lines.extend(aims.rests_on.iter().map(|one| format!("  {}", rests_on(one))));
    }
    lines
}

const fn rests_on(one: &RestsOn) -> &'static str {
    match one {
        RestsOn::Readiness => "readiness (checks are counted in the step, and none failed)",
        RestsOn::Probe => "probes (asked all through the step, and every one answered)",
        RestsOn::ActiveVerdicts => {
            "the active regions (all run the release, and nothing speaks against it there)"
        }
    }
}

/// Everything that is not one region's: empty where the policy has one region and says nothing of it.
pub(super) fn together(policy: &Policy, sources: &Sources, now: Timestamp) -> String {
    let mut text = String::new();
    let across = &policy.across;
    let lines = order(policy, sources);
    let mut section = |name: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let _ = writeln!(text, "\n{name}");
            lines.iter().for_each(|line| {
                let _ = writeln!(text, "  {line}");
            });
        }
    };
    section("order", lines);
    section("guards (what they find holds, and never rolls back)", guard_text::lines(policy, sources));
    section("freezes (nothing begins or goes on)", freeze_text::lines(&across.freezes, now));
    text
}

fn order(policy: &Policy, sources: &Sources) -> Vec<String> {
    let across = &policy.across;
    let mut lines = Vec::new();
    if policy.regions.iter().any(|region| !region.after.is_empty()) {
        let waves: Vec<String> = waves(policy).iter().map(|wave| list(wave, "and")).collect();
        lines.push(waves.join(", then "));
        lines.extend(release(policy, sources));
    }
    if let Some(most) = across.at_once {
        let regions = if most == 1 { "1 region has" } else { &format!("{most} regions have") };
        lines.push(format!("at most {regions} a canary with traffic at once"));
    }
    if policy.regions.len() > 1 {
        lines.push(match across.on_breach {
            OnBreach::HoldOthers => "a breach in one region holds the others".to_owned(),
            OnBreach::RollBackRelease => {
                "a breach in one region rolls the release back wherever it has traffic and is not promoted"
                    .to_owned()
            }
        });
    }
    let told = sources.notify.as_ref().map(|notify| notify.url.as_str());
    match (across.max_hold, told) {
        (Some(hold), Some(url)) => {
            lines.push(format!("held for {hold} beyond its windows, a run is told to {url}"));
        }
        (Some(hold), None) => {
            lines.push(format!(
                "held for {hold} beyond its windows, a run is reported as such; without notify: nobody is told"
            ));
        }
        (None, Some(url)) => lines.push(format!("what people have to know is told to {url}")),
        (None, None) => {}
    }
    lines
}

/// Which regions may begin together: those whose regions before have all begun earlier.
fn waves(policy: &Policy) -> Vec<Vec<Region>> {
    let mut waves: Vec<Vec<Region>> = Vec::new();
    let mut open: Vec<&RegionPolicy> = policy.regions.iter().collect();
    while !open.is_empty() {
        let waits =
            |r: &&RegionPolicy| r.after.iter().any(|name| open.iter().any(|other| other.name == *name));
        let (later, now): (Vec<&RegionPolicy>, Vec<&RegionPolicy>) = open.iter().partition(|r| waits(r));
        if now.is_empty() {
            break;
        }
        waves.push(now.iter().map(|region| region.name.clone()).collect());
        open = later;
    }
    waves
}

/// By what a release is known again in the next region.
fn release(policy: &Policy, sources: &Sources) -> Vec<String> {
    let waits = |name: &Region| policy.regions.iter().any(|region| region.after.contains(name));
    let ordered = policy.regions.iter().filter(|region| !region.after.is_empty() || waits(&region.name));
    let (seen, told): (Vec<Region>, Vec<Region>) =
        ordered.map(|region| region.name.clone()).partition(|name| sources.clusters.contains_key(name));
    let mut lines = Vec::new();
    if !seen.is_empty() {
        lines.push(format!("the release is known by its image in the cluster of {}", list(&seen, "and")));
    }
    if !told.is_empty() {
        lines.push(format!(
            "no cluster shows the release in {}: each hook there needs metadata.release (see --canary)",
            list(&told, "and")
        ));
    }
    lines
}

/// Names, the last one after `and` or `or`.
pub(super) fn list(names: &[Region], and: &str) -> String {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {and} {last}", rest.join(", ")),
        None => String::new(),
    }
}
