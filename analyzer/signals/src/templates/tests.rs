//! Templates as they come out: series of every family and signal, users' own, and names that try to break out.

mod document;
mod hostile;
mod own;

use super::*;
use haldane_core::policy::Family;

pub(super) fn source(family: Family) -> PrometheusSource {
    PrometheusSource {
        family,
        service: "api-svc".into(),
        ingress: "api-web".into(),
        route: "api-route".into(),
        ..PrometheusSource::new("http://prometheus:9090", "fnp", "api")
    }
}

#[test]
fn both_arms_of_every_family_are_selected_apart_and_by_name() {
    for family in Family::ALL {
        let queries = queries(&source(family)).unwrap();
        assert_ne!(queries.canary, queries.primary);
        for text in [&queries.primary.requests, &queries.primary.buckets] {
            assert!(text.contains("fnp") && text.contains("api"), "{text}");
        }
    }
}

#[test]
fn the_signals_of_a_family_that_count_requests_count_the_same_series() {
    for family in Family::ALL {
        let counted = |signal| {
            let what = signal_queries(&source(family), signal).unwrap().what;
            let What::Counts { canary, primary, .. } = what else { panic!("{what:?}") };
            (canary, primary)
        };
        for signal in ["http-5xx", "http-4xx", "traffic-share"] {
            assert_eq!(counted(signal), counted("error-rate"));
        }
    }
}

#[test]
fn every_signal_of_every_family_can_be_asked() {
    for family in Family::ALL {
        for signal in builtin::names() {
            signal_queries(&source(family), signal).unwrap();
        }
    }
    assert!(signal_queries(&source(Family::Plain), "health").unwrap_err().to_string().contains("health"));
}

#[test]
fn a_gauge_says_how_its_parts_are_read() {
    let What::Gauge { canary, primary } = signal_queries(&source(Family::Istio), "cpu").unwrap().what else {
        panic!()
    };
    assert_eq!(canary.of, Of::Rate);
    assert!(primary.value.contains("pod=~\"api-primary-"), "{primary:?}");
    let (requests, of) = canary.per.unwrap();
    assert!(requests.starts_with("kube_pod_container_resource_requests{") && of == Of::Level, "{requests}");
}

#[test]
fn own_matchers_replace_a_familys_and_shared_labels_are_added_to_both() {
    let mut source = source(Family::Plain);
    source.canary = Some("track=\"canary\"".into());
    source.labels = [("region".to_owned(), "us\"east\\".to_owned())].into();
    let queries = queries(&source).unwrap();
    assert_eq!(queries.canary.requests, "http_requests_total{track=\"canary\",region=\"us\\\"east\\\\\"}");
    assert!(queries.primary.buckets.ends_with(",region=\"us\\\"east\\\\\"}"), "{}", queries.primary.buckets);
}

#[test]
fn own_matchers_replace_what_names_the_service_and_what_they_say_otherwise() {
    let mut source = source(Family::Istio);
    source.canary = Some("app=\"api\" or app=\"api2\",".into());
    source.labels = [("region".to_owned(), "us".to_owned())].into();
    assert_eq!(
        queries(&source).unwrap().canary.requests,
        "istio_requests_total{app=\"api\",reporter=\"source\",region=\"us\" or app=\"api2\",reporter=\"source\",region=\"us\"}"
    );
    source.canary = Some("reporter=\"destination\"".into());
    let asked = queries(&source).unwrap().canary.requests;
    assert_eq!(asked, "istio_requests_total{reporter=\"destination\",region=\"us\"}");
    source.canary = Some("reporter=destination".into());
    assert!(queries(&source).unwrap_err().to_string().starts_with("spec.metrics.canary is no list of label"));
}

#[test]
fn a_place_is_nobodys_and_keeps_its_series() {
    let mut source = source(Family::Plain);
    (source.canary, source.primary) = (Some("a=\"1\"".into()), Some("a=\"2\"".into()));
    source.labels = [("region".to_owned(), "us".to_owned())].into();
    let What::Place { value, of } = signal_queries(&source, "freshness").unwrap().what else { panic!() };
    assert_eq!(
        (value.as_str(), of),
        ("last_success_timestamp_seconds{namespace=\"fnp\",region=\"us\"}", PlaceOf::Age)
    );
}
