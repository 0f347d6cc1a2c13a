//! Regions that are read from one source: what that means when it fails, and whether they are told apart in it.

use super::findings::{Finding, RegionFindings};
use haldane_core::increment::Region;
use haldane_core::policy::{PrometheusSource, Source, Sources};
use std::collections::BTreeMap;

/// Regions by the address that they share; those alone are left out.
pub(super) fn groups(sources: &Sources) -> Vec<(&str, Vec<(&Region, &PrometheusSource)>)> {
    let mut by_url: BTreeMap<&str, Vec<(&Region, &PrometheusSource)>> = BTreeMap::new();
    for (region, source) in &sources.metrics {
        if let Source::Prometheus(source) = source {
            by_url.entry(source.url.as_str()).or_default().push((region, source));
        }
    }
    by_url.into_iter().filter(|(_, regions)| regions.len() > 1).collect()
}

/// What sharing a source means for each region that does, for whoever looks at the live sources.
pub fn findings(sources: &Sources) -> Vec<RegionFindings> {
    let of_region = |(region, _): &(&Region, &PrometheusSource), all: &[(&Region, &PrometheusSource)]| {
        let others: Vec<&(&Region, &PrometheusSource)> =
            all.iter().filter(|(other, _)| other != region).collect();
        let findings = vec![Finding::note(
            "shared source",
            format!("{} is read from the same address", names(others.iter().map(|(other, _)| *other))),
            "one source whose loss blinds all of them at once; a source in each region blinds one",
        )];
        RegionFindings { region: (*region).clone(), findings }
    };
    groups(sources).iter().flat_map(|(_, all)| all.iter().map(|one| of_region(one, all))).collect()
}

/// Regions that ask one source for the very same series: each would be judged by what all of them do. The policy alone shows
/// it, so nobody has to be asked.
pub fn twins(sources: &Sources) -> Vec<RegionFindings> {
    let of_region = |(region, source): &(&Region, &PrometheusSource),
                     all: &[(&Region, &PrometheusSource)]| {
        let others = all.iter().filter(|(other, of)| other != region && is_same_series(source, of));
        let twins: Vec<&Region> = others.map(|(other, _)| *other).collect();
        let finding = Finding::wrong(
            "shared source",
            format!("it asks for the very series of {}", names(twins.iter().copied())),
            "add labels: {region: …} to each, as the source tells its regions apart, or a tenant",
        );
        (!twins.is_empty()).then(|| RegionFindings { region: (*region).clone(), findings: vec![finding] })
    };
    groups(sources).iter().flat_map(|(_, all)| all.iter().filter_map(|one| of_region(one, all))).collect()
}

/// One line per shared source, for a person who reads what a policy means.
pub(super) fn lines(sources: &Sources) -> Vec<String> {
    let line = |(url, regions): &(&str, Vec<(&Region, &PrometheusSource)>)| {
        let names = names(regions.iter().map(|(region, _)| *region));
        format!("{names} share {url}: one source whose loss blinds every one of them")
    };
    groups(sources).iter().map(line).collect()
}

/// Regions differ by what their Canary is called there, by labels, tenants and matchers.
fn is_same_series(one: &PrometheusSource, other: &PrometheusSource) -> bool {
    let selects = |source: &PrometheusSource| {
        let named = [&source.namespace, &source.name, &source.target, &source.service].map(Clone::clone);
        (named, source.labels.clone(), source.headers.clone(), source.canary.clone(), source.primary.clone())
    };
    selects(one) == selects(other)
}

fn names<'a>(regions: impl Iterator<Item = &'a Region>) -> String {
    let names: Vec<String> = regions.map(ToString::to_string).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}
