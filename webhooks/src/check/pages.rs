//! What pods' own pages said, held against the policy.

use super::findings::{Finding, RegionFindings};
use super::prometheus::not_an_edge;
use haldane_core::increment::{Arm, Increment, Missing, Reading, Region};
use haldane_signals::scrape::ArmPages;
use std::collections::BTreeMap;

/// The findings about one region: `arms`, what its pages show, and `first`, what a first poll makes of them.
pub(super) fn findings(region: &Region, arms: &[ArmPages], first: Option<&Increment>) -> RegionFindings {
    let mut findings = vec![Finding::note(
        "history",
        "pods remember none; it begins when haldane serve does",
        "in its first hour a release is judged by the bettors that need no noise model, and proof takes longer",
    )];
    let (mut troubles, mut order) = (BTreeMap::<String, (Missing, Vec<&str>)>::new(), Vec::new());
    for (signal, reading) in first.iter().flat_map(|first| &first.signals) {
        if let Reading::Missing(why) = reading
            && *why != Missing::FirstReading
        {
            let trouble = troubles.entry(why.to_string()).or_insert_with(|| (why.clone(), Vec::new()));
            trouble.1.push(signal.name());
            order.extend((trouble.1.len() == 1).then(|| why.to_string()));
        }
    }
    for arm in arms {
        let what = format!("{} pods", arm.arm);
        if is_gone(arm) {
            let says = format!("none of the {} can be connected to", arm.pods);
            let cure = "fine before a rollout; a canary that runs must answer at these addresses";
            findings.push(Finding::note(&what, says, cure));
        } else if arm.answered == arm.pods || troubles.is_empty() {
            findings.push(Finding::ok(&what, numbers(arm)));
        } else {
            let says = format!("{} of {} answer with counts that can be used", arm.answered, arm.pods);
            findings.push(Finding::wrong(&what, says, "the first reason is below"));
        }
        if arm.limit_is_edge == Some(false) {
            findings.push(not_an_edge(&what, &arm.edges_ms));
        }
    }
    let reasons = order.iter().filter_map(|why| troubles.get(why));
    findings.extend(reasons.map(|(why, signals)| Finding::missing(&signals.join(", "), why)));
    RegionFindings { region: region.clone(), findings }
}

/// A canary without a pod, as between two rollouts: it must not make the primary look missing.
pub(super) fn is_gone(arm: &ArmPages) -> bool {
    arm.arm == Arm::Canary && arm.absent == arm.pods
}

fn numbers(arm: &ArmPages) -> String {
    let ArmPages { pods, series, requests, failed, timed, slow, .. } = arm;
    let mut text = format!(
        "all {pods} answer; {series} series; since they began {requests:.0} requests, {failed:.0} failed"
    );
    if arm.limit_is_edge.is_some() {
        text += &format!("; {timed:.0} timed, {slow:.0} slower than the limit");
    }
    if arm.limit_is_edge == Some(true) {
        text += "; the limit is a bucket edge";
    }
    text
}
