//! A family's templates as Flagger is to have them for one service: the same series that Haldane counts.
//!
//! Flagger fills names in by itself. What it cannot know are the policy's own matchers and labels: without
//! them its query would find nothing, pass for ever, and look like a check.

use super::file::Template;
use super::lists::{For, Lists};
use super::query::Query;
use super::render::{Arm, Render, shape};
use super::selector::Shape;
use super::{TemplateError, builtin, shipped};
use haldane_core::policy::PrometheusSource;
use std::collections::BTreeMap;

/// What the names of shipped templates begin with.
const PREFIX: &str = "haldane-";

/// The annotations that are selectors, and whose series they select.
const SELECTORS: [(&str, Arm); 9] = [
    ("count-canary", Arm::Canary),
    ("count-primary", Arm::Primary),
    ("buckets-canary", Arm::Canary),
    ("buckets-primary", Arm::Primary),
    ("value-canary", Arm::Canary),
    ("value-primary", Arm::Primary),
    ("per-canary", Arm::Canary),
    ("per-primary", Arm::Primary),
    ("value-place", Arm::Place),
];

/// One MetricTemplate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The name of the signal that it asks for.
    pub signal: &'static str,
    /// Its name: the family's and the signal's; one with selectors of its own is named after the service, too, because
    /// others in its namespace must not share it.
    pub name: String,
    /// What Haldane asks, key to selector.
    pub annotations: BTreeMap<String, String>,
    /// What Flagger asks.
    pub query: String,
}

/// The templates of the family of `source`, one for each signal that has one, in the order in which reports list them;
/// `plain`'s where the family has no series of its own. `canary` is the Canary's name.
///
/// # Errors
///
/// Matchers in the policy that are none; else when a shipped template is broken, and a test renders every one.
pub fn documents(source: &PrometheusSource, canary: &str) -> Result<Vec<Document>, TemplateError> {
    let render = Render::new(source)?;
    builtin::names().map(|signal| document(source, signal, &render, canary)).collect()
}

fn document(
    source: &PrometheusSource,
    signal: &'static str,
    render: &Render,
    canary: &str,
) -> Result<Document, TemplateError> {
    let mut template = shipped::template(source.family, signal)?;
    if !render.changes_selectors() {
        let Template { name, annotations, query, .. } = template;
        return Ok(Document { signal, name, annotations, query });
    }
    let mut primaries = Vec::new();
    let mut is_place = false;
    for (key, arm) in SELECTORS {
        if template.optional(key).is_none() {
            continue;
        }
        let family = shape(&template, key)?;
        let lists = render.matchers(arm, &family.lists);
        match arm {
            Arm::Primary => primaries.push(family.lists),
            Arm::Place => is_place = true,
            Arm::Canary => {}
        }
        let text = Shape { lists, ..shape(&template, key)? }.print(&For::Flagger);
        let text = text.map_err(|refused| template.refused(key, refused.to_string()))?;
        template.annotations.insert(format!("haldane.dev/{key}"), text);
    }
    let change = |lists: Lists| {
        let arm = match primaries.iter().any(|primary| lists.includes(primary)) {
            _ if is_place => Arm::Place,
            true => Arm::Primary,
            false => Arm::Canary,
        };
        render.matchers(arm, &lists)
    };
    let query = Query::read(&template.query).map(|query| query.map(change).template());
    let query = query.map_err(|problem| template.refused_query(problem))?;
    let query = query.map_err(|refused| template.refused_query(refused.to_string()))?;
    let name = format!("{PREFIX}{canary}-{}", template.name.trim_start_matches(PREFIX));
    Ok(Document { signal, name, annotations: template.annotations, query })
}
