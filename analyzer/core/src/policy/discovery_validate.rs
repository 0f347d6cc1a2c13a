//! Checks how a region's pods are found: each in one arm, each once, and by means that the region has.

use super::discovery::{DnsTargets, PodTargets, ScrapeTargets, Targets};
use super::discovery_draft::{ArmDraft, FoundDraft, ScrapeDraft, SelectorDraft};
use super::names::is_kubernetes_name;
use super::refusal::Refusals;
use super::source_validate::address;
use super::sources::{ClusterAccess, ClusterSource};

/// What pods answer where nobody says otherwise.
const PAGE: &str = "/metrics";

/// The targets of the region at `path`; pods are looked for in `namespace`.
pub(super) fn targets(
    path: &str,
    draft: &ScrapeDraft,
    namespace: &str,
    refusals: &mut Refusals,
) -> ScrapeTargets {
    let path = format!("{path}.scrape");
    let mut arm = |name: &str, draft| arm(&format!("{path}.{name}"), draft, namespace, refusals);
    let (canary, primary) = (arm("canary", &draft.canary), arm("primary", &draft.primary));
    match (&canary, &primary) {
        (Targets::Listed(canary), Targets::Listed(primary)) => {
            for (i, _) in canary.iter().enumerate().filter(|(_, c)| primary.contains(c)) {
                let cure = "list each pod in one arm, or nothing is compared";
                refusals.add(format!("{path}.canary[{i}]"), "it is a pod of the primary, too", cure);
            }
        }
        (canary, primary) if canary == primary => {
            let cure = "find each version's own pods (Flagger's primary has -primary behind its name), or nothing is compared";
            refusals.add(format!("{path}.canary"), "canary and primary find the same pods", cure);
        }
        (Targets::Listed(_) | Targets::Dns(_) | Targets::Pods(_), _) => {}
    }
    ScrapeTargets { canary, primary }
}

/// Has pods looked for in the region's cluster, and refuses those of a region without one.
pub(super) fn in_cluster(
    path: &str,
    targets: &mut ScrapeTargets,
    cluster: Option<&ClusterSource>,
    refusals: &mut Refusals,
) {
    for (name, arm) in [("canary", &mut targets.canary), ("primary", &mut targets.primary)] {
        let Targets::Pods(pods) = arm else { continue };
        if let Some(cluster) = cluster {
            pods.access = cluster.access.clone();
        } else {
            let cure = format!("add cluster: to {path} (in-cluster, or {{context: us-east}})");
            refusals.add(format!("{path}.scrape.{name}.pods"), "the region names no cluster to ask", cure);
        }
    }
}

fn arm(path: &str, draft: &ArmDraft, namespace: &str, refusals: &mut Refusals) -> Targets {
    match draft {
        ArmDraft::Listed(addresses) => listed(path, addresses, refusals),
        ArmDraft::Found(found) => match (&found.dns, &found.pods) {
            (Some(dns), None) => Targets::Dns(dns_name(path, dns, found, refusals)),
            (None, Some(pods)) => Targets::Pods(Box::new(labelled(path, pods, found, namespace, refusals))),
            (None, None) => {
                let cure = "write {dns: \"api-canary.fnp.svc:8080/metrics\"} or {pods: {selector: \"app=api\"}, port: 8080}";
                refusals.add(path, "nobody says how its pods are found", cure);
                Targets::Listed(Vec::new())
            }
            (Some(_), Some(_)) => {
                refusals.add(path, "its pods are found in two ways", "keep either dns or pods");
                Targets::Listed(Vec::new())
            }
        },
    }
}

fn listed(path: &str, addresses: &[String], refusals: &mut Refusals) -> Targets {
    if addresses.is_empty() {
        let cure = "list the pods, such as [\"http://10.0.0.7:8080/metrics\"], or write how they are found: {dns: …} or {pods: …}";
        refusals.add(path, "there is no address", cure);
    }
    for (i, text) in addresses.iter().enumerate() {
        address(&format!("{path}[{i}]"), text, &["http://"], "http://host:port/metrics", refusals);
        if addresses[..i].contains(text) {
            let cure = "list each pod once, or each of its events counts twice";
            refusals.add(format!("{path}[{i}]"), "this address is listed before", cure);
        }
    }
    Targets::Listed(addresses.to_vec())
}

fn dns_name(path: &str, text: &str, found: &FoundDraft, refusals: &mut Refusals) -> DnsTargets {
    if found.port.is_some() || found.path.is_some() {
        let cure = "write both into dns: host:port/path";
        refusals.add(path, "dns has its port and path in itself", cure);
    }
    let (authority, page) = text.find('/').map_or((text, PAGE), |at| text.split_at(at));
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, ""));
    let number: u16 = port.parse().unwrap_or(0);
    let is_port = number > 0 && port.bytes().all(|b| b.is_ascii_digit());
    if authority.contains('@') {
        // The text itself is not repeated: refusals are logged.
        refusals.add(format!("{path}.dns"), "it carries credentials", "remove user and password from it");
    } else if !is_kubernetes_name(host.strip_suffix('.').unwrap_or(host)) || !is_port || !is_page(page) {
        let problem = format!("{text:?} is no host:port/path");
        let cure = "write a name with a port and without http://, such as api-canary.fnp.svc:8080/metrics";
        refusals.add(format!("{path}.dns"), problem, cure);
    }
    DnsTargets { host: host.to_owned(), port: number, path: page.to_owned() }
}

fn labelled(
    path: &str,
    draft: &SelectorDraft,
    found: &FoundDraft,
    namespace: &str,
    refusals: &mut Refusals,
) -> PodTargets {
    if !draft.selector.split(',').all(is_requirement) {
        let problem = format!("{:?} is no label selector", draft.selector);
        let cure = "write labels with their values, such as app=api or app=api,tier!=batch";
        refusals.add(format!("{path}.pods.selector"), problem, cure);
    }
    let port = found.port.unwrap_or(0);
    if port == 0 {
        let cure = "add port: beside pods:, the port where the pods' metrics are";
        refusals.add(format!("{path}.port"), "the pods' port is not known", cure);
    }
    let page = found.path.as_deref().unwrap_or(PAGE);
    if !is_page(page) {
        let problem = format!("{page:?} is no path");
        refusals.add(format!("{path}.path"), problem, "write it like /metrics");
    }
    PodTargets {
        access: ClusterAccess::InCluster,
        namespace: namespace.to_owned(),
        selector: draft.selector.clone(),
        port,
        path: page.to_owned(),
    }
}

fn is_page(text: &str) -> bool {
    text.starts_with('/') && text.bytes().all(|b| (b'!'..=b'~').contains(&b) && b != b'#')
}

/// One `key=value` of a selector. Sets (`in`) have other spellings, and one is enough.
fn is_requirement(text: &str) -> bool {
    let text = text.trim();
    let split = text.split_once("!=").or_else(|| text.split_once("==")).or_else(|| text.split_once('='));
    let Some((key, value)) = split else { return false };
    let is_label = |text: &str| {
        text.len() <= 63
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.ends_with(|c: char| c.is_ascii_alphanumeric())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    let (prefix, name) = key.trim().split_once('/').map_or((None, key.trim()), |(p, n)| (Some(p), n));
    prefix.is_none_or(is_kubernetes_name) && is_label(name) && is_label(value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(draft: FoundDraft) -> (Targets, String) {
        let mut refusals = Refusals::default();
        let scrape =
            ScrapeDraft { canary: ArmDraft::Found(draft), primary: vec!["http://p/m".into()].into() };
        let targets = targets("r", &scrape, "fnp", &mut refusals);
        (targets.canary, refusals.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    fn dns(text: &str) -> FoundDraft {
        FoundDraft { dns: Some(text.to_owned()), ..FoundDraft::default() }
    }

    fn pods(selector: &str) -> FoundDraft {
        let pods = Some(SelectorDraft { selector: selector.to_owned() });
        FoundDraft { pods, port: Some(8080), ..FoundDraft::default() }
    }

    #[test]
    fn a_name_and_a_selector_are_read_with_their_page() {
        let name = |host: &str, path: &str| {
            Targets::Dns(DnsTargets { host: host.into(), port: 8080, path: path.into() })
        };
        let (targets, refused) = found(dns("api-canary.fnp.svc:8080/metrics"));
        assert_eq!((targets, refused.as_str()), (name("api-canary.fnp.svc", "/metrics"), ""));
        assert_eq!(found(dns("api.fnp.svc.:8080")).0, name("api.fnp.svc.", "/metrics"));
        assert_eq!(found(dns("api:8080/m?x=1")).0, name("api", "/m?x=1"));
        let (targets, refused) = found(pods("app=api,app.kubernetes.io/part-of==fnp, tier!=batch"));
        let Targets::Pods(pods) = targets else { panic!("{targets:?}") };
        assert_eq!((pods.namespace.as_str(), pods.path.as_str(), refused.as_str()), ("fnp", "/metrics", ""));
    }

    #[test]
    fn what_finds_no_pod_for_certain_is_refused_with_a_cure() {
        let both = FoundDraft { dns: Some("api:80".into()), ..pods("app=api") };
        let cases = [
            (dns("http://api:8080/metrics"), "r.scrape.canary.dns: "),
            (dns("api/metrics"), "r.scrape.canary.dns: "),
            (dns("api:0"), "r.scrape.canary.dns: "),
            (dns("api:+80"), "r.scrape.canary.dns: "),
            (dns("api:99999"), "r.scrape.canary.dns: "),
            (dns("a b:80"), "r.scrape.canary.dns: "),
            (dns("api:80/a b"), "r.scrape.canary.dns: "),
            (FoundDraft { port: Some(8080), ..dns("api:80") }, "r.scrape.canary: dns has"),
            (pods(""), "r.scrape.canary.pods.selector: "),
            (pods("app"), "r.scrape.canary.pods.selector: "),
            (pods("app in (api)"), "r.scrape.canary.pods.selector: "),
            (pods("app=api,"), "r.scrape.canary.pods.selector: "),
            (pods("app=a&limit=1"), "r.scrape.canary.pods.selector: "),
            (FoundDraft { port: None, ..pods("app=api") }, "r.scrape.canary.port: "),
            (FoundDraft { path: Some("metrics".into()), ..pods("app=api") }, "r.scrape.canary.path: "),
            (FoundDraft::default(), "r.scrape.canary: nobody says"),
            (both, "r.scrape.canary: its pods are found in two ways"),
        ];
        for (draft, place) in cases {
            let (_, refused) = found(draft.clone());
            assert!(refused.starts_with(place), "{draft:?}: {refused}");
        }
    }

    #[test]
    fn credentials_in_a_name_are_refused_unrepeated() {
        let (_, refused) = found(dns("user:hunter2@api:8080/metrics"));
        assert!(refused.contains("it carries credentials") && !refused.contains("hunter2"), "{refused}");
    }

    #[test]
    fn the_same_pods_in_both_arms_or_twice_in_one_are_refused() {
        let both = |draft: FoundDraft| {
            let arm = ArmDraft::Found(draft);
            let mut refusals = Refusals::default();
            targets("r", &ScrapeDraft { canary: arm.clone(), primary: arm }, "fnp", &mut refusals);
            refusals.0.first().map(ToString::to_string).unwrap_or_default()
        };
        assert!(both(dns("api:80")).starts_with("r.scrape.canary: canary and primary find the same pods"));
        assert!(both(pods("app=api")).starts_with("r.scrape.canary: canary and primary find the same pods"));
        let mut refusals = Refusals::default();
        listed("r.scrape.canary", &["http://a/m".into(), "http://a/m".into()], &mut refusals);
        assert_eq!(refusals.0[0].path, "r.scrape.canary[1]");
    }

    #[test]
    fn pods_are_looked_for_in_the_region_s_cluster_and_refused_where_it_has_none() {
        let (canary, _) = found(pods("app=api"));
        let mut targets = ScrapeTargets { canary, primary: Targets::Listed(vec![]) };
        let mut refusals = Refusals::default();
        let access = ClusterAccess::Kubeconfig { file: None, context: Some("us-east".into()) };
        let cluster = ClusterSource { access: access.clone(), routes: None };
        in_cluster("spec.regions[0]", &mut targets, Some(&cluster), &mut refusals);
        let Targets::Pods(pods) = &targets.canary else { panic!("{targets:?}") };
        assert_eq!((refusals.0.len(), &pods.access), (0, &access));
        in_cluster("spec.regions[0]", &mut targets, None, &mut refusals);
        let refused = refusals.0.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(refused.len(), 1);
        assert!(refused[0].starts_with("spec.regions[0].scrape.canary.pods: the region names no cluster"));
    }
}
