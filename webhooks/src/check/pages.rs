//! What pods' own pages said, held against the policy.

use super::cure::cure;
use super::findings::{Finding, RegionFindings};
use super::prometheus::not_an_edge;
use haldane_core::increment::{Arm, Increment, Missing, Reading, Region};
use haldane_signals::scrape::ArmPages;

/// The findings about one region: `arms`, what its pages show, and `first`, what a first poll makes of them.
pub(super) fn findings(region: &Region, arms: &[ArmPages], first: Option<&Increment>) -> RegionFindings {
    let mut findings = vec![Finding::note(
        "history",
        "pods remember none; it begins when haldane serve does",
        "in its first hour a release is judged by the bettors that need no noise model, and proof takes longer",
    )];
    for arm in arms {
        let what = format!("{} pods", arm.arm);
        if is_gone(arm) {
            let says = match &arm.not_found {
                Some(why) => why.to_string(),
                None => format!("none of the {} can be connected to", arm.pods),
            };
            let next = "fine before a rollout; a canary that runs must be found, and answer";
            findings.push(Finding::note(&what, says, next));
            continue;
        }
        let reasons = reasons(first, arm.arm);
        if reasons.is_empty() {
            findings.push(Finding::ok(&what, numbers(arm)));
        }
        for (why, signals) in reasons {
            let ArmPages { answered, pods, .. } = arm;
            let says = format!("{answered} of {pods} can be counted; no {}: {why}", signals.join(", "));
            findings.push(Finding::wrong(&what, says, cure(&why)));
        }
        if arm.limit_is_edge == Some(false) {
            findings.push(not_an_edge(&what, &arm.edges_ms));
        }
    }
    RegionFindings { region: region.clone(), findings }
}

/// Why signals of an arm cannot be counted, each reason once.
fn reasons(first: Option<&Increment>, arm: Arm) -> Vec<(Missing, Vec<String>)> {
    let mut reasons: Vec<(Missing, Vec<String>)> = Vec::new();
    for (signal, reading) in first.iter().flat_map(|first| &first.signals) {
        let Reading::Missing(why) = reading else { continue };
        match reasons.iter_mut().find(|(known, _)| known == why) {
            Some((_, signals)) => signals.push(signal.to_string()),
            // What is nobody's is told once, beside the pods that are always there.
            None if *why != Missing::FirstReading && why.arm().unwrap_or(Arm::Primary) == arm => {
                reasons.push((why.clone(), vec![signal.to_string()]))
            }
            None => {}
        }
    }
    reasons
}

/// A canary without a pod, as between two rollouts: it must not make the primary look missing.
pub(super) fn is_gone(arm: &ArmPages) -> bool {
    arm.arm == Arm::Canary && (arm.absent == arm.pods || arm.not_found.is_some())
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
