//! Users' own templates.

use super::super::*;
use super::source;
use haldane_core::policy::Family;
use haldane_core::signal::Kind;

const SPEC: &str = "spec:\n  provider: {type: prometheus}\n  query: |\n    ";

fn text(annotations: &[(&str, &str)], query: &str) -> String {
    let mut text =
        "apiVersion: flagger.app/v1beta1\nkind: MetricTemplate\nmetadata:\n  name: lag\n  annotations:\n    a/b: c\n"
            .to_owned();
    for (name, value) in annotations {
        text += &format!("    haldane.dev/{name}: '{value}'\n");
    }
    format!("{text}{SPEC}{query}\n")
}

/// As a gate reads it that is of the signal that the template says, or of the template's own name.
fn read(annotations: &[(&str, &str)], query: &str) -> Result<SignalQueries, String> {
    let said = annotations.iter().find(|(name, _)| *name == "signal").map_or("lag", |(_, said)| said);
    read_for(said, annotations, query)
}

fn read_for(signal: &str, annotations: &[(&str, &str)], query: &str) -> Result<SignalQueries, String> {
    let mut source = source(Family::Istio);
    source.labels = [("region".to_owned(), "us".to_owned())].into();
    source.variables = [("topic".to_owned(), "a\"b".to_owned())].into();
    (source.canary, source.primary) = (Some("a=\"1\"".into()), Some("a=\"2\"".into()));
    own_queries(&source, signal, &text(annotations, query), "lag.yaml").map_err(|e| e.to_string())
}

#[test]
fn a_template_as_flagger_has_it_is_one_number_of_the_canary() {
    let query = "max(kafka_lag{topic=\"{{ variables.topic }}\",pod=~\"{{ target }}-.*\"}) / on() rate(x{}[{{ interval }}])";
    let read = read(&[], query).unwrap();
    assert_eq!(read.kind, Kind::Gauge);
    let canary =
        "max(kafka_lag{topic=\"a\\\"b\",pod=~\"api-.*\",region=\"us\"}) / on() rate(x{region=\"us\"}[1m])\n";
    assert_eq!(read.what, What::Scalar { canary: canary.to_owned(), primary: None });
}

#[test]
fn selectors_are_the_users_and_the_policys_matchers_leave_them_alone() {
    let queues = [
        ("signal", "backlog"),
        ("kind", "gauge"),
        ("value-canary", "q{app=\"{{ service }}-canary\"}"),
        ("value-primary", "q{app=\"{{ service }}-primary\"}"),
    ];
    let read = read(&queues, "up").unwrap();
    let value = |arm: &str| format!("q{{app=\"api-svc-{arm}\",region=\"us\"}}");
    let gauge = |arm| GaugeQuery { value: value(arm), of: Of::Level, per: None };
    assert_eq!(read.kind, Kind::Gauge);
    assert_eq!(read.what, What::Gauge { canary: gauge("canary"), primary: gauge("primary") });
}

#[test]
fn what_cannot_be_used_is_refused_with_what_to_write_instead() {
    let says = |annotations: &[(&str, &str)], query: &str, wanted: &str| {
        let said = read(annotations, query).expect_err(query);
        assert!(said.starts_with("lag.yaml") && said.contains(wanted), "{said}");
    };
    let counts =
        |bad: &'static str| [("kind", "ratio"), ("count-canary", "a"), ("count-primary", "b"), ("bad", bad)];
    assert!(read(&counts("x=\"1\""), "up").is_ok());
    says(&counts("x"), "up", "haldane.dev/bad is no list of label matchers");
    says(&counts("x=\"\\x68ole0x0x{{ name }}\""), "up", "an escape that hides a name");
    says(&[], "a{b=\"\\x68ole0x0x{{ name }}\"}", "an escape that hides a name");
    says(&counts("{}"), "up", "haldane.dev/bad is empty");
    says(
        &[("kind", "ratio"), ("count-canary", "sum(a)")],
        "up",
        "haldane.dev/count-canary is no plain selector",
    );
    says(&[("kind", "ratio"), ("count-canary", "{{ name }}_x")], "up", "has a name outside its braces");
    says(&[("kind", "ratio"), ("count-canary", "a{b=~\"[{{ name }}]\"}")], "up", "between the brackets");
    says(&[("kind", "ratio"), ("count-canary", "a{b=\"{{ if name }}\"}")], "up", "uses {{ if }}");
    says(&[("kind", "ratio"), ("count-canary", "a{b=\"{{ print name }}\"}")], "up", "uses {{ print }}");
    says(&[("kind", "ratio"), ("count-canary", "a")], "up", "no annotation haldane.dev/count-primary");
    says(&[("count-canary", "a")], "up", "no annotation haldane.dev/kind");
    says(&[("kind", "average"), ("count-canary", "a")], "up", "write ratio, rate, latency, gauge or place");
    says(
        &[("kind", "place"), ("value-place", "a"), ("per-of", "rate")],
        "up",
        "haldane.dev/per-of does not go",
    );
    says(
        &[("kind", "place"), ("value-place", "a"), ("value-of", "rate")],
        "up",
        "write level or age or down",
    );
    says(&[("signal", "error-rate"), ("kind", "rate"), ("count-canary", "a")], "up", "error-rate is a ratio");
    says(&[("signal", "error-rate")], "up", "write count-canary, count-primary, bad, exposure");
    says(&[("signal", "health")], "up", "judged from probes");
    says(
        &[("kind", "gauge"), ("value-canary", "a"), ("query-primary", "b")],
        "up",
        "query-primary does not go",
    );
    says(
        &[("kind", "latency"), ("buckets-canary", "a"), ("buckets-primary", "b")],
        "up",
        "haldane.dev/le-unit",
    );
    says(&[], "sum(", "spec.query is not PromQL");
    says(&[], "up", "write up{}, so that the label region");
    says(&[], "up{a=\"{{ variables.other }}\"}", "variables.other, which nobody gives");
    says(&[], "{{ variables.topic }}_total{}", "between double quotes");
    says(&[("query-primary", "up")], "up{}", "haldane.dev/query-primary selects up");
}

#[test]
fn a_template_that_says_another_signal_than_its_gate_is_refused_and_one_that_says_none_is_the_gate_s() {
    let said = read_for("backlog", &[("signal", "jobs")], "up{}").unwrap_err();
    assert_eq!(
        said,
        "lag.yaml: haldane.dev/signal is \"jobs\", but a gate of backlog names this template; write backlog"
    );
    assert_eq!(read_for("backlog", &[], "up{}").unwrap().kind, Kind::Gauge);
    assert_eq!(read_for("backlog", &[("signal", "backlog")], "up{}").unwrap().kind, Kind::Gauge);
}

#[test]
fn a_word_that_looks_like_a_hole_is_a_word() {
    let What::Scalar { canary, .. } =
        read(&[], "a{b=\"hole0x0x{{ name }}hole1x0x\"} / hole0x0x{}").unwrap().what
    else {
        panic!()
    };
    assert_eq!(canary.trim(), "a{b=\"hole0x0xapihole1x0x\",region=\"us\"} / hole0x0x{region=\"us\"}");
}
