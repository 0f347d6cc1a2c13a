//! One Canary, read once: for commands that ask and end. What lives on watches (`watch.rs`).

use super::kind::Kind;
use super::watch::line;
use kube::Client;
use kube::api::{Api, DynamicObject};
use serde_json::Value;

/// The Canary `namespace/name` as the API server has it; none if there is none.
///
/// # Errors
/// One line: the server cannot be reached, or does not let it be read.
pub async fn canary(client: &Client, namespace: &str, name: &str) -> Result<Option<Value>, String> {
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &Kind::Canary.resource());
    let found = api.get_opt(name).await.map_err(|error| line(&error))?;
    found.map(|object| serde_json::to_value(object).map_err(|error| line(&error))).transpose()
}
