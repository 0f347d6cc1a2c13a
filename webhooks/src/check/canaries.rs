//! Which Canary belongs to which region of a policy: the live one of its cluster, or one out of a file.

use super::canary::{self, Case};
use super::findings::{Finding, RegionFindings};
use crate::canary::{CanaryFile, Found, live, ours};
use futures_util::future::join_all;
use haldane_core::increment::Region;
use haldane_core::policy::{Policy, RegionPolicy, Sources};
use std::collections::BTreeMap;
use std::time::Duration;

/// A file of Canaries, and whose it is where somebody said so.
pub struct GivenFile {
    /// The region whose Canary is in it.
    pub region: Option<Region>,
    /// Its Canaries.
    pub file: CanaryFile,
}

/// Each region's Canary out of `files`, as far as they hold any of this policy.
///
/// # Errors
/// A sentence about a Canary that could be any region's, or a region that the policy does not have.
pub fn given(policy: &Policy, files: &[GivenFile]) -> Result<BTreeMap<Region, Found>, String> {
    let mut all = BTreeMap::new();
    for GivenFile { region, file } in files {
        match region {
            Some(region) => {
                let service = policy.service_in(region);
                let mut of_region: Vec<&Found> = file.canaries.iter().filter(|c| c.is(service)).collect();
                of_region.sort_by_key(|canary| asks_as(policy, canary).as_ref() != Some(region));
                all.extend(of_region.first().map(|canary| (region.clone(), (*canary).clone())));
            }
            None => {
                for canary in file.canaries.iter().filter(|canary| is_of(policy, canary)) {
                    let region = asks_as(policy, canary).ok_or_else(|| {
                        let name = &file.file;
                        format!("{name}: nothing in it says which region's Canary this is; write --canary REGION={name}")
                    })?;
                    all.insert(region, canary.clone());
                }
            }
        }
    }
    match all.keys().find(|name| policy.region(name).is_none()) {
        Some(unknown) => Err(format!("--canary {unknown}=…: {} has no such region", policy.service)),
        None => Ok(all),
    }
}

/// Whether it is the Canary of any region of `policy`.
pub fn is_of(policy: &Policy, canary: &Found) -> bool {
    policy.regions.iter().any(|region| canary.is(policy.service_in(&region.name)))
}

/// The region that most of its hooks ask as, or the only one there is.
fn asks_as(policy: &Policy, canary: &Found) -> Option<Region> {
    let analysis = canary.spec.analysis();
    let asked: Vec<String> = analysis.webhooks.iter().filter_map(|w| Some(ours(&w.url)?.region)).collect();
    let votes = |region: &&RegionPolicy| asked.iter().filter(|name| **name == region.name.0).count();
    // A Canary of one region's own can be no other's.
    let called = policy.regions.iter().filter(|region| canary.is(policy.service_in(&region.name)));
    let called: Vec<&RegionPolicy> = called.collect();
    let most = called.iter().copied().rev().max_by_key(votes).filter(|region| votes(region) > 0);
    let only = called.first().copied().filter(|_| called.len() == 1);
    most.or(only).map(|region| region.name.clone())
}

/// The findings about each region's Canary: the `given` one, else with `ask` that of its cluster, in the policy's order.
pub async fn canaries(
    policy: &Policy,
    sources: &Sources,
    given: &BTreeMap<Region, Found>,
    ask: Option<Duration>,
) -> Vec<RegionFindings> {
    let found = policy.regions.iter().map(async |region| {
        let findings = of_region(policy, sources, region, given.get(&region.name), ask).await;
        RegionFindings { region: region.name.clone(), findings }
    });
    let found = join_all(found).await;
    found.into_iter().filter(|region| !region.findings.is_empty()).collect()
}

async fn of_region(
    policy: &Policy,
    sources: &Sources,
    region: &RegionPolicy,
    given: Option<&Found>,
    ask: Option<Duration>,
) -> Vec<Finding> {
    let cluster = sources.clusters.get(&region.name);
    let case = |found| Case { policy, region, source: sources.metrics.get(&region.name), cluster, found };
    if let Some(found) = given {
        return canary::findings(&case(found));
    }
    let Some(cluster) = cluster else {
        return canary::unseen(policy, region).into_iter().collect();
    };
    let Some(deadline) = ask else { return Vec::new() };
    let service = policy.service_in(&region.name);
    match live(&cluster.access, service, deadline).await {
        Ok(Some(found)) => canary::findings(&case(&found)),
        Ok(None) => vec![canary::absent(service)],
        Err(why) => vec![canary::unreadable(&why)],
    }
}

/// Puts the findings about sources and about Canaries together, region by region.
pub fn together(mut sources: Vec<RegionFindings>, canaries: Vec<RegionFindings>) -> Vec<RegionFindings> {
    for RegionFindings { region, findings } in canaries {
        match sources.iter_mut().find(|known| known.region == region) {
            Some(known) => known.findings.extend(findings),
            None => sources.push(RegionFindings { region, findings }),
        }
    }
    sources
}
