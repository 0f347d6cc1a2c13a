//! Regions that go one after another have to know which release it is that the other one promoted.

use super::super::findings::Finding;
use super::Case;
use crate::canary::ours;
use haldane_core::policy::{Policy, RegionPolicy};
use haldane_signals::kubernetes::Analysis;
use std::collections::BTreeSet;

pub(super) fn findings(case: &Case<'_>, analysis: &Analysis) -> Option<Finding> {
    let hooks = analysis.webhooks.iter().filter(|webhook| ours(&webhook.url).is_some());
    let release = |hook: &haldane_signals::kubernetes::Hook| {
        hook.metadata.as_ref().and_then(|metadata| metadata.get("release")).filter(|r| !r.is_empty()).cloned()
    };
    let named: Vec<Option<String>> = hooks.map(release).collect();
    let releases: BTreeSet<&String> = named.iter().flatten().collect();
    if releases.len() > 1 {
        let says =
            format!("the hooks name {} releases, and each call would close the other's run", releases.len());
        return Some(Finding::wrong("release", says, "give all hooks one metadata.release"));
    }
    let is_needed = is_ordered(case.policy, case.region) && case.cluster.is_none();
    (is_needed && named.iter().any(Option::is_none)).then(|| {
        let says = "the policy has regions `after` others, and not every hook says which release it is about";
        let cure = "give the region a cluster: in the policy, or every hook a metadata.release (haldane render --release NAME)";
        Finding::wrong("release", says, cure)
    })
}

/// A region of an order of which neither a cluster nor a Canary can be looked at.
pub(in super::super) fn unseen(policy: &Policy, region: &RegionPolicy) -> Option<Finding> {
    is_ordered(policy, region).then(|| {
        let says = "the policy has regions `after` others, and whether its hooks say which release it is about cannot be seen";
        let cure = "hooks without metadata.release are held there: give the region a cluster: in the policy, or try its Canary with --canary";
        Finding::note("release", says, cure)
    })
}

/// Whether a region waits for another, or another for it.
fn is_ordered(policy: &Policy, region: &RegionPolicy) -> bool {
    let waits = |name| policy.regions.iter().any(|region| region.after.contains(name));
    !region.after.is_empty() || waits(&region.name)
}
