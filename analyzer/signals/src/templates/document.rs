//! A family's templates as Flagger is to have them for one service: the same series that Haldane counts.
//!
//! Flagger fills namespace and target in by itself. What it cannot know are the policy's own matchers and labels: without
//! them its query would find nothing, pass for ever, and look like a check.

use super::render::{Arm, Render, parts};
use super::{TemplateError, file::Template, template};
use haldane_core::policy::PrometheusSource;
use haldane_core::signal::Signal;
use std::collections::BTreeMap;

/// What the names of shipped templates begin with.
const PREFIX: &str = "haldane-";

/// One MetricTemplate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What it asks for.
    pub signal: Signal,
    /// Its name: the family's and the signal's; one with selectors of its own is named after the service, too, because
    /// others in its namespace must not share it.
    pub name: String,
    /// What Haldane asks, key to selector.
    pub annotations: BTreeMap<String, String>,
    /// What Flagger asks.
    pub query: String,
}

/// The templates of the family of `source`, in the order of [`Signal::CORE`]; `canary` is the Canary's name.
///
/// # Errors
///
/// When a shipped template is broken; a test renders every one.
pub fn documents(source: &PrometheusSource, canary: &str) -> Result<Vec<Document>, TemplateError> {
    let render = Render::new(source);
    Signal::CORE.into_iter().map(|signal| document(source, signal, &render, canary)).collect()
}

fn document(
    source: &PrometheusSource,
    signal: Signal,
    render: &Render<'_>,
    canary: &str,
) -> Result<Document, TemplateError> {
    let Template { name, mut annotations, mut query, .. } = template(source.family, signal)?;
    let own = source.canary.is_some() || !source.labels.is_empty();
    if !own {
        return Ok(Document { signal, name, annotations, query });
    }
    for (key, text) in &mut annotations {
        let arm = match key.rsplit('-').next() {
            Some("canary") => Arm::Canary,
            Some("primary") => Arm::Primary,
            Some(_) | None => continue,
        };
        let (metric, family) = parts(text);
        let matchers = render.matchers(arm, family);
        if matches!(arm, Arm::Canary) {
            query = query.replace(&format!("{{{family}"), &format!("{{{}", for_go(&matchers, family)));
        }
        *text = format!("{metric}{{{matchers}}}");
    }
    let name = format!("{PREFIX}{canary}-{}", name.trim_start_matches(PREFIX));
    Ok(Document { signal, name, annotations, query })
}

/// Flagger reads a query as a Go template, where `{{` begins a function. The family's part is meant so; labels are not.
fn for_go(matchers: &str, family: &str) -> String {
    match matchers.strip_prefix(family) {
        Some(labels) => format!("{family}{}", labels.replace("{{", "{{\"{{\"}}")),
        None => matchers.replace("{{", "{{\"{{\"}}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::source;
    use super::*;
    use haldane_core::policy::Family;

    #[test]
    fn a_family_s_templates_are_the_shipped_ones() {
        for family in Family::ALL {
            let documents = documents(&source(family), "api").unwrap();
            assert_eq!(documents.iter().map(|d| d.signal).collect::<Vec<_>>(), Signal::CORE);
            for document in documents {
                assert_eq!(document.name, format!("haldane-{}-{}", family.name(), document.signal));
                assert!(
                    document.query.contains("{{ namespace }}") && document.query.contains("{{ interval }}")
                );
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
            let Document { name, query, annotations, .. } = &document;
            assert_eq!(*name, format!("haldane-api-plain-{}", document.signal));
            assert!(!query.contains("{{ target }}") && !query.contains("stable"), "{query}");
            let all = query.matches("[{{ interval }}]").count();
            let narrowed = query.matches("{track=\"canary\",region=\"{{\"{{\"}}us}}\"").count();
            assert_eq!(narrowed, all, "{query}");
            assert!(annotations.values().any(|text| text.contains("{track=\"stable\",region=\"{{us}}\"}")));
        }
    }

    #[test]
    fn labels_alone_are_added_to_the_family_s_matchers() {
        let mut source = source(Family::Istio);
        source.labels = [("region".to_owned(), "apac".to_owned())].into();
        for Document { query, .. } in documents(&source, "api").unwrap() {
            let narrowed = query.matches("destination_workload=\"{{ target }}\",region=\"apac\"").count();
            assert_eq!(narrowed, query.matches("[{{ interval }}]").count(), "{query}");
        }
    }
}
