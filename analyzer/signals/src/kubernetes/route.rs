//! The canary's live weight, out of the object that carries it: this, not the status, decides where traffic goes.

use super::canary::CanarySpec;
use super::ingress;
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
        Routes::Nginx => ingress::weight(spec, &canary, object),
        Routes::Istio => {
            let of = |protocol: &str| object["spec"][protocol].as_array().filter(|rules| !rules.is_empty());
            let rules = of("http").or_else(|| of("tcp"))?;
            split(rules, "route", |route| host_is(route["destination"]["host"].as_str(), &canary))
        }
        Routes::GatewayApi => split(object["spec"]["rules"].as_array()?, "backendRefs", |backend| {
            backend["name"].as_str() == Some(&canary)
        }),
    }
}

/// A short name, or one with its namespace and domain behind it.
fn host_is(host: Option<&str>, name: &str) -> bool {
    host.is_some_and(|h| h == name || h.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
}

/// The canary's share in the *last* rule that names it, which is the one that Flagger itself reads: before it may stand
/// rules that keep users with a cookie where they are, at any weight. A rule that gives it everything has no weight written.
fn split(rules: &[Value], key: &str, is_canary: impl Fn(&Value) -> bool) -> Option<u32> {
    let mut all = rules.iter().filter_map(|rule| rule[key].as_array()).filter(|to| !to.is_empty()).peekable();
    all.peek()?;
    let Some(destinations) = all.filter(|to| to.iter().any(&is_canary)).last() else {
        return Some(0);
    };
    let only = destinations.len() == 1;
    let weight =
        |to: &Value| to["weight"].as_u64().or(only.then_some(100)).filter(|w| *w <= u64::from(u32::MAX));
    let (mut canary, mut sum) = (0, 0);
    for to in destinations {
        let weight = weight(to)?;
        canary += if is_canary(to) { weight } else { 0 };
        sum += weight;
    }
    // Flagger's weights are percents; others' are shares of their sum.
    (canary * 100 + sum / 2).checked_div(sum).and_then(|percent| u32::try_from(percent).ok())
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
        let tested = spec(json!({"targetRef": {"kind": "Deployment", "name": "api"},
            "analysis": {"iterations": 5, "match": [{"headers": {"x-canary": {"exact": "yes"}}}]}}));
        assert_eq!(weight(&tested, Routes::Nginx, &ingress(by_header)), Some(100));
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

    /// As Flagger writes them with `sessionAffinity`: who has the cookie is on the canary already, at any weight.
    #[test]
    fn users_who_stay_on_the_canary_by_cookie_are_not_its_weight() {
        let to = |host: &str, weight: u32| json!({"destination": {"host": host}, "weight": weight});
        let sticky = |canary: u32| {
            json!({"match": [{"headers": {"Cookie": {"regex": ".*x.*"}}}],
            "route": [to("api-primary", 100 - canary), to("api-canary", canary)]})
        };
        let weighted = json!({"route": [to("api-primary", 95), to("api-canary", 5)]});
        let istio = json!({"spec": {"http": [sticky(100), sticky(0), weighted]}});
        assert_eq!(weight(&api(), Routes::Istio, &istio), Some(5));
        let to = |name: &str, weight: u32| json!({"name": name, "weight": weight});
        let sticky =
            |canary: u32| json!({"backendRefs": [to("api-primary", 100 - canary), to("api-canary", canary)]});
        let gateway = json!({"spec": {"rules": [sticky(100), sticky(0), sticky(5)]}});
        assert_eq!(weight(&api(), Routes::GatewayApi, &gateway), Some(5));
    }

    #[test]
    fn the_rule_for_everybody_else_of_an_a_b_test_is_not_its_weight() {
        let to = |host: &str, weight: u32| json!({"destination": {"host": host}, "weight": weight});
        let matched = json!({"route": [to("api-primary", 0), to("api-canary", 100)]});
        let istio = json!({"spec": {"http": [matched, {"route": [to("api-primary", 0)]}]}});
        assert_eq!(weight(&api(), Routes::Istio, &istio), Some(100));
    }

    #[test]
    fn a_tcp_service_tells_its_weight_and_weights_are_shares_of_their_sum() {
        let to = |host: &str, weight: u32| json!({"destination": {"host": host}, "weight": weight});
        let tcp = json!({"spec": {"tcp": [{"route": [to("api-primary", 50), to("api-canary", 50)]}]}});
        assert_eq!(weight(&api(), Routes::Istio, &tcp), Some(50));
        let by_hand = json!({"spec": {"http": [{"route": [to("api-primary", 0), to("api-canary", 5)]}]}});
        assert_eq!(weight(&api(), Routes::Istio, &by_hand), Some(100), "5 of 5");
        let nobody = json!({"spec": {"http": [{"route": [to("api-primary", 0), to("api-canary", 0)]}]}});
        assert_eq!(weight(&api(), Routes::Istio, &nobody), None);
        let huge =
            json!({"spec": {"http": [{"route": [to("api-primary", u32::MAX), to("api-canary", u32::MAX)]}]}});
        assert_eq!(weight(&api(), Routes::Istio, &huge), Some(50));
    }

    #[test]
    fn skippers_weights_are_read_where_skipper_has_them() {
        let at = |weights: &str| {
            let ingress = json!({"metadata": {"annotations": {"zalando.org/backend-weights": weights}}});
            weight(&api(), Routes::Nginx, &ingress)
        };
        assert_eq!(at(r#"{"api-canary":5,"api-primary":95}"#), Some(5));
        assert_eq!([at(r#"{"api-primary":100}"#), at("x"), at(r#"{"api-canary":500}"#)], [None; 3]);
    }

    #[test]
    fn an_ingress_of_two_controllers_tells_a_weight_only_where_both_say_the_same() {
        let of = |a: &str, b: &str| {
            let annotations = json!({"a.org/canary": "true", "a.org/canary-weight": a,
                "nginx.ingress.kubernetes.io/canary": "true", "nginx.ingress.kubernetes.io/canary-weight": b});
            weight(&api(), Routes::Nginx, &json!({"metadata": {"annotations": annotations}}))
        };
        assert_eq!([of("5", "5"), of("0", "5"), of("5", "0")], [Some(5), None, None]);
        let label = json!({"a.org/canary": "false", "b.org/canary": "true", "b.org/canary-weight": "5"});
        assert_eq!(weight(&api(), Routes::Nginx, &json!({"metadata": {"annotations": label}})), Some(5));
    }

    #[test]
    fn a_header_is_a_weight_only_in_an_a_b_test() {
        let annotations =
            json!({"a.org/canary": "true", "a.org/canary-weight": "5", "a.org/canary-by-header": "x"});
        let ingress = json!({"metadata": {"annotations": annotations}});
        assert_eq!(weight(&api(), Routes::Nginx, &ingress), Some(5));
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
