//! A region whose Canary has a name of its own: its series, pods and objects are called as they are called there.
//!
//! A policy names one Canary, and what is read of it is named after that. Where a region calls it otherwise, whatever was
//! named after the policy's Canary is named after the region's; what the author named apart is left as it is.

use haldane_core::policy::{Policy, PrometheusSource, ScrapeTargets, Source, Sources, Targets};

/// `namespace/name` in its two parts.
pub(crate) fn parts(service: &str) -> (&str, &str) {
    service.split_once('/').unwrap_or(("default", service))
}

/// Gives what is read of each region the names that it has there.
pub(crate) fn in_regions(policy: &Policy, sources: &mut Sources) {
    let of_policy = parts(&policy.service);
    for (region, source) in &mut sources.metrics {
        let of_region = parts(policy.service_in(region));
        if of_region == of_policy {
            continue;
        }
        match source {
            Source::Prometheus(source) => prometheus(source, of_policy, of_region),
            Source::Scrape(targets) => pods(targets, of_policy.0, of_region.0),
        }
    }
}

fn prometheus(source: &mut PrometheusSource, (namespace, name): (&str, &str), (own_in, own): (&str, &str)) {
    let renamed = |word: &mut String, from: &str, to: &str| {
        if word == from {
            *word = to.to_owned();
        }
    };
    renamed(&mut source.namespace, namespace, own_in);
    let words =
        [&mut source.name, &mut source.target, &mut source.service, &mut source.ingress, &mut source.route];
    words.into_iter().for_each(|word| renamed(word, name, own));
}

/// Addresses are the author's; pods that are asked for by label are asked for where the Canary is.
fn pods(targets: &mut ScrapeTargets, namespace: &str, own: &str) {
    for arm in [&mut targets.canary, &mut targets.primary] {
        match arm {
            Targets::Pods(pods) if pods.namespace == namespace => pods.namespace = own.to_owned(),
            Targets::Pods(_) | Targets::Listed(_) | Targets::Dns(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_after_the_canary_has_the_region_s_name_and_what_is_named_apart_keeps_its_own() {
        let mut source = PrometheusSource::new("http://p:9090", "fnp", "api");
        source.target = "api-server".to_owned();
        source.service = "api-server".to_owned();
        prometheus(&mut source, ("fnp", "api"), ("fnp-us", "web"));
        let words = [&source.namespace, &source.name, &source.target, &source.service, &source.route];
        assert_eq!(words, ["fnp-us", "web", "api-server", "api-server", "web"]);
    }
}
