//! A selector of a place that is no template's: a guard's, with the service's names put in and the policy's labels beside them.

use super::names::Names;
use super::render::{Arm, Render};
use super::selector::Shape;
use super::{TemplateError, lists::For};
use haldane_core::policy::PrometheusSource;

/// `template`, whose holes are names as in any template, for the service that `source` names.
pub(crate) fn place(source: &PrometheusSource, template: &str) -> Result<String, TemplateError> {
    let render = Render::for_own(source);
    let refused = |problem: String| TemplateError::Own { key: "guard", problem };
    let shape = Shape::read(template).map_err(refused)?;
    let shape = Shape { lists: render.matchers(Arm::Place, &shape.lists), ..shape };
    shape.print(&For::Query(&Names::from(source))).map_err(|e| refused(e.to_string()))
}

/// `label="value"`, and `label=~"one|other"` where any of these will do.
pub(crate) fn matcher(label: &str, values: &[String]) -> String {
    match values {
        [one] => format!("{label}=\"{}\"", super::escape::quoted(one)),
        several => {
            let any: Vec<String> = several.iter().map(|value| super::escape::literal(value)).collect();
            format!("{label}=~\"{}\"", super::escape::quoted(&any.join("|")))
        }
    }
}
