//! A Canary as a command reads it: once, from a cluster or from a file.
//!
//! `haldane serve` watches; `check` and `init` ask once and end. What they read may carry credentials (in addresses and
//! in metadata), so nothing here prints it.

mod file;
mod hook;
mod live;
mod strategy;

pub use file::{CanaryFile, CanaryFileError};
pub use hook::{Ours, ours};
pub use live::live;
pub use strategy::{of_policy, top_only};

use haldane_signals::kubernetes::{CanaryObject, CanarySpec};
use serde_json::Value;

/// A Canary that was read.
#[derive(Clone)]
pub struct Found {
    /// Its namespace; absent where a file leaves it to whoever applies it.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// What somebody asked for.
    pub spec: CanarySpec,
    /// `spec.metricsServer`: where Flagger's built-in checks ask. May carry a credential.
    pub metrics_server: Option<String>,
}

impl Found {
    /// Reads a Canary's object.
    ///
    /// # Errors
    /// What is wrong with its shape, without anything that stands in it.
    pub fn read(object: Value) -> Result<Self, String> {
        let text = |value: &Value| value.as_str().filter(|t| !t.is_empty()).map(str::to_owned);
        let metadata = &object["metadata"];
        let name = text(&metadata["name"]).ok_or_else(|| "it has no metadata.name".to_owned())?;
        let (namespace, metrics_server) =
            (text(&metadata["namespace"]), text(&object["spec"]["metricsServer"]));
        let canary: CanaryObject =
            serde_json::from_value(object).map_err(|error| unquoted(&error.to_string()))?;
        Ok(Self { namespace, name, spec: canary.spec, metrics_server })
    }

    /// Whether it is the Canary `namespace/name`; one without a namespace is, if the name is.
    pub fn is(&self, service: &str) -> bool {
        let (namespace, name) = service.split_once('/').unwrap_or(("", service));
        self.name == name && self.namespace.as_deref().is_none_or(|own| own == namespace)
    }
}

/// A problem without the text that it quotes: serde says `invalid type: string "hunter2", expected …`.
fn unquoted(problem: &str) -> String {
    let outside: Vec<&str> = problem.split('"').step_by(2).collect();
    outside.join("…").chars().filter(|c| !c.is_control()).take(160).collect()
}
