//! A file of templates: Flagger MetricTemplates, whose annotations say what Haldane counts.

use super::{TemplateError, builtin};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The prefix of the annotations that are Haldane's.
const PREFIX: &str = "haldane.dev/";

/// The one provider that Haldane asks.
const PROMETHEUS: &str = "prometheus";

/// A MetricTemplate: its name, its annotations, and what Flagger would ask.
#[derive(Debug)]
pub(super) struct Template {
    file: String,
    pub(super) name: String,
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) query: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(default)]
    api_version: String,
    kind: String,
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
}

#[derive(Default, Deserialize)]
struct Spec {
    #[serde(default)]
    provider: Provider,
    #[serde(default)]
    query: String,
}

#[derive(Default, Deserialize)]
struct Provider {
    #[serde(rename = "type", default)]
    kind: String,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

impl Template {
    /// Reads a file that holds one template; `file` names it in errors.
    pub(super) fn read_one(file: &str, text: &str) -> Result<Self, TemplateError> {
        let mut templates = Self::read(file, text)?;
        match (templates.pop(), templates.len()) {
            (Some(template), 0) => Ok(template),
            (_, others) => Err(TemplateError::Several { file: file.to_owned(), count: others + 1 }),
        }
    }

    /// Reads a file's templates, at least one.
    pub(super) fn read(file: &str, text: &str) -> Result<Vec<Self>, TemplateError> {
        let malformed = |problem: String| TemplateError::Malformed { file: file.to_owned(), problem };
        let documents: Vec<Option<Document>> =
            serde_saphyr::from_multiple(text).map_err(|e| malformed(e.to_string()))?;
        let read = |document: Document| Self::checked(file, document);
        let templates = documents.into_iter().flatten().map(read).collect::<Result<Vec<_>, _>>()?;
        if templates.is_empty() {
            return Err(malformed("it holds no document; write a Flagger MetricTemplate".to_owned()));
        }
        Ok(templates)
    }

    fn checked(file: &str, document: Document) -> Result<Self, TemplateError> {
        let Document { api_version, kind, metadata: Metadata { name, annotations }, spec } = document;
        let malformed = |problem: String| TemplateError::Malformed { file: file.to_owned(), problem };
        if kind != "MetricTemplate" || api_version != "flagger.app/v1beta1" {
            return Err(malformed(format!(
                "it is {kind:?} of {api_version:?}; write kind: MetricTemplate, apiVersion: flagger.app/v1beta1"
            )));
        }
        let provider = spec.provider.kind;
        if provider != PROMETHEUS {
            return Err(malformed(format!(
                "{name} asks a provider of the type {provider:?}; Haldane asks {PROMETHEUS} alone"
            )));
        }
        if spec.query.trim().is_empty() {
            return Err(malformed(format!("{name} has no spec.query, without which Flagger refuses it")));
        }
        let template = Self { file: file.to_owned(), name, annotations, query: spec.query };
        let unknown = template.given().find(|name| builtin::annotations().all(|known| known != *name));
        match unknown {
            None => Ok(template),
            Some(name) => {
                let known: Vec<_> = builtin::annotations().collect();
                Err(template.refused(
                    name,
                    format!("is no annotation that Haldane knows; it knows {}", known.join(", ")),
                ))
            }
        }
    }

    /// The names of Haldane's annotations that it has, after `haldane.dev/`.
    pub(super) fn given(&self) -> impl Iterator<Item = &str> {
        self.annotations.keys().filter_map(|key| key.strip_prefix(PREFIX))
    }

    /// The annotation `haldane.dev/{name}`, if it is there and says something.
    pub(super) fn optional(&self, name: &str) -> Option<&str> {
        let found = self.annotations.get(&format!("{PREFIX}{name}")).map(|text| text.trim());
        found.filter(|text| !text.is_empty())
    }

    /// The annotation `haldane.dev/{name}`.
    pub(super) fn annotation(&self, name: &'static str) -> Result<&str, TemplateError> {
        self.optional(name).ok_or_else(|| TemplateError::Lacks { file: self.file.clone(), annotation: name })
    }

    /// The refusal of one of its annotations.
    pub(super) fn refused(&self, name: &str, problem: String) -> TemplateError {
        TemplateError::Refused { file: self.file.clone(), annotation: format!("{PREFIX}{name}"), problem }
    }

    /// The refusal of its query.
    pub(super) fn refused_query(&self, problem: String) -> TemplateError {
        TemplateError::Refused { file: self.file.clone(), annotation: "spec.query".to_owned(), problem }
    }

    /// One of the words that an annotation may be; the first where it is not there.
    pub(super) fn word<T: Copy>(
        &self,
        name: &str,
        words: &[(&str, T)],
        absent: T,
    ) -> Result<T, TemplateError> {
        let Some(text) = self.optional(name) else { return Ok(absent) };
        words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
            let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            self.refused(name, format!("is {text:?}; write {}", known.join(" or ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "apiVersion: flagger.app/v1beta1\nkind: MetricTemplate\nmetadata:\n  name: a\n";
    const SPEC: &str = "spec: {provider: {type: prometheus}, query: up}\n";

    #[test]
    fn what_a_template_lacks_is_named_with_its_file() {
        let template = Template::read_one("x/y.yaml", &format!("{HEAD}{SPEC}")).unwrap();
        let lacks = template.annotation("bad").unwrap_err().to_string();
        assert_eq!(lacks, "x/y.yaml has no annotation haldane.dev/bad");
    }

    #[test]
    fn another_kind_or_provider_or_annotation_is_refused_by_name() {
        let says = |text: &str| Template::read("x.yaml", text).err().unwrap().to_string();
        assert!(
            says("{apiVersion: flagger.app/v1beta1, kind: Canary, metadata: {name: a}}")
                .contains("\"Canary\"")
        );
        assert!(
            says(&format!("{HEAD}{}", SPEC.replace("prometheus", "datadog"))).contains("type \"datadog\"")
        );
        assert!(says(HEAD).contains("type \"\""));
        assert!(says(&format!("{HEAD}{}", SPEC.replace("up", "\"\""))).contains("no spec.query"));
        let typo = says(&format!("{HEAD}  annotations: {{haldane.dev/singal: x}}\n{SPEC}"));
        assert!(
            typo.contains("haldane.dev/singal is no annotation") && typo.contains("signal, kind"),
            "{typo}"
        );
        assert!(says("").contains("no document") && says("---\n---\n").contains("no document"));
    }

    #[test]
    fn a_file_may_hold_several_but_not_where_one_is_meant() {
        let two = format!("---\n{HEAD}{SPEC}---\n{HEAD}{SPEC}");
        assert_eq!(Template::read("x.yaml", &two).unwrap().len(), 2);
        assert!(
            Template::read_one("x.yaml", &two).err().unwrap().to_string().contains("holds 2 MetricTemplates")
        );
    }
}
