//! Users' own MetricTemplates: any signal of any series, in the words of the shipped ones.
//!
//! A template that Flagger asks already, without one of Haldane's annotations, is usable as it is: its query is asked for
//! the canary, and judged as a gauge with one sample per poll.

use super::TemplateError;
use super::builtin::{self, FROM_PROBES, annotations_of};
use super::file::Template;
use super::lists::Lists;
use super::render::Render;
use super::signal::{SignalQueries, What, what};
use haldane_core::policy::PrometheusSource;
use haldane_core::signal::Kind;
use promql_parser::parser::{self, Expr, VectorSelector};
use promql_parser::util::{ExprVisitor, walk_expr};

/// What the one MetricTemplate of a user's file asks for `signal`; `file` names it in errors. The selectors are the user's: names
/// and the source's labels are put in, but the policy's own matchers do not replace anything.
///
/// # Errors
/// What is wrong with the file, with what to write instead.
pub fn own_queries(
    source: &PrometheusSource,
    signal: &str,
    template_text: &str,
    file: &str,
) -> Result<SignalQueries, TemplateError> {
    let template = Template::read_one(file, template_text)?;
    let render = Render::for_own(source);
    if let Some(said) = template.optional("signal").filter(|said| *said != signal) {
        let problem = format!("is {said:?}, but a gate of {signal} names this template; write {signal}");
        return Err(template.refused("signal", problem));
    }
    if signal == FROM_PROBES.name() {
        let problem = format!("is {signal:?}, which is judged from probes; name the signal otherwise");
        return Err(template.refused("signal", problem));
    }
    let is_scalar = template.given().all(|name| ["signal", "kind", "query-primary"].contains(&name));
    let kind = kind(&template, signal, is_scalar)?;
    let stranger = template.given().find(|name| {
        let common = ["signal", "kind"].contains(name);
        let goes = annotations_of(kind).contains(name) && (is_scalar || *name != "query-primary");
        !common && !goes
    });
    if let Some(name) = stranger {
        let goes = annotations_of(kind).join(", ");
        let problem = format!("does not go with the others of a {}; write {goes}", kind.name());
        return Err(template.refused(name, problem));
    }
    let what = if is_scalar { scalar(&template, &render)? } else { what(&template, &render, kind)? };
    Ok(SignalQueries { kind, what })
}

fn kind(template: &Template, signal: &str, is_scalar: bool) -> Result<Kind, TemplateError> {
    let said = template.optional("kind").map(|text| {
        let unknown = || format!("is {text:?}; write ratio, rate, latency, gauge or place");
        let named = Kind::ALL.into_iter().find(|kind| kind.name() == text);
        named.ok_or_else(|| template.refused("kind", unknown()))
    });
    let said = said.transpose()?;
    let kind = match (said, builtin::kind(signal)) {
        (Some(said), Some(built_in)) if said != built_in => {
            let problem = format!(
                "is {}, but {signal} is a {}; name the signal otherwise",
                said.name(),
                built_in.name()
            );
            return Err(template.refused("kind", problem));
        }
        (Some(kind), _) | (None, Some(kind)) => kind,
        (None, None) if is_scalar => Kind::Gauge,
        (None, None) => template.annotation("kind").map(|_| Kind::Gauge)?,
    };
    if is_scalar && kind != Kind::Gauge {
        let wanted = annotations_of(kind).join(", ");
        let problem = format!(
            "alone is one number, judged as a gauge, but {signal} is a {}; write {wanted}, or name the signal otherwise",
            kind.name()
        );
        return Err(template.refused_query(problem));
    }
    Ok(kind)
}

fn scalar(template: &Template, render: &Render) -> Result<What, TemplateError> {
    let asked = |query: &str| {
        let text = render.query(query)?;
        checked(&text, &render.labels())?;
        Ok(text)
    };
    let canary = asked(&template.query).map_err(|problem| template.refused_query(problem))?;
    let primary = template.optional("query-primary").map(asked).transpose();
    Ok(What::Scalar {
        canary,
        primary: primary.map_err(|problem| template.refused("query-primary", problem))?,
    })
}

/// PromQL, and each of its selectors has the labels that every series must have.
fn checked(query: &str, labels: &Lists) -> Result<(), String> {
    let expression =
        parser::parse(query).map_err(|e| format!("is not PromQL: {}", crate::reason::snippet(&e)))?;
    let wanted: Vec<&str> = labels.labels().collect();
    walk_expr(&mut Labelled(&wanted), &expression).map(|_| ())
}

struct Labelled<'a>(&'a [&'a str]);

impl ExprVisitor for Labelled<'_> {
    type Error = String;

    fn pre_visit(&mut self, expression: &Expr) -> Result<bool, String> {
        match expression {
            Expr::VectorSelector(selector) => self.check(selector),
            Expr::MatrixSelector(matrix) => self.check(&matrix.vs),
            Expr::Aggregate(_)
            | Expr::Unary(_)
            | Expr::Binary(_)
            | Expr::Paren(_)
            | Expr::Subquery(_)
            | Expr::NumberLiteral(_)
            | Expr::StringLiteral(_)
            | Expr::Call(_)
            | Expr::Extension(_) => Ok(true),
        }
    }
}

impl Labelled<'_> {
    fn check(&self, selector: &VectorSelector) -> Result<bool, String> {
        let missing = self.0.iter().find(|label| selector.matchers.find_matchers(label).is_empty());
        missing.map_or(Ok(true), |label| {
            let metric = selector.name.as_deref().unwrap_or_default();
            Err(format!(
                "selects {metric} without braces; write {metric}{{}}, so that the label {label} can be put in"
            ))
        })
    }
}
