//! Canaries out of a YAML file: several documents, a list as `kubectl get -o yaml` writes it, other objects beside them.

use super::Found;
use serde_json::Value;
use std::path::Path;
use thiserror::Error;

/// The Canaries of one file.
#[derive(Clone)]
pub struct CanaryFile {
    /// Its path as it was given.
    pub file: String,
    /// Its Canaries, in its order.
    pub canaries: Vec<Found>,
}

/// Why a file of Canaries cannot be used. Quotes nothing of it: credentials may stand anywhere.
#[derive(Debug, Error)]
pub enum CanaryFileError {
    /// The file cannot be read.
    #[error("{file}: cannot be read; check the path and its permissions")]
    Unreadable {
        /// Its path.
        file: String,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// It is no YAML.
    #[error("{file}:{line}: it is no YAML; write a Canary as kubectl get canary NAME -o yaml prints it")]
    Malformed {
        /// Its path.
        file: String,
        /// Line, from 1.
        line: u64,
    },
    /// A Canary that Flagger's own definition would refuse.
    #[error(
        "{file}: a Canary in it is of no known shape: {problem}; kubectl apply --dry-run=server says more"
    )]
    Shape {
        /// Its path.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// No Canary at all.
    #[error("{file}: there is no Canary in it; write one with kind: Canary")]
    NoCanary {
        /// Its path.
        file: String,
    },
}

impl CanaryFile {
    /// Reads the file at `path`.
    pub fn read(path: &Path) -> Result<Self, CanaryFileError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|source| CanaryFileError::Unreadable { file: file.clone(), source })?;
        Self::parse(file, &text)
    }

    /// Reads `text`; `file` names it in errors.
    pub fn parse(file: String, text: &str) -> Result<Self, CanaryFileError> {
        let documents: Vec<Value> = serde_saphyr::from_multiple(text).map_err(|error| {
            let line = error.location().map_or(1, |place| place.line());
            CanaryFileError::Malformed { file: file.clone(), line }
        })?;
        let objects = documents.into_iter().flat_map(listed).filter(|o| o["kind"] == "Canary");
        let read = |object| {
            Found::read(object).map_err(|problem| CanaryFileError::Shape { file: file.clone(), problem })
        };
        let canaries = objects.map(read).collect::<Result<Vec<_>, _>>()?;
        if canaries.is_empty() {
            return Err(CanaryFileError::NoCanary { file });
        }
        Ok(Self { file, canaries })
    }
}

/// A list's items, or the object itself.
fn listed(mut object: Value) -> Vec<Value> {
    match object["items"].take() {
        Value::Array(items) => items,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            vec![object]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: &str =
        "kind: Canary\nmetadata: {name: api, namespace: fnp}\nspec: {analysis: {threshold: 3}}\n";

    fn parse(text: &str) -> Result<CanaryFile, CanaryFileError> {
        CanaryFile::parse("c.yaml".to_owned(), text)
    }

    #[test]
    fn canaries_are_found_among_other_documents_and_in_lists() {
        let several = format!("---\nkind: Service\nmetadata: {{name: x}}\n---\n{API}---\n");
        let listed = "kind: List\nitems:\n- {kind: Canary, metadata: {name: api}, spec: {}}\n- {kind: Pod}\n";
        for (text, service, is) in [
            (several.as_str(), "fnp/api", true),
            (several.as_str(), "other/api", false),
            (listed, "any/api", true),
        ] {
            let read = parse(text).unwrap();
            assert_eq!((read.canaries.len(), read.canaries[0].is(service)), (1, is), "{text}");
        }
    }

    #[test]
    fn a_refusal_says_the_place_and_quotes_nothing() {
        let refused = |text: &str| parse(text).map(|_| ()).unwrap_err().to_string();
        assert!(refused("{").starts_with("c.yaml:1: it is no YAML"), "{}", refused("{"));
        assert!(refused("kind: Pod").contains("there is no Canary in it"));
        let wrong = API.replace("threshold: 3", "webhooks: \"http://u:hunter2@h\"");
        assert!(refused(&wrong).contains("of no known shape: ") && !refused(&wrong).contains("hunter2"));
    }
}
