//! `docs/SIGNALS.md`: what is asked for each signal in each family, what has to be there, and what both engines found.
//!
//! The page is written from the templates and the recorded truth, after the engines agreed with it. The committed one has
//! to be that page; where templates are meant to change, `HALDANE_WRITE_RECORDED=1 cargo test -p haldane-templates-tests`
//! writes it anew.

use super::shipped::{exposure, family, flaggers_query, read, selectors, source};
use haldane_core::policy::Family;
use haldane_signals::templates::{Of, PlaceOf, What, documents, signal_queries};
use haldane_templates_tests::Truth;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

const HEAD: &str = "\
# Signals

What is asked for each signal, in each family of metrics; `metric-templates/` has the files. A family that has no series
for a signal is asked for those of `plain`. What guards ask of a place stands [at the end](#guards).

This page is written by a test (`tests/templates`), and only after it was true: one recorded minute of a cluster, with the
canary and the primary of the service `pay-v2`, a restart in each, and neighbours whose names begin alike or that live in
another namespace, was put into a Prometheus and into a VictoriaMetrics. What is listed under *canary* and *primary* is what
Haldane's selectors found in both, event for event, and *Flagger* is the one number that both gave to Flagger's query.

**Labels** have to be on the series as they are listed. Where an exporter reports on other pods (kube-state-metrics, the
kubelet, a database's exporter) and Prometheus scrapes it without `honorLabels`, their labels arrive as `exported_namespace`
and `exported_pod`, and nothing is found: set `honorLabels: true`. A pod is told by its name (`TARGET-…-…`, and
`TARGET-primary-…-…`), as Flagger tells it; a StatefulSet called `TARGET-x` beside it would be taken for the canary.
Where these do not fit, `spec.metrics` of a policy has matchers of your own (`canary`, `primary`): they take the place of
every matcher that names the service, and of any of the same label. The others stay.

**Names** are Flagger's functions: `name`, `namespace`, `target`, `service`, `ingress`, `route`, `interval`, and
`variables.KEY`. Haldane puts them in as values, escaped for where they stand; Flagger puts them in as text, so for Flagger
a dot in a name is any character where the name stands in a regular expression.
";

/// Fails where the committed page is another.
pub(crate) fn is_as_committed(truths: &[Truth]) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/SIGNALS.md");
    let page = page(truths);
    if std::env::var_os("HALDANE_WRITE_RECORDED").is_some() {
        std::fs::write(&file, &page).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let command = "HALDANE_WRITE_RECORDED=1 cargo test -p haldane-templates-tests";
    for (line, (ours, theirs)) in page.lines().zip(committed.lines()).enumerate() {
        assert_eq!(ours, theirs, "docs/SIGNALS.md, line {}; {command} writes it anew", line + 1);
    }
    assert!(page == committed, "docs/SIGNALS.md is shorter or longer; {command} writes it anew");
}

fn page(truths: &[Truth]) -> String {
    let mut page = HEAD.to_owned();
    let signals: Vec<_> =
        documents(&source(Family::Plain), "pay").unwrap().into_iter().map(|d| d.signal).collect();
    let of = |family: &str, signal: &str| truths.iter().find(|t| t.family == family && t.signal == signal);
    overview(&mut page, &signals, of);
    for signal in signals {
        let _ = write!(page, "\n## {signal}\n");
        for truth in Family::ALL.into_iter().filter_map(|family| of(family.name(), signal)) {
            section(&mut page, truth);
        }
    }
    page.push_str(&super::guards::section());
    page
}

fn overview<'a>(page: &mut String, signals: &[&str], of: impl Fn(&str, &str) -> Option<&'a Truth>) {
    let names = Family::ALL.map(Family::name).join(" | ");
    let _ = write!(page, "\n| signal | {names} |\n|---|{}\n", "---|".repeat(Family::ALL.len()));
    for signal in signals {
        let cell = |family: Family| if of(family.name(), signal).is_some() { "own" } else { "plain's" };
        let _ = writeln!(page, "| [{signal}](#{signal}) | {} |", Family::ALL.map(cell).join(" | "));
    }
}

fn section(page: &mut String, truth: &Truth) {
    let Truth { family: name, signal, text, scalar, .. } = truth;
    let what = signal_queries(&source(family(name)), signal).unwrap().what;
    let _ = write!(page, "\n### {signal}, {name}\n\n{}\n{}\n\n", comment(name, signal), kind(&what));
    for (metric, labels) in labels(&what) {
        let labels = labels.into_iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ");
        let _ = writeln!(page, "- `{metric}` with {labels}");
    }
    let arms = match text[..] {
        [canary, primary] => format!("canary `{canary}`, primary `{primary}`"),
        [place] => format!("`{place}`"),
        _ => panic!("{text:?}"),
    };
    let (query, _) = flaggers_query(&source(family(name)), signal);
    let _ = write!(
        page,
        "- found in both engines: {arms}; Flagger `{scalar}`\n\n```text\n{}\n```\n",
        query.trim_end()
    );
}

/// What the file says of itself, but for what all files say.
fn comment(family: &str, signal: &str) -> String {
    let file = format!("metric-templates/{family}/{signal}.yaml");
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file)).unwrap();
    let lines = text.lines().map_while(|line| line.strip_prefix("# "));
    lines.take_while(|line| !line.starts_with("The annotations are")).collect::<Vec<_>>().join("\n")
}

fn kind(what: &What) -> String {
    let of = |of: Of| if of == Of::Rate { "rise per second" } else { "level" };
    match what {
        What::Counts { bad: None, exposure: e, .. } => {
            format!("Counts, every one of them bad, {}.", exposure(*e))
        }
        What::Counts { bad: Some(bad), exposure: e, .. } => {
            format!("Counts, bad where `{bad}`, {}.", exposure(*e))
        }
        What::Buckets { le_unit, .. } => {
            format!("A histogram whose edges are {}.", format!("{le_unit:?}").to_lowercase())
        }
        What::Gauge { canary, .. } => {
            let per =
                canary.per.as_ref().map(|(_, per)| format!(", divided by the {} of the second", of(*per)));
            format!("A gauge, pod by pod: the {} of the first{}.", of(canary.of), per.unwrap_or_default())
        }
        What::Place { of, .. } => {
            let read = match of {
                PlaceOf::Level => "as it is",
                PlaceOf::Age => "as an age",
                PlaceOf::Down => "as one less the value",
            };
            format!("A gauge of the place, the worst series, read {read}.")
        }
        What::Scalar { .. } => "One number.".to_owned(),
    }
}

/// The labels that a metric needs, those included that tell bad from good and edges apart.
fn labels(what: &What) -> BTreeMap<String, BTreeSet<String>> {
    let mut labels: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for selector in selectors(what) {
        let (metric, lists) = read(selector);
        let named =
            lists.iter().flatten().find(|m| m.name == "__name__").map(|m| m.value.replace('|', "` or `"));
        let of = labels.entry(named.unwrap_or(metric)).or_default();
        of.extend(lists.iter().flatten().filter(|m| m.name != "__name__").map(|m| m.name.clone()));
        match what {
            What::Counts { bad: Some(bad), .. } => {
                let told: BTreeSet<_> =
                    read(&format!("m{{{bad}}}")).1.into_iter().flatten().map(|m| m.name).collect();
                of.insert(told.into_iter().collect::<Vec<_>>().join("` or `"));
            }
            What::Buckets { .. } => drop(of.insert("le".to_owned())),
            What::Gauge { .. } => drop(of.insert("pod".to_owned())),
            What::Counts { .. } | What::Place { .. } | What::Scalar { .. } => {}
        }
    }
    labels
}
