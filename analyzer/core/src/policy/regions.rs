//! The regions of a policy: known names, an order without a circle, a source each.

use super::draft::RegionDraft;
use super::names::is_kubernetes_name;
use super::refusal::Refusals;
use super::source_draft::MetricsDraft;
use super::sources::{Source, Sources};
use super::{Gate, RegionPolicy, Role, aims_validate, cluster_validate, discovery_validate, probe_validate};
use super::{sequence, source_validate, units};
use crate::increment::Region;
use crate::signal::Signal;
use crate::time::Span;
use std::collections::BTreeMap;

pub(super) fn validate(
    drafts: &[RegionDraft],
    gates: &[Gate],
    metrics: &MetricsDraft,
    service: &str,
    refusals: &mut Refusals,
) -> (Vec<RegionPolicy>, Sources) {
    if drafts.is_empty() {
        refusals.add(
            "spec.regions",
            "there is no region",
            "write at least one with name, role and prometheus",
        );
    }
    let common = source_validate::metrics(metrics, service, refusals);
    let mut regions: Vec<RegionPolicy> = Vec::new();
    let mut sources = Sources::default();
    for (i, draft) in drafts.iter().enumerate() {
        let path = format!("spec.regions[{i}]");
        name(&path, draft, &regions, refusals);
        let region = Region(draft.name.clone());
        let (scrape, prometheus) = (draft.scrape.as_ref(), draft.prometheus.as_ref());
        // What is wrong in it has been said of the policy's own service.
        let own = draft
            .service
            .as_deref()
            .map(|own| source_validate::metrics(metrics, own, &mut Refusals::default()));
        let named = own.as_ref().unwrap_or(&common);
        let mut source = source_validate::source(&path, scrape, prometheus, named, refusals);
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
        let (name, bake, aims) =
            (region, bake(&path, draft, refusals), aims_validate::aims(&path, draft, refusals));
        regions.push(RegionPolicy { name, role, after, bake, limits, aims });
    }
    sequence::validate(&regions, refusals);
    one_canary_each(&regions, service, &sources, refusals);
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

/// Two regions that are one Canary would be told apart by name alone, and each would be judged for both.
fn one_canary_each(regions: &[RegionPolicy], service: &str, sources: &Sources, refusals: &mut Refusals) {
    let canary = |region: &RegionPolicy| {
        let access = sources.clusters.get(&region.name)?.access.clone();
        Some((access, region.aims.service.clone().unwrap_or_else(|| service.to_owned())))
    };
    for (i, region) in regions.iter().enumerate() {
        let Some(own) = canary(region) else { continue };
        if let Some(twin) = regions[..i].iter().find(|other| canary(other).as_ref() == Some(&own)) {
            let problem =
                format!("its Canary is the very one of {}: {} in the same cluster", twin.name, own.1);
            let cure =
                "name the region's own cluster: {context: …}, or its own Canary: service: namespace/name";
            refusals.add(format!("spec.regions[{i}].cluster"), problem, cure);
        }
    }
}
