//! Names and labels that try to break out of their quotes: each stays one value of one matcher.

use super::super::*;
use super::source;
use haldane_core::policy::Family;
use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::{self, Expr};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// A name made of what is dangerous somewhere: in PromQL, in regular expressions, in Go templates.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just("\"} or vector(1) #".to_owned()),
        Just("\",x=~\".*".to_owned()),
        Just(".*".to_owned()),
        Just("|".to_owned()),
        Just("\\E".to_owned()),
        Just("(?i)".to_owned()),
        Just("{{ target }}".to_owned()),
        Just("{{\"".to_owned()),
        Just("hole0x0x".to_owned()),
        Just("\n".to_owned()),
        Just("`'".to_owned()),
        Just("{2,3}[a-z]$^+?".to_owned()),
        "[a-z0-9.-]{1,8}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// What a template may be put together from, sense and nonsense.
fn template() -> impl Strategy<Value = String> {
    let sense = [
        "x=\"{{ name }}\"",
        "y=~\"{{ target }}.*\"",
        ",",
        " or ",
        "z!=\"\"",
        "{{- namespace -}}",
        "{{/* a */}}",
    ];
    let nonsense = [
        "{{",
        "}}",
        "\"",
        "{",
        "}",
        "#",
        "[1m]",
        "\\",
        "offset 1m",
        "{{ \"}\" }}",
        "{{ `\"` }}",
        "'",
        "`",
        "\n",
    ];
    prop_oneof![
        4 => prop::sample::select(sense.to_vec()).prop_map(str::to_owned),
        1 => prop::sample::select(nonsense.to_vec()).prop_map(str::to_owned),
        1 => hostile(),
    ]
}

fn selectors(what: What) -> Vec<String> {
    match what {
        What::Counts { canary, primary, .. } | What::Buckets { canary, primary, .. } => vec![canary, primary],
        What::Gauge { canary, primary } => [canary, primary]
            .into_iter()
            .flat_map(|gauge| std::iter::once(gauge.value).chain(gauge.per.map(|(text, _)| text)))
            .collect(),
        What::Place { value, .. } => vec![value],
        What::Scalar { canary, primary } => std::iter::once(canary).chain(primary).collect(),
    }
}

/// Metric, and each matcher with the kind of its operator.
fn matchers(text: &str) -> (Option<String>, Vec<Matcher>) {
    let expression = parser::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    let Expr::VectorSelector(vector) = expression else { panic!("{text} became {expression:?}") };
    assert!(
        vector.matchers.or_matchers.is_empty() && vector.offset.is_none() && vector.at.is_none(),
        "{text}"
    );
    (vector.name, vector.matchers.matchers)
}

/// The operator as a number, which is comparable whatever expression it holds.
fn operator(matcher: &Matcher) -> u8 {
    match matcher.op {
        MatchOp::Equal => 0,
        MatchOp::NotEqual => 1,
        MatchOp::Re(_) => 2,
        MatchOp::NotRe(_) => 3,
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3000,
        rng_seed: RngSeed::Fixed(3),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_name_and_no_label_becomes_anything_but_a_value(
        names in prop::collection::vec(hostile(), 7), label in hostile(), family in 0..5_usize, signal in 0..23_usize,
    ) {
        let (family, signal) = (Family::ALL[family], builtin::names().nth(signal).unwrap());
        let mut tame = source(family);
        tame.labels = [("region".to_owned(), "us".to_owned())].into();
        let mut wild = tame.clone();
        let fields = [
            &mut wild.name, &mut wild.namespace, &mut wild.target, &mut wild.service, &mut wild.ingress, &mut wild.route,
        ];
        for (field, name) in fields.into_iter().zip(&names) {
            field.clone_from(name);
        }
        wild.labels = [("region".to_owned(), label.clone())].into();
        let [tame_texts, wild_texts] =
            [&tame, &wild].map(|source| selectors(signal_queries(source, signal).unwrap().what));
        for (tame_text, wild_text) in tame_texts.iter().zip(&wild_texts) {
            let ((metric, tames), (same, wilds)) = (matchers(tame_text), matchers(wild_text));
            prop_assert_eq!(metric, same);
            prop_assert_eq!(tames.len(), wilds.len());
            for (t, w) in tames.iter().zip(&wilds) {
                prop_assert_eq!((&t.name, operator(t)), (&w.name, operator(w)));
                // What the name is put in for, put in the other way round, gives the other's value.
                let value = [(&tame.namespace, &wild.namespace), (&tame.service, &wild.service)];
                if w.name == "region" {
                    prop_assert_eq!(&w.value, &label);
                } else if w.name == "namespace" || w.name.ends_with("_namespace") {
                    prop_assert_eq!(&w.value, &wild.namespace);
                } else if w.name == "ingress" {
                    prop_assert_eq!(&w.value, &wild.ingress);
                } else if w.name == "pod" {
                    let arm = if t.value.contains("-primary-") { "-primary" } else { "" };
                    prop_assert!(w.is_match(&format!("{}{arm}-5d4f-x7k2p", wild.target)), "{}", wild_text);
                    prop_assert!(!w.is_match(&format!("x{}{arm}-5d4f-x7k2p", wild.target)), "{}", wild_text);
                    let dotless = wild.target.replace('.', "x");
                    let as_dots = dotless != wild.target && w.is_match(&format!("{dotless}{arm}-5d4f-x7k2p"));
                    prop_assert!(!as_dots, "{}", wild_text);
                } else if w.name == "envoy_cluster_name" {
                    let arm = if t.value.contains("-primary_") { "primary" } else { "canary" };
                    let [namespace, service] = value.map(|(_, wild)| wild);
                    prop_assert!(w.is_match(&format!("{namespace}_{service}-{arm}_80")), "{}", wild_text);
                    prop_assert!(!w.is_match(&format!("{namespace}_{service}_80")), "{}", wild_text);
                } else if ["deployment", "destination_workload", "source_workload"].contains(&w.name.as_str()) {
                    let arm = if t.value.ends_with("-primary") { "-primary" } else { "" };
                    prop_assert_eq!(&w.value, &format!("{}{arm}", wild.target));
                } else {
                    prop_assert_eq!(&t.value, &w.value);
                }
            }
        }
    }

    #[test]
    fn a_hostile_template_is_refused_or_gives_one_plain_selector(
        pieces in prop::collection::vec(template(), 0..8), query in prop::collection::vec(template(), 0..8),
    ) {
        let mut source = source(Family::Plain);
        source.labels = [("region".to_owned(), "us".to_owned())].into();
        let annotation = |name: &str, text: &str| (format!("haldane.dev/{name}"), serde_json::json!(text));
        let selector = format!("a{{{}}}", pieces.concat());
        let annotations: serde_json::Map<_, _> =
            [annotation("kind", "place"), annotation("value-place", &selector)].into_iter().collect();
        let document = |annotations: serde_json::Map<String, serde_json::Value>, query: &str| {
            serde_json::json!({
                "apiVersion": "flagger.app/v1beta1", "kind": "MetricTemplate",
                "metadata": {"name": "x", "annotations": annotations},
                "spec": {"provider": {"type": "prometheus"}, "query": query},
            })
        };
        if let Ok(read) = own_queries(&source, "x", &document(annotations, "up").to_string(), "x") {
            let [asked] = &selectors(read.what)[..] else { panic!() };
            let Ok(Expr::VectorSelector(vector)) = parser::parse(asked) else { panic!("{asked}") };
            prop_assert!(vector.offset.is_none() && vector.at.is_none(), "{}", asked);
            let lists = std::iter::once(&vector.matchers.matchers).chain(&vector.matchers.or_matchers);
            for list in lists.filter(|list| !list.is_empty()) {
                prop_assert!(list.iter().any(|m| m.name == "region" && m.value == "us"), "{}", asked);
            }
        }
        let query = format!("sum(a{{{}}})", query.concat());
        if let Ok(read) = own_queries(&source, "x", &document(serde_json::Map::new(), &query).to_string(), "x") {
            let [asked] = &selectors(read.what)[..] else { panic!() };
            prop_assert!(parser::parse(asked).is_ok() && asked.contains("region=\"us\""), "{}", asked);
        }
    }

    #[test]
    fn a_query_of_a_user_keeps_its_shape_whatever_is_put_in(name in hostile(), label in hostile()) {
        let query = "sum(a{x=\"{{ name }}\",y!~\"{{ name }}.*\"}) + label_replace(b{}, \"c\", \"{{ name }}\", \"d\", '{{ name }}')";
        let mut source = source(Family::Plain);
        let render = |source: &PrometheusSource| Render::for_own(source).query(query).unwrap();
        let shape = |text: &str| match parser::parse(text) {
            Ok(Expr::Binary(b)) => (format!("{:?}", b.op), matches!(*b.lhs, Expr::Aggregate(_)), matches!(*b.rhs, Expr::Call(_))),
            other => panic!("{text} became {other:?}"),
        };
        let tame = shape(&render(&source));
        source.name = name;
        source.labels = [("region".to_owned(), label)].into();
        prop_assert_eq!(shape(&render(&source)), tame);
    }
}
