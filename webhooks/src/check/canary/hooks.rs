//! The webhooks: that ours are all there, each asking its own question in its own region, and none costs a failed check.

use super::super::findings::Finding;
use super::{Case, kinds, shown};
use crate::canary::{Ours, of_policy, ours, top_only};
use haldane_core::answer::Hook;
use haldane_signals::kubernetes::{Analysis, Hook as Webhook, routes_of};

/// Where all of them can be had.
const RENDER: &str = "haldane render prints the hooks as they have to be";

pub(super) fn findings(case: &Case<'_>, analysis: &Analysis) -> Vec<Finding> {
    let mut findings = missing(case, analysis);
    for webhook in &analysis.webhooks {
        let what = format!("hook {}", shown(&webhook.name));
        let Some(kind) = kinds::of(&webhook.kind) else {
            let says = format!("Flagger knows no type {:?}", shown(&webhook.kind));
            findings.push(Finding::wrong(&what, says, RENDER));
            continue;
        };
        let own = ours(&webhook.url);
        findings.extend(own.iter().flat_map(|own| address(case, &what, kind, own)));
        findings.extend(burning(&what, kind, own.is_some(), analysis.effective_threshold()));
        if own.is_some() {
            findings.extend(manners(&what, kind, webhook));
        }
    }
    findings
}

fn missing(case: &Case<'_>, analysis: &Analysis) -> Vec<Finding> {
    let asks = |hook: Hook| {
        analysis.webhooks.iter().any(|w| kinds::of(&w.kind) == Some(hook) && ours(&w.url).is_some())
    };
    let is_needed = |hook: &Hook| *hook != Hook::ConfirmTrafficIncrease || !top_only(of_policy(case.policy));
    let lacks = Hook::ALL.into_iter().filter(is_needed).filter(|hook| !asks(*hook));
    lacks
        .filter_map(|hook| Some((hook, kinds::without(hook)?)))
        .map(|(hook, effect)| {
            let what = format!("no {hook}");
            if hook == Hook::Event && is_seen(case) {
                let says =
                    "no hook of type event asks Haldane: steps are seen in the region's cluster instead";
                return Finding::note(&what, says, "a report knows each step a moment later");
            }
            let says = format!("no hook of type {hook} asks Haldane: {effect}");
            Finding::wrong(&what, says, RENDER)
        })
        .collect()
}

/// Whether the cluster tells each step by itself.
fn is_seen(case: &Case<'_>) -> bool {
    case.cluster.is_some_and(|cluster| routes_of(&case.found.spec, cluster.routes).is_some())
}

fn address(case: &Case<'_>, what: &str, kind: Hook, own: &Ours) -> Vec<Finding> {
    let (region, mut findings) = (&case.region.name, Vec::new());
    let cure = format!("let its url end in /hooks/{region}/{kind}");
    if own.region != region.0 {
        let says = format!("it asks as region {}, and this Canary is {region}'s", shown(&own.region));
        findings.push(Finding::wrong(what, says, &cure));
    }
    match own.hook {
        Some(hook) if hook == kind => {}
        Some(hook) => {
            let cure = format!("{cure}, or write type: {hook}");
            findings.push(Finding::wrong(what, kinds::crossed(kind, hook), &cure));
        }
        None => findings.push(Finding::wrong(what, "there is no hook at its path, only a 404", &cure)),
    }
    findings
}

fn burning(what: &str, kind: Hook, own: bool, threshold: u32) -> Option<Finding> {
    if !kinds::burns(kind) {
        return None;
    }
    let says = format!(
        "a failed answer to {kind}, or none, is one of {threshold} failed checks that roll back, and is never forgotten"
    );
    Some(if own {
        let cure = "remove it: the others ask everything, and their failures only hold";
        Finding::wrong(what, says, cure)
    } else {
        Finding::note(
            what,
            says,
            "it can roll back a release that Haldane finds healthy; remove it unless it has to",
        )
    })
}

fn manners(what: &str, kind: Hook, webhook: &Webhook) -> Vec<Finding> {
    let mut findings = Vec::new();
    if kind == Hook::ConfirmTrafficIncrease && !webhook.mute_alert {
        let says = "Flagger alerts on every tick that it is refused, which is what waiting looks like";
        findings.push(Finding::wrong(what, says, "add muteAlert: true"));
    }
    if kind == Hook::Rollback && webhook.retries > 0 {
        let says = format!(
            "it is asked up to {} times a tick, with pauses between",
            webhook.retries.saturating_add(1)
        );
        findings.push(Finding::note(what, says, "the next tick asks again anyway; remove retries"));
    }
    findings
}
