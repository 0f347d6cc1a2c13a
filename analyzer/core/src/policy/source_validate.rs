//! Checks where a region's metrics come from: one source each, addresses without secrets, nothing left to a payload.

use super::Family;
use super::dialect_validate::{dialect, is_label, replica_labels, tenant};
use super::discovery_draft::ScrapeDraft;
use super::discovery_validate::targets;
use super::names::is_kubernetes_name;
use super::refusal::Refusals;
use super::source_draft::{MetricsDraft, PrometheusDraft};
use super::sources::{ClientIdentity, PrometheusSource, Source, SourceAuth};
use std::collections::BTreeMap;

/// What all regions' sources have in common.
pub(super) struct Metrics {
    family: Family,
    namespace: String,
    target: String,
    name: String,
    service: String,
    ingress: String,
    route: String,
    variables: BTreeMap<String, String>,
    canary: Option<String>,
    primary: Option<String>,
}

/// Reads `spec.metrics`; `service` is `namespace/name` of the Canary.
pub(super) fn metrics(draft: &MetricsDraft, service: &str, refusals: &mut Refusals) -> Metrics {
    let family = match draft.family.as_deref() {
        None => Family::Plain,
        Some(name) => Family::ALL.into_iter().find(|f| f.name() == name).unwrap_or_else(|| {
            let names = Family::ALL.map(Family::name).join(" or ");
            refusals.add(
                "spec.metrics",
                format!("unknown family of metrics {name:?}"),
                format!("write {names}"),
            );
            Family::Plain
        }),
    };
    for (key, whose, name) in [
        ("target", "Deployment", &draft.target),
        ("service", "Service", &draft.service),
        ("ingress", "Ingress", &draft.ingress),
        ("route", "route", &draft.route),
    ] {
        if let Some(name) = name.as_deref().filter(|name| !is_kubernetes_name(name)) {
            let problem = format!("{name:?} is no object name");
            let cure = format!("write the {whose}'s name, such as api");
            refusals.add(format!("spec.metrics.{key}"), problem, cure);
        }
    }
    matchers("spec.metrics.canary", draft.canary.as_deref(), refusals);
    matchers("spec.metrics.primary", draft.primary.as_deref(), refusals);
    if draft.canary.is_some() != draft.primary.is_some() {
        let cure = "write both canary and primary, or neither";
        refusals.add("spec.metrics", "only one arm has matchers of its own", cure);
    } else if draft.canary.is_some() && draft.canary == draft.primary {
        let cure = "select each version's own series, or nothing is compared";
        refusals.add("spec.metrics.canary", "canary and primary select the same series", cure);
    }
    let (namespace, name) = service.split_once('/').unwrap_or_default();
    let target = draft.target.clone().unwrap_or_else(|| name.to_owned());
    let or_target = |name: &Option<String>| name.clone().unwrap_or_else(|| target.clone());
    Metrics {
        family,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        service: or_target(&draft.service),
        ingress: or_target(&draft.ingress),
        route: or_target(&draft.route),
        variables: draft.variables.clone(),
        target,
        canary: draft.canary.clone(),
        primary: draft.primary.clone(),
    }
}

/// The source of the region at `path`; none only where it is refused.
pub(super) fn source(
    path: &str,
    scrape: Option<&ScrapeDraft>,
    prometheus: Option<&PrometheusDraft>,
    metrics: &Metrics,
    refusals: &mut Refusals,
) -> Option<Source> {
    match (scrape, prometheus) {
        (Some(draft), None) => {
            if metrics.family != Family::Plain {
                let problem = format!("pods' own pages have no {} metrics", metrics.family.name());
                refusals.add(format!("{path}.scrape"), problem, "write metrics: plain, or prometheus: here");
            }
            Some(Source::Scrape(targets(path, draft, &metrics.namespace, refusals)))
        }
        (None, Some(draft)) => {
            let path = format!("{path}.prometheus");
            Some(Source::Prometheus(Box::new(from_prometheus(&path, draft, metrics, refusals))))
        }
        (None, None) => {
            let cure = "add prometheus: {url: \"http://prometheus:9090\"}";
            refusals.add(path, "nobody says where its metrics come from", cure);
            None
        }
        (Some(_), Some(_)) => {
            refusals.add(path, "it has two sources", "keep either prometheus or scrape");
            None
        }
    }
}

fn from_prometheus(
    path: &str,
    draft: &PrometheusDraft,
    metrics: &Metrics,
    refusals: &mut Refusals,
) -> PrometheusSource {
    let url = format!("{path}.url");
    address(&url, &draft.url, &["http://", "https://"], "http://prometheus:9090", refusals);
    if draft.url.contains(['?', '#']) {
        refusals.add(
            &url,
            "the address has a query or a fragment",
            "write where the API begins, without both",
        );
    }
    let dialect = dialect(path, draft, refusals);
    let mut headers = draft.headers.clone();
    headers.extend(tenant(path, draft, dialect, refusals));
    replica_labels(path, draft, dialect, refusals);
    let secret = draft.headers.keys().find(|name| is_secret(name));
    if let Some(name) = secret {
        let cure = "use basicAuth or bearerTokenFile: a policy is shown and stored, a secret must not be";
        refusals.add(format!("{path}.headers"), format!("{name} is a credential"), cure);
    }
    for (name, value) in &headers {
        let token = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        if name.is_empty() || !name.bytes().all(token) || !value.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            let problem = format!("{name:?} is no header");
            refusals.add(format!("{path}.headers"), problem, "write it like X-Scope-OrgID: fnp");
        }
    }
    for (name, value) in &draft.labels {
        if !is_label(name) || value.chars().any(char::is_control) {
            let problem = format!("{name:?} is no label");
            refusals.add(format!("{path}.labels"), problem, "write it like region: us-east");
        }
    }
    PrometheusSource {
        url: draft.url.trim_end_matches('/').to_owned(),
        dialect,
        replica_labels: draft.replica_labels.clone(),
        auth: auth(path, draft, refusals),
        ca_file: draft.ca_file.clone(),
        identity: identity(path, draft, refusals),
        headers,
        labels: draft.labels.clone(),
        family: metrics.family,
        namespace: metrics.namespace.clone(),
        target: metrics.target.clone(),
        name: metrics.name.clone(),
        service: metrics.service.clone(),
        ingress: metrics.ingress.clone(),
        route: metrics.route.clone(),
        variables: metrics.variables.clone(),
        canary: metrics.canary.clone(),
        primary: metrics.primary.clone(),
    }
}

fn is_secret(header: &str) -> bool {
    ["authorization", "proxy-authorization", "cookie", "x-api-key"]
        .contains(&header.to_ascii_lowercase().as_str())
}

fn auth(path: &str, draft: &PrometheusDraft, refusals: &mut Refusals) -> SourceAuth {
    match (&draft.basic_auth, &draft.bearer_token_file) {
        (None, None) => SourceAuth::None,
        (None, Some(token_file)) => SourceAuth::Bearer { token_file: token_file.clone() },
        (Some(basic), None) => {
            if basic.username.contains(':') || basic.username.chars().any(char::is_control) {
                let cure = "write the name without a colon";
                refusals.add(format!("{path}.basicAuth.username"), "no user has such a name", cure);
            }
            SourceAuth::Basic { username: basic.username.clone(), password_file: basic.password_file.clone() }
        }
        (Some(_), Some(_)) => {
            refusals.add(path, "it has two credentials", "keep either basicAuth or bearerTokenFile");
            SourceAuth::None
        }
    }
}

fn identity(path: &str, draft: &PrometheusDraft, refusals: &mut Refusals) -> Option<ClientIdentity> {
    match (&draft.client_cert_file, &draft.client_key_file) {
        (Some(cert_file), Some(key_file)) => {
            Some(ClientIdentity { cert_file: cert_file.clone(), key_file: key_file.clone() })
        }
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            refusals.add(path, "a certificate needs its key", "write both clientCertFile and clientKeyFile");
            None
        }
    }
}

/// Matchers as they stand between braces; their grammar is checked where queries are made.
fn matchers(path: &str, text: Option<&str>, refusals: &mut Refusals) {
    let Some(text) = text else { return };
    if text.trim().is_empty() || text.contains(['{', '}']) || text.chars().any(char::is_control) {
        let cure = "write label matchers without braces, such as app=\"api\",track=\"canary\"";
        refusals.add(path, format!("{text:?} is no list of matchers"), cure);
    }
}

pub(super) fn address(path: &str, text: &str, schemes: &[&str], like: &str, refusals: &mut Refusals) {
    let Some(rest) = schemes.iter().find_map(|scheme| text.strip_prefix(scheme)) else {
        let problem = format!("the address does not begin with {}", schemes.join(" or "));
        refusals.add(path, problem, format!("write it like {like}"));
        return;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        // The address itself is not repeated: refusals are logged.
        refusals.add(path, "the address carries credentials", "remove user and password from it");
    } else if authority.is_empty() || text.contains(char::is_whitespace) {
        refusals.add(path, format!("{text:?} names no host"), format!("write it like {like}"));
    }
}
