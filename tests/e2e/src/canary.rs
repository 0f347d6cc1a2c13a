//! The Canary as it is in the API server: Flagger's own type, read without a copy of its definition.

use anyhow::{Context, Result};
use kube::api::{ApiResource, DynamicObject, GroupVersionKind};
use kube::{Api, Client};
use serde::Deserialize;
use serde_json::Value;

/// What a Canary's status says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CanaryNow {
    /// Its phase; empty before Flagger has seen it.
    pub phase: String,
    /// The weight as reported, which is not the live one in every phase.
    pub canary_weight: i64,
    /// Failed checks of this run.
    pub failed_checks: i64,
    /// Iterations of this run.
    pub iterations: i64,
    /// Flagger's hash of the template that was last analysed.
    pub last_applied_spec: String,
    /// Flagger's hash of the template that was last promoted.
    pub last_promoted_spec: String,
}

impl CanaryNow {
    pub(crate) fn of(object: &DynamicObject) -> Result<Self> {
        let status =
            object.data.get("status").cloned().unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        serde_json::from_value(status).context("the Canary's status")
    }
}

/// The Canaries of a namespace.
pub(crate) fn canaries(client: Client, namespace: &str) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("flagger.app", "v1beta1", "Canary");
    Api::namespaced_with(client, namespace, &ApiResource::from_gvk_with_plural(&kind, "canaries"))
}
