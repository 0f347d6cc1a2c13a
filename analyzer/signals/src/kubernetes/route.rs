//! The canary's live weight, out of the object that carries it: this, not the status, decides where traffic goes.

use super::canary::CanarySpec;
use haldane_core::policy::Routes;
use serde_json::Value;

/// What moves this Canary's traffic: as the policy says, as the Canary says, or as it shows. Flagger's own default is a
/// flag of its process, which no object tells; `istio` is what it is without that flag.
pub fn routes_of(spec: &CanarySpec, configured: Option<Routes>) -> Option<Routes> {
    let named = match spec.provider.as_deref() {
        Some("nginx" | "skipper") => Some(Some(Routes::Nginx)),
        Some("istio") => Some(Some(Routes::Istio)),
        Some(p) if p.starts_with("gatewayapi") => Some(Some(Routes::GatewayApi)),
        Some("") | None => None,
        Some(_) => Some(None),
    };
    let shown = || {
        if spec.ingress_ref.is_some() {
            Routes::Nginx
        } else if spec.service.gateway_refs.is_some() {
            Routes::GatewayApi
        } else {
            Routes::Istio
        }
    };
    configured.map_or_else(|| named.unwrap_or_else(|| Some(shown())), Some)
}

/// The name of the object that carries the weight.
pub(super) fn object_name(spec: &CanarySpec, routes: Routes) -> String {
    match routes {
        Routes::Nginx => {
            let ingress = spec.ingress_ref.as_ref().map_or(spec.apex(), |i| i.name.as_str());
            format!("{ingress}-canary")
        }
        Routes::Istio | Routes::GatewayApi => spec.apex().to_owned(),
    }
}

/// Percent of the traffic that `object` gives to the canary; none where it does not say.
pub(super) fn weight(spec: &CanarySpec, routes: Routes, object: &Value) -> Option<u32> {
    let canary = format!("{}-canary", spec.apex());
    match routes {
        Routes::Nginx => annotated(object),
        Routes::Istio => split(object["spec"]["http"].as_array()?, "route", |route| {
            host_is(route["destination"]["host"].as_str(), &canary)
        }),
        Routes::GatewayApi => split(object["spec"]["rules"].as_array()?, "backendRefs", |backend| {
            backend["name"].as_str() == Some(&canary)
        }),
    }
}

/// The annotations of an Ingress controller, whatever their prefix. Users matched by header or cookie are all of those
/// that an A/B test is about.
fn annotated(ingress: &Value) -> Option<u32> {
    let annotations = ingress["metadata"]["annotations"].as_object()?;
    let of = |ending: &str| {
        let found = annotations.iter().find(|(key, _)| key.ends_with(ending));
        found.and_then(|(_, value)| value.as_str())
    };
    if of("/canary") != Some("true") {
        return Some(0);
    }
    if of("/canary-by-header").or_else(|| of("/canary-by-cookie")).is_some_and(|matched| !matched.is_empty())
    {
        return Some(100);
    }
    of("/canary-weight")?.trim().parse().ok().filter(|w| *w <= 100)
}

/// A short name, or one with its namespace and domain behind it.
fn host_is(host: Option<&str>, name: &str) -> bool {
    host.is_some_and(|h| h == name || h.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
}

/// The canary's weight in the first rule that splits; a rule that gives it everything has no weight written.
fn split(rules: &[Value], key: &str, is_canary: impl Fn(&Value) -> bool) -> Option<u32> {
    let destinations = rules.iter().filter_map(|rule| rule[key].as_array()).find(|to| !to.is_empty())?;
    let Some(canary) = destinations.iter().find(|to| is_canary(to)) else {
        return Some(0);
    };
    let only = destinations.len() == 1;
    let written = canary["weight"].as_u64().and_then(|w| u32::try_from(w).ok());
    written.or(only.then_some(100)).filter(|w| *w <= 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn spec(json: Value) -> CanarySpec {
        serde_json::from_value(json).unwrap()
    }

    fn api() -> CanarySpec {
        spec(json!({"targetRef": {"kind": "Deployment", "name": "api"}, "ingressRef": {"name": "front"}}))
    }

    #[test]
    fn an_ingress_tells_the_weight_only_while_it_is_a_canary() {
        let ingress = |a: Value| json!({"metadata": {"annotations": a}});
        let of = |a: Value| weight(&api(), Routes::Nginx, &ingress(a));
        let at = |on: &str, weight: &str| {
            of(
                json!({"nginx.ingress.kubernetes.io/canary": on, "nginx.ingress.kubernetes.io/canary-weight": weight}),
            )
        };
        assert_eq!([at("true", "5"), at("false", "5"), at("true", "0")], [Some(5), Some(0), Some(0)]);
        assert_eq!([at("true", "x"), at("true", "500"), of(json!({}))], [None, None, Some(0)]);
        let by_header = json!({"my.org/canary": "true", "my.org/canary-by-header": "x-canary", "my.org/canary-weight": "0"});
        assert_eq!(of(by_header), Some(100));
        assert_eq!(object_name(&api(), Routes::Nginx), "front-canary");
    }

    #[test]
    fn a_virtual_service_and_an_http_route_tell_the_weight_of_the_canarys_service() {
        let istio = |canary: u32| {
            let to = |host: &str, weight: u32| json!({"destination": {"host": host}, "weight": weight});
            json!({"spec": {"http": [{"route": [to("api-primary", 100 - canary), to("api-canary.fnp.svc", canary)]}]}})
        };
        assert_eq!(weight(&api(), Routes::Istio, &istio(50)), Some(50));
        let gateway = json!({"spec": {"rules": [{"backendRefs": [{"name": "api-primary", "weight": 95}, {"name": "api-canary", "weight": 5}]}]}});
        assert_eq!(weight(&api(), Routes::GatewayApi, &gateway), Some(5));
        let all = json!({"spec": {"rules": [{"backendRefs": [{"name": "api-canary"}]}]}});
        assert_eq!(weight(&api(), Routes::GatewayApi, &all), Some(100));
        let none = json!({"spec": {"rules": [{"backendRefs": [{"name": "api-primary"}]}]}});
        assert_eq!(weight(&api(), Routes::GatewayApi, &none), Some(0));
        assert_eq!(weight(&api(), Routes::Istio, &json!({"spec": {}})), None);
    }

    #[test]
    fn what_moves_the_traffic_is_what_the_policy_the_canary_or_its_shape_says() {
        let of = |json: Value, configured| routes_of(&spec(json), configured);
        assert_eq!(of(json!({"provider": "nginx"}), None), Some(Routes::Nginx));
        assert_eq!(of(json!({"provider": "nginx"}), Some(Routes::Istio)), Some(Routes::Istio));
        assert_eq!(of(json!({"provider": "gatewayapi:v1beta1"}), None), Some(Routes::GatewayApi));
        assert_eq!(of(json!({"provider": "linkerd"}), None), None);
        assert_eq!(of(json!({"ingressRef": {"name": "x"}}), None), Some(Routes::Nginx));
        assert_eq!(of(json!({"service": {"gatewayRefs": []}}), None), Some(Routes::GatewayApi));
        assert_eq!(of(json!({}), None), Some(Routes::Istio));
    }
}
