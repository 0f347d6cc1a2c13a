//! One template file: a Flagger MetricTemplate, whose annotations say what Haldane counts.

use super::TemplateError;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The prefix of the annotations that are Haldane's.
const PREFIX: &str = "haldane.dev/";

/// A MetricTemplate: its name, its annotations, and what Flagger would ask.
pub(super) struct Template {
    file: String,
    pub(super) name: String,
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) query: String,
}

#[derive(Deserialize)]
struct Document {
    kind: String,
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
}

#[derive(Default, Deserialize)]
struct Spec {
    query: String,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

impl Template {
    /// Reads `text`; `file` names it in errors.
    pub(super) fn read(file: String, text: &str) -> Result<Self, TemplateError> {
        let malformed = |problem: String| TemplateError::Malformed { file: file.clone(), problem };
        let document: Document = serde_saphyr::from_str(text).map_err(|e| malformed(e.to_string()))?;
        if document.kind != "MetricTemplate" {
            return Err(malformed(format!("kind is {:?}, not MetricTemplate", document.kind)));
        }
        let Metadata { name, annotations } = document.metadata;
        Ok(Self { file, name, annotations, query: document.spec.query })
    }

    /// The annotation `haldane.dev/{name}`.
    pub(super) fn annotation(&self, name: &'static str) -> Result<&str, TemplateError> {
        let found = self.annotations.get(&format!("{PREFIX}{name}")).map(|text| text.trim());
        let lacks = || TemplateError::Lacks { file: self.file.clone(), annotation: name };
        found.filter(|text| !text.is_empty()).ok_or_else(lacks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_template_lacks_is_named_with_its_file() {
        let template =
            Template::read("x/y.yaml".into(), "{kind: MetricTemplate, metadata: {name: a}}").unwrap();
        let lacks = template.annotation("bad").unwrap_err().to_string();
        assert_eq!(lacks, "metric-templates/x/y.yaml has no annotation haldane.dev/bad");
    }

    #[test]
    fn another_kind_is_refused() {
        assert!(Template::read("x.yaml".into(), "{kind: Canary, metadata: {}}").is_err());
    }
}
