//! The regions of a policy: known names, an order without a circle, a source each.

use super::draft::RegionDraft;
use super::names::is_kubernetes_name;
use super::refusal::Refusals;
use super::source_validate::{self, Metrics};
use super::sources::{Source, Sources};
use super::{Aims, Gate, RegionPolicy, Role, cluster_validate, discovery_validate, probe_validate, units};
use crate::increment::Region;
use crate::signal::Signal;
use crate::time::Span;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn validate(
    drafts: &[RegionDraft],
    gates: &[Gate],
    metrics: &Metrics,
    refusals: &mut Refusals,
) -> (Vec<RegionPolicy>, Sources) {
    if drafts.is_empty() {
        refusals.add(
            "spec.regions",
            "there is no region",
            "write at least one with name, role and prometheus",
        );
    }
    let mut regions: Vec<RegionPolicy> = Vec::new();
    let mut sources = Sources::default();
    for (i, draft) in drafts.iter().enumerate() {
        let path = format!("spec.regions[{i}]");
        name(&path, draft, &regions, refusals);
        let region = Region(draft.name.clone());
        let (scrape, prometheus) = (draft.scrape.as_ref(), draft.prometheus.as_ref());
        let mut source = source_validate::source(&path, scrape, prometheus, metrics, refusals);
        let cluster = cluster_validate::cluster(&path, draft.cluster.as_ref(), refusals);
        if let Some(Source::Scrape(targets)) = &mut source {
            discovery_validate::in_cluster(&path, targets, cluster.as_ref(), refusals);
        }
        sources.metrics.extend(source.map(|source| (region.clone(), source)));
        sources.clusters.extend(cluster.map(|cluster| (region.clone(), cluster)));
        let probes = probe_validate::probes(&path, &draft.probes, refusals);
        if probes.is_empty() && gates.iter().any(|g| g.signal == Signal::Health) {
            let cure = "add probes: [{http: \"http://api.example:8080/health\"}], or take out the gate";
            refusals.add(format!("{path}.probes"), "health is gated, and nothing here is probed", cure);
        }
        if !probes.is_empty() {
            sources.probes.insert(region.clone(), probes);
        }
        let role = role(&path, &draft.role, refusals).unwrap_or(Role::Active);
        let limits = limits(&path, &draft.limits, gates, refusals);
        let after = draft.after.iter().map(|a| Region(a.clone())).collect();
        let (name, bake, aims) = (region, bake(&path, draft, refusals), Aims::default());
        regions.push(RegionPolicy { name, role, after, bake, limits, aims });
    }
    order(&regions, refusals);
    (regions, sources)
}

fn name(path: &str, draft: &RegionDraft, before: &[RegionPolicy], refusals: &mut Refusals) {
    let path = format!("{path}.name");
    if !is_kubernetes_name(&draft.name) {
        let problem = format!("{:?} cannot stand in an address", draft.name);
        refusals.add(path, problem, "use lower-case letters, digits and -, such as us-east");
    } else if before.iter().any(|r| r.name.0 == draft.name) {
        refusals.add(path, format!("{} is there twice", draft.name), "name every region once");
    }
}

fn role(path: &str, text: &str, refusals: &mut Refusals) -> Option<Role> {
    let role = [Role::Active, Role::Warm, Role::Cold].into_iter().find(|r| r.to_string() == text);
    if role.is_none() {
        refusals.add(format!("{path}.role"), format!("{text:?} is no role"), "write active, warm or cold");
    }
    role
}

fn bake(path: &str, draft: &RegionDraft, refusals: &mut Refusals) -> Span {
    let Some(text) = &draft.bake else {
        return Span::ZERO;
    };
    if draft.after.is_empty() {
        let cure = "add after: with the region that has to bake, or remove bake";
        refusals.add(format!("{path}.bake"), "bake has no region to wait for", cure);
    }
    refusals.take(&format!("{path}.bake"), units::span(text)).unwrap_or(Span::ZERO)
}

fn limits(
    path: &str,
    drafts: &BTreeMap<String, String>,
    gates: &[Gate],
    refusals: &mut Refusals,
) -> BTreeMap<Signal, f64> {
    let mut limits = BTreeMap::new();
    for (name, text) in drafts {
        let path = format!("{path}.limits.{name}");
        match gates.iter().find(|g| g.signal.name() == name && g.limit.is_some()) {
            Some(gate) => {
                let limit = refusals.take(&path, units::limit(gate.signal, text));
                limits.extend(limit.map(|l| (gate.signal, l)));
            }
            None => refusals.add(
                path,
                format!("no gate limits {name:?}"),
                "name the signal of a gate with a limit",
            ),
        }
    }
    limits
}

fn order(regions: &[RegionPolicy], refusals: &mut Refusals) {
    let names: BTreeSet<&Region> = regions.iter().map(|r| &r.name).collect();
    for (i, region) in regions.iter().enumerate() {
        let path = format!("spec.regions[{i}].after");
        for unknown in region.after.iter().filter(|a| !names.contains(a)) {
            refusals.add(&path, format!("there is no region {unknown}"), "name a region of this policy");
        }
        if let Some(circle) = circle_from(region, regions) {
            let cure = "remove one after: so that some region can go first";
            refusals.add(&path, format!("the order runs in a circle: {circle}"), cure);
        }
    }
}

/// The way from a region through `after` back to itself, if there is one.
fn circle_from(start: &RegionPolicy, regions: &[RegionPolicy]) -> Option<String> {
    let mut open = vec![(start, start.name.to_string())];
    let mut seen = BTreeSet::new();
    while let Some((region, way)) = open.pop() {
        for after in &region.after {
            let way = format!("{way} after {after}");
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
