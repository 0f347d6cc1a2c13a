//! `deploy/monitoring`: the dashboard and the alerts speak of metrics that a running Haldane exposes, and the alerts come
//! when they must.
//!
//! A panel without data and an alert that can never fire look like peace. So every expression is parsed, and each metric
//! and label in it is looked up in what a real engine with an open rollout answers; the alerts are judged by Prometheus'
//! own tool.

use crate::policy::{guarded, one_region, unanswered};
use crate::world::World;
use promql_parser::label::MatchOp;
use promql_parser::parser::{self, Expr, LabelModifier, VectorSelector};
use promql_parser::util::{ExprVisitor, walk_expr};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each metric with its labels, and those that every target of Prometheus has.
type Exposed = BTreeMap<String, BTreeSet<String>>;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/monitoring").join(name)
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn dashboard() -> Value {
    serde_json::from_str(&text(&file("dashboard.json"))).expect("the dashboard is JSON")
}

fn yaml(name: &str) -> Value {
    serde_saphyr::from_str(&text(&file(name))).expect("YAML")
}

/// What an engine exposes whose only rollout is under way.
async fn exposed() -> Exposed {
    let mut world = World::start(guarded(one_region())).await;
    world.climb_to(5).await;
    world.healthy_poll().await;
    let page = world.get("/metrics").await.body + &of_sources().await;
    let mut exposed = Exposed::new();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let (series, _) = line.rsplit_once(' ').expect("a series and a value");
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let Expr::VectorSelector(selector) = parser::parse(&format!("{name}{{{labels}")).expect("a series")
        else {
            panic!("{series}");
        };
        let labels = selector.matchers.matchers.iter().map(|m| m.name.clone());
        let known = exposed.entry(name.to_owned()).or_default();
        known.extend(labels.chain(["instance", "job"].map(str::to_owned)));
    }
    exposed
}

/// What it exposes of a Prometheus, once that has been asked.
async fn of_sources() -> String {
    let world = World::start(unanswered()).await;
    loop {
        let page = world.get("/metrics").await.body;
        if page.contains("haldane_source_failures_total{") {
            return page;
        }
    }
}

/// Every selector and grouping of an expression.
#[derive(Default)]
struct Mentions {
    selectors: Vec<VectorSelector>,
    groupings: BTreeSet<String>,
}

impl ExprVisitor for Mentions {
    type Error = ();

    fn pre_visit(&mut self, expr: &Expr) -> Result<bool, ()> {
        match expr {
            Expr::VectorSelector(selector) => self.selectors.push(selector.clone()),
            Expr::MatrixSelector(selector) => self.selectors.push(selector.vs.clone()),
            Expr::Aggregate(aggregate) => match &aggregate.modifier {
                Some(LabelModifier::Include(labels) | LabelModifier::Exclude(labels)) => {
                    self.groupings.extend(labels.labels.iter().cloned());
                }
                None => {}
            },
            Expr::Unary(_)
            | Expr::Binary(_)
            | Expr::Paren(_)
            | Expr::Subquery(_)
            | Expr::NumberLiteral(_)
            | Expr::StringLiteral(_)
            | Expr::Call(_)
            | Expr::Extension(_) => {}
        }
        Ok(true)
    }
}

/// What is wrong with an expression, with Grafana's variables in it or not.
fn wrong(expr: &str, exposed: &Exposed) -> Option<String> {
    let plain = expr.replace("$__rate_interval", "5m");
    let parsed = match parser::parse(&plain) {
        Ok(parsed) => parsed,
        Err(error) => return Some(format!("{expr}: {error}")),
    };
    let mut mentions = Mentions::default();
    walk_expr(&mut mentions, &parsed).expect("it never stops");
    if mentions.selectors.is_empty() {
        return Some(format!("{expr}: asks for no metric"));
    }
    let mut labels = BTreeSet::new();
    for selector in &mentions.selectors {
        let name = selector.name.clone().unwrap_or_default();
        let Some(known) = exposed.get(&name) else {
            return Some(format!("{expr}: haldane exposes no {name}"));
        };
        labels.extend(known.clone());
        for matcher in &selector.matchers.matchers {
            if !known.contains(&matcher.name) {
                return Some(format!("{expr}: {name} has no label {}", matcher.name));
            }
            if matcher.op == MatchOp::Equal && matcher.value.contains('$') {
                return Some(format!("{expr}: a variable of several values needs =~"));
            }
        }
    }
    let unknown = mentions.groupings.difference(&labels).next();
    unknown.map(|label| format!("{expr}: nothing in it has the label {label}"))
}

fn list<'a>(value: &'a Value, at: &str) -> &'a Vec<Value> {
    value.pointer(at).and_then(Value::as_array).unwrap_or_else(|| panic!("no list at {at}: {value}"))
}

fn word<'a>(value: &'a Value, at: &str) -> &'a str {
    value.pointer(at).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {at}: {value}"))
}

/// `label_values(selector, label)` as the selector and the label.
fn label_values(query: &str) -> (&str, &str) {
    let inside =
        query.strip_prefix("label_values(").and_then(|q| q.strip_suffix(')')).expect("label_values(…)");
    inside.rsplit_once(", ").expect("a selector and a label")
}

#[tokio::test]
async fn every_expression_of_the_dashboard_and_of_the_alerts_asks_for_what_is_exposed() {
    let (exposed, dashboard, rules) = (exposed().await, dashboard(), yaml("rules.yaml"));
    let panels = list(&dashboard, "/panels").iter().filter(|panel| panel["type"] != "row");
    let mut expressions: Vec<&str> =
        panels.flat_map(|p| list(p, "/targets")).map(|target| word(target, "/expr")).collect();
    expressions.extend(list(&dashboard, "/annotations/list").iter().map(|a| word(a, "/expr")));
    expressions.extend(list(&rules, "/groups/0/rules").iter().map(|rule| word(rule, "/expr")));
    let variables = list(&dashboard, "/templating/list").iter().filter(|v| v["type"] == "query");
    for (selector, label) in variables.map(|variable| label_values(word(variable, "/definition"))) {
        let name = selector.split('{').next().expect("a name");
        assert!(exposed[name].contains(label), "{name} has no label {label}");
        expressions.push(selector);
    }
    assert!(expressions.len() > 40, "{}", expressions.len());
    let all_wrong: Vec<String> = expressions.iter().filter_map(|expr| wrong(expr, &exposed)).collect();
    assert!(all_wrong.is_empty(), "{}", all_wrong.join("\n"));

    // The other way round: whatever is exposed is worth a look somewhere.
    let unseen: Vec<&String> =
        exposed.keys().filter(|name| !expressions.iter().any(|e| e.contains(*name))).collect();
    assert!(unseen.is_empty(), "on no panel and in no alert: {unseen:?}");

    for broken in
        ["haldane_no_such_total", "up", "haldane_holds{", "1 + 1", "haldane_store_failing{region=\"a\"}"]
    {
        assert!(wrong(broken, &exposed).is_some(), "{broken}");
    }
    assert!(wrong("sum by (reigon) (haldane_gates_not_counted)", &exposed).is_some());
    assert!(wrong("haldane_gates_not_counted{region=\"$region\"}", &exposed).is_some());
}

#[test]
fn the_dashboard_is_one_that_grafana_imports() {
    let dashboard = dashboard();
    assert!(dashboard["schemaVersion"].as_u64().is_some_and(|version| version >= 36));
    assert!(dashboard["id"].is_null(), "an id is given by the Grafana that imports it");
    assert_eq!((word(&dashboard, "/uid"), word(&dashboard, "/title")), ("haldane", "Haldane"));
    let variables: Vec<&str> =
        list(&dashboard, "/templating/list").iter().map(|v| word(v, "/name")).collect();
    assert_eq!(variables, ["datasource", "service", "region"]);
    let (mut ids, mut taken) = (BTreeSet::new(), BTreeSet::new());
    for panel in list(&dashboard, "/panels") {
        let (title, place) = (word(panel, "/title"), &panel["gridPos"]);
        assert!(ids.insert(panel["id"].as_u64().expect("an id")), "{title}: its id is there before");
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|k| place[k].as_u64().expect("a place"));
        assert!(w > 0 && h > 0 && x + w <= 24, "{title}: {place}");
        for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
            assert!(taken.insert(cell), "{title} lies on another panel");
        }
        if panel["type"] != "row" {
            can_be_shown(panel, title);
        }
    }
    let text = dashboard.to_string();
    let used = text.split('$').skip(1).map(|rest| rest.trim_start_matches('{'));
    for name in used {
        let name: String = name.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        let known =
            variables.contains(&name.as_str()) || ["__rate_interval", "__all"].contains(&name.as_str());
        assert!(known, "${name} is no variable");
    }
}

fn can_be_shown(panel: &Value, title: &str) {
    let kinds = ["stat", "state-timeline", "table", "timeseries"];
    assert!(kinds.contains(&word(panel, "/type")), "{title}");
    assert!(!word(panel, "/description").is_empty() && !word(panel, "/fieldConfig/defaults/unit").is_empty());
    assert!(panel["options"].is_object() && panel["fieldConfig"]["overrides"].is_array(), "{title}");
    let mut references = BTreeSet::new();
    for query in list(panel, "/targets").iter().chain([panel]) {
        assert_eq!(word(query, "/datasource/type"), "prometheus", "{title}");
        assert_eq!(
            word(query, "/datasource/uid"),
            "${datasource}",
            "{title}: a datasource of somebody's Grafana"
        );
    }
    for query in list(panel, "/targets") {
        assert!(references.insert(word(query, "/refId")), "{title}: two queries of one name");
    }
}

#[test]
fn every_alert_says_what_to_do_and_is_seen_to_fire() {
    let (rules, tests) = (yaml("rules.yaml"), yaml("rules_test.yaml"));
    let operations = text(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/OPERATIONS.md"));
    let fires: BTreeSet<String> = list(&tests, "/tests")
        .iter()
        .flat_map(|test| list(test, "/promql_expr_test"))
        .flat_map(|asked| asked["exp_samples"].as_array().into_iter().flatten())
        .filter_map(|sample| {
            word(sample, "/labels").split("alertname=\"").nth(1)?.split('"').next().map(str::to_owned)
        })
        .collect();
    let mut names = BTreeSet::new();
    for rule in list(&rules, "/groups/0/rules") {
        let name = word(rule, "/alert");
        assert!(names.insert(name.to_owned()), "{name} is there twice");
        assert!(["critical", "warning"].contains(&word(rule, "/labels/severity")), "{name}");
        assert!(
            word(rule, "/annotations/summary").len() < 120
                && !word(rule, "/annotations/description").is_empty()
        );
        let runbook = format!("docs/OPERATIONS.md#{}", name.to_lowercase());
        assert_eq!(word(rule, "/annotations/runbook_url"), runbook);
        assert!(
            operations.contains(&format!("\n#### {name}\n")),
            "{name} has no section in docs/OPERATIONS.md"
        );
    }
    assert_eq!(names, fires, "each alert has to be seen firing in rules_test.yaml");
    let described = operations.lines().filter_map(|line| line.strip_prefix("#### Haldane"));
    for name in described.map(|rest| format!("Haldane{rest}")) {
        assert!(names.contains(&name), "docs/OPERATIONS.md describes {name}, which is no alert");
    }
}

#[test]
fn prometheus_own_tool_accepts_the_rules_and_their_tests() {
    // Without the program this ends in a sentence that says how to get it.
    let promtool = haldane_world::programs::find("promtool").unwrap_or_else(|missing| panic!("{missing}"));
    for arguments in [["check", "rules", "rules.yaml"], ["test", "rules", "rules_test.yaml"]] {
        let said = Command::new(&promtool).args(arguments).current_dir(file("")).output().expect("it runs");
        let (out, err) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
        assert!(said.status.success(), "promtool {}:\n{out}{err}", arguments.join(" "));
    }
}
