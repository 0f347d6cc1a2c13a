//! As much of Istio as Flagger writes: two kinds of objects, and what a route says.
//!
//! Their definitions accept anything: what Flagger writes into them is what the tests look at.

use k8s_openapi::api::core::v1::Service;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind};
use kube::{Api, Client};

/// The definitions of VirtualService and DestinationRule, for `kubectl apply`.
pub(crate) fn definitions() -> String {
    let definition = |kind: &str, plural: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: {plural}.networking.istio.io}}
spec:
  group: networking.istio.io
  scope: Namespaced
  names: {{kind: {kind}, plural: {plural}}}
  versions:
  - name: v1beta1
    served: true
    storage: true
    schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}
"
        )
    };
    definition("VirtualService", "virtualservices")
        + "---\n"
        + &definition("DestinationRule", "destinationrules")
}

/// How a VirtualService is called in the API.
pub(crate) fn virtual_service() -> ApiResource {
    let kind = GroupVersionKind::gvk("networking.istio.io", "v1beta1", "VirtualService");
    ApiResource::from_gvk_with_plural(&kind, "virtualservices")
}

/// The VirtualServices of a namespace.
pub(crate) fn virtual_services(client: Client, namespace: &str) -> Api<DynamicObject> {
    Api::namespaced_with(client, namespace, &virtual_service())
}

/// The Services of the first HTTP route in order, each with its weight in percent.
pub(crate) fn weights(object: &DynamicObject) -> Vec<(String, u32)> {
    let destinations = object.data.pointer("/spec/http/0/route").and_then(|route| route.as_array());
    let weight = |destination: &serde_json::Value| {
        let host = destination.pointer("/destination/host")?.as_str()?.to_owned();
        let weight = destination.get("weight").and_then(serde_json::Value::as_u64).unwrap_or(0);
        Some((host, u32::try_from(weight).ok()?))
    };
    destinations.into_iter().flatten().filter_map(weight).collect()
}

/// The Services of a namespace.
pub(crate) fn services(client: Client, namespace: &str) -> Api<Service> {
    Api::namespaced(client, namespace)
}
