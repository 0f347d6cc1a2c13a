//! Fills a selector in: Flagger's variables, the policy's own matchers, and labels that every series must have.

use super::TemplateError;
use haldane_core::policy::PrometheusSource;

/// Whose selector.
#[derive(Clone, Copy)]
pub(super) enum Arm {
    Canary,
    Primary,
}

/// What selectors are filled in with.
pub(super) struct Render<'a> {
    source: &'a PrometheusSource,
    /// `,label="value"` for each label that every series must have.
    labels: String,
}

impl<'a> Render<'a> {
    pub(super) fn new(source: &'a PrometheusSource) -> Self {
        let matcher = |(name, value): (&String, &String)| format!(",{name}=\"{}\"", quoted(value));
        Self { source, labels: source.labels.iter().map(matcher).collect() }
    }

    /// `name{matchers}` with everything filled in.
    pub(super) fn selector(&self, arm: Arm, template: &str) -> Result<String, TemplateError> {
        let filled = self.fill(template)?;
        let (name, matchers) = parts(&filled);
        Ok(format!("{name}{{{}}}", self.matchers(arm, matchers)))
    }

    /// What stands between the braces: the policy's own matchers or the `family`'s, and the labels.
    pub(super) fn matchers(&self, arm: Arm, family: &str) -> String {
        let own = match arm {
            Arm::Canary => &self.source.canary,
            Arm::Primary => &self.source.primary,
        };
        let matchers = own.as_deref().unwrap_or(family).trim().trim_end_matches(',');
        let labels = if matchers.is_empty() { self.labels.trim_start_matches(',') } else { &self.labels };
        format!("{matchers}{labels}")
    }

    fn fill(&self, template: &str) -> Result<String, TemplateError> {
        let mut filled = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("{{") {
            let (variable, after) = after.split_once("}}").unwrap_or((after, ""));
            filled.push_str(before);
            filled.push_str(match variable.trim() {
                "namespace" => &self.source.namespace,
                "target" => &self.source.target,
                other => return Err(TemplateError::Variable { variable: other.to_owned() }),
            });
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

/// The metric's name and what stands between its braces.
pub(super) fn parts(selector: &str) -> (&str, &str) {
    let selector = selector.trim();
    let (name, matchers) = selector.split_once('{').unwrap_or((selector, ""));
    (name.trim(), matchers.strip_suffix('}').unwrap_or(matchers))
}

/// A label's value as PromQL writes it between double quotes.
fn quoted(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"")
}
