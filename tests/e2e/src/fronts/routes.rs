//! What the Ingresses and Services of a namespace say, read as ingress-nginx reads them.

use crate::istio;
use crate::nodes::{PodNow, PodState};
use anyhow::{Result, bail};
use haldane_world::parts::CANARY_HEADER;
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::networking::v1::Ingress;
use kube::api::DynamicObject;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The prefix of all annotations.
const PREFIX: &str = "nginx.ingress.kubernetes.io";

/// Where requests are to go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Routes {
    /// The Service of everybody.
    pub(super) main: Option<String>,
    /// The Service of the canary Ingress.
    pub(super) canary: Option<String>,
    /// The canary's share in percent, 0 without one.
    pub(super) weight: u32,
    /// The value of the header that chooses the canary.
    pub(super) header: Option<String>,
}

impl Routes {
    pub(super) fn read(ingresses: &[Arc<Ingress>]) -> Result<Self> {
        let mut routes = Self::default();
        for ingress in ingresses {
            let service = service_of(ingress);
            if annotation(ingress, "canary") != Some("true") {
                routes.main = service;
                continue;
            }
            routes.canary = service;
            routes.header = header_of(ingress)?;
            let weight = annotation(ingress, "canary-weight").unwrap_or("0");
            routes.weight = weight.parse()?;
        }
        Ok(routes)
    }

    /// The first destination is everybody's, the second has its weight.
    pub(super) fn of_istio(object: &DynamicObject) -> Self {
        let mut weights = istio::weights(object).into_iter();
        let main = weights.next().map(|(service, _)| service);
        let (canary, weight) = weights.next().map_or((None, 0), |(service, weight)| (Some(service), weight));
        Self { main, canary, weight, header: None }
    }
}

/// The header's value that chooses the canary, if one does. HAProxy cannot be told another header's name while it runs.
fn header_of(ingress: &Ingress) -> Result<Option<String>> {
    let Some(name) = annotation(ingress, "canary-by-header") else {
        return Ok(None);
    };
    if !name.eq_ignore_ascii_case(CANARY_HEADER) {
        bail!("an Ingress chooses by the header {name}; here that is always {CANARY_HEADER}");
    }
    if let Some(pattern) = annotation(ingress, "canary-by-header-pattern") {
        bail!("an Ingress chooses by the pattern {pattern}; here a header is compared as a whole");
    }
    Ok(Some(annotation(ingress, "canary-by-header-value").unwrap_or("always").to_owned()))
}

fn annotation<'a>(ingress: &'a Ingress, name: &str) -> Option<&'a str> {
    let annotations = ingress.metadata.annotations.as_ref()?;
    annotations.get(&format!("{PREFIX}/{name}")).map(String::as_str)
}

/// The Service of the first path of the first rule: the Ingresses of these tests have one.
fn service_of(ingress: &Ingress) -> Option<String> {
    let rule = ingress.spec.as_ref()?.rules.as_ref()?.first()?;
    let path = rule.http.as_ref()?.paths.first()?;
    Some(path.backend.service.as_ref()?.name.clone())
}

/// The ready pods among `pods` that a Service selects: name and port.
pub(super) fn endpoints(service: Option<&Service>, pods: &[PodNow]) -> BTreeMap<String, u16> {
    let selector = service.and_then(|s| s.spec.as_ref()?.selector.clone()).unwrap_or_default();
    let chosen = |pod: &&PodNow| {
        pod.state == PodState::Ready
            && !selector.is_empty()
            && selector.iter().all(|(key, value)| pod.labels.get(key) == Some(value))
    };
    pods.iter().filter(chosen).map(|pod| (pod.name.clone(), pod.port)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ingress(name: &str, service: &str, annotations: serde_json::Value) -> Arc<Ingress> {
        let path = json!({"path": "/", "pathType": "Prefix", "backend": {"service": {"name": service}}});
        let object = json!({
            "metadata": {"name": name, "annotations": annotations},
            "spec": {"rules": [{"http": {"paths": [path]}}]},
        });
        Arc::new(serde_json::from_value(object).unwrap())
    }

    #[test]
    fn a_canary_ingress_gives_its_service_a_share() {
        let canary = json!({"nginx.ingress.kubernetes.io/canary": "true", "nginx.ingress.kubernetes.io/canary-weight": "5"});
        let routes =
            Routes::read(&[ingress("api", "api", json!({})), ingress("c", "api-canary", canary)]).unwrap();
        assert_eq!((routes.main.as_deref(), routes.canary.as_deref()), (Some("api"), Some("api-canary")));
        assert_eq!((routes.weight, routes.header), (5, None));
    }

    #[test]
    fn a_header_that_the_proxy_cannot_choose_by_is_refused_by_name() {
        let canary = |header: &str| json!({"nginx.ingress.kubernetes.io/canary": "true", "nginx.ingress.kubernetes.io/canary-by-header": header});
        let routes = Routes::read(&[ingress("c", "s", canary("X-Canary"))]).unwrap();
        assert_eq!(routes.header.as_deref(), Some("always"));
        let refused = Routes::read(&[ingress("c", "s", canary("x-user"))]).unwrap_err().to_string();
        assert!(refused.contains("x-user"), "{refused}");
    }
}
