//! What `POST /control` takes: changes of behaviour, and faults for tests.

use super::behaviour::Behaviour;
use serde::{Deserialize, Serialize};

/// What `/metrics` does while requests go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MetricsAnswer {
    /// It answers.
    #[default]
    Served,
    /// It accepts and never answers.
    Hangs,
    /// It answers 503.
    Unavailable,
}

/// A change; what is absent stays as it is. The same object with everything present is what `GET /control` gives.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Control {
    /// From the next request on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behaviour: Option<Behaviour>,
    /// From the next scrape on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<MetricsAnswer>,
    /// Ends the process at once with this code: the call gets no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
}
