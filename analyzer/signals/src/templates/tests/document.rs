//! What Flagger is given.

use super::super::*;
use super::source;
use haldane_core::policy::Family;

#[test]
fn a_family_s_templates_are_the_shipped_ones() {
    for family in Family::ALL {
        let documents = documents(&source(family), "api").unwrap();
        assert_eq!(
            documents.iter().map(|d| d.signal).collect::<Vec<_>>(),
            builtin::names().collect::<Vec<_>>()
        );
        for document in documents {
            let names =
                [family.name(), "plain"].map(|family| format!("haldane-{family}-{}", document.signal));
            assert!(names.contains(&document.name), "{}", document.name);
            assert!(document.query.contains("{{ "), "{}", document.query);
        }
    }
}

#[test]
fn own_matchers_and_labels_stand_in_what_flagger_asks_too() {
    let mut source = source(Family::Plain);
    (source.canary, source.primary) =
        (Some("track=\"canary\"".to_owned()), Some("track=\"stable\"".to_owned()));
    source.labels = [("region".to_owned(), "{{us}}".to_owned())].into();
    for document in documents(&source, "api").unwrap() {
        let Document { name, query, annotations, signal } = &document;
        assert_eq!(*name, format!("haldane-api-plain-{signal}"));
        let asked = go_template(query, &Names::from(&source)).unwrap();
        let labelled = asked.matches("region=\"{{us}}\"}").count();
        assert_eq!(labelled, asked.matches('{').count() - 2 * labelled, "{asked}");
        let place = annotations.contains_key("haldane.dev/value-place");
        assert_eq!(query.contains("track=\"canary\""), !place, "{query}");
        assert_eq!(query.contains("stable"), *signal == "traffic-share", "{query}");
        assert!(!query.contains("{{ target }}"), "{query}");
        promql_parser::parser::parse(&asked).unwrap_or_else(|e| panic!("{asked}: {e}"));
        let stable = |text: &String| {
            text.contains("{track=\"stable\",") && text.contains("region=\"{{\"{{\"}}us}}\"}")
        };
        assert!(place || annotations.values().any(stable), "{annotations:?}");
    }
}

#[test]
fn what_flagger_is_given_is_what_haldane_asks() {
    let mut source = source(Family::Istio);
    source.canary = Some("version=~\"v2{2}\",app=\"a{{b\"".to_owned());
    source.labels = [("region".to_owned(), "apac{".to_owned())].into();
    for document in documents(&source, "api").unwrap() {
        let Some(template) = document.annotations.get("haldane.dev/count-canary") else { continue };
        let What::Counts { canary, .. } = signal_queries(&source, document.signal).unwrap().what else {
            panic!()
        };
        assert_eq!(go_template(template, &Names::from(&source)).unwrap(), canary);
        assert!(
            go_template(&document.query, &Names::from(&source)).unwrap().contains("a{{b"),
            "{}",
            document.query
        );
    }
}

#[test]
fn labels_alone_are_added_to_the_family_s_matchers() {
    let mut source = source(Family::Istio);
    source.labels = [("region".to_owned(), "apac".to_owned())].into();
    let documents = documents(&source, "api").unwrap();
    let query = &documents.iter().find(|d| d.signal == "error-rate").unwrap().query;
    let narrowed = query.matches("destination_workload=\"{{ target }}\",").count();
    assert_eq!((narrowed, query.matches(",region=\"apac\"}").count()), (2, 2), "{query}");
}
