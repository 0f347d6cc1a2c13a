//! One template file: a Flagger MetricTemplate, of which only the annotations are read here.

use super::TemplateError;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The prefix of the annotations that are Haldane's.
const PREFIX: &str = "haldane.dev/";

/// A MetricTemplate's annotations.
pub(super) struct Template {
    file: String,
    annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Document {
    kind: String,
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
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
        Ok(Self { file, annotations: document.metadata.annotations })
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
