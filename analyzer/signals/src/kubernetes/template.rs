//! A user's own MetricTemplate, read once from a region's cluster: the object that Flagger asks by, so that the two ask the same.
//!
//! What Haldane counts stands in its annotations, so the whole object is handed on as text, and read where files are read.

use super::watch::line;
use kube::Client;
use kube::api::{Api, DynamicObject};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::{Value, json};

const GROUP: &str = "flagger.app";
const VERSION: &str = "v1beta1";
const KIND: &str = "MetricTemplate";
const PLURAL: &str = "metrictemplates";

/// The MetricTemplate `namespace/name` as the API server has it, as JSON, which is YAML, too; none if there is none.
///
/// Without `status` and `metadata.managedFields`, which nobody wrote.
///
/// # Errors
/// One line: the server cannot be reached, or does not let it be read, and then what to allow.
pub async fn metric_template(client: &Client, namespace: &str, name: &str) -> Result<Option<String>, String> {
    let kind = GroupVersionKind::gvk(GROUP, VERSION, KIND);
    let resource = ApiResource::from_gvk_with_plural(&kind, PLURAL);
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &resource);
    let found = api.get_opt(name).await.map_err(|error| told(&error, namespace, name))?;
    found.map(|object| text(&object)).transpose()
}

fn told(error: &kube::Error, namespace: &str, name: &str) -> String {
    let what = format!("{PLURAL} {namespace}/{name}: {}", line(error));
    if let kube::Error::Api(status) = error
        && matches!(status.code, 401 | 403)
    {
        return format!("{what}; allow it to get {PLURAL} of {GROUP} in {namespace}");
    }
    what
}

fn text(object: &DynamicObject) -> Result<String, String> {
    let mut object = serde_json::to_value(object).map_err(|error| line(&error))?;
    if let Value::Object(parts) = &mut object {
        parts.remove("status");
        // A server may leave both out of what it was asked for by name.
        parts.insert("apiVersion".to_owned(), json!(format!("{GROUP}/{VERSION}")));
        parts.insert("kind".to_owned(), json!(KIND));
        if let Some(Value::Object(metadata)) = parts.get_mut("metadata") {
            metadata.remove("managedFields");
        }
    }
    Ok(object.to_string())
}
