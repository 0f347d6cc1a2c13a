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

/// What sharing a source means for each region that does.
pub fn findings(sources: &Sources) -> Vec<RegionFindings> {
    let of_region = |(region, source): &(&Region, &PrometheusSource),
                     all: &[(&Region, &PrometheusSource)]| {
        let others: Vec<&(&Region, &PrometheusSource)> =
            all.iter().filter(|(other, _)| other != region).collect();
        let mut findings = vec![Finding::note(
            "shared source",
            format!("{} is read from the same address", names(others.iter().map(|(other, _)| *other))),
            "one source whose loss blinds all of them at once; a source in each region blinds one",
        )];
        let twins = others.iter().filter(|(_, other)| is_same_series(source, other)).map(|(other, _)| *other);
        let twins: Vec<&Region> = twins.collect();
        if !twins.is_empty() {
            findings.push(Finding::wrong(
                "shared source",
                format!("it asks for the very series of {}", names(twins.into_iter())),
                "add labels: {region: …} to each, as the source tells its regions apart, or a tenant",
            ));
        }
        RegionFindings { region: (*region).clone(), findings }
    };
    groups(sources).iter().flat_map(|(_, all)| all.iter().map(|one| of_region(one, all))).collect()
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
