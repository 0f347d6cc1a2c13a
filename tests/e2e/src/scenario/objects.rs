//! The objects that a scenario begins with, as somebody would write them for `kubectl apply`.

use super::{NAME, Setup, Target};
use crate::canary::canaries;
use crate::nodes::BEHAVIOUR;
use crate::{Conduct, Plane, istio};
use anyhow::{Context, Result};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::api::networking::v1::Ingress;
use kube::Api;
use kube::api::PostParams;
use serde_json::{Value, json};

pub(super) async fn create(plane: &Plane, setup: &Setup) -> Result<()> {
    let (client, namespace, create) = (plane.client(), setup.namespace.as_str(), PostParams::default());
    let object = serde_json::from_value(json!({"metadata": {"name": namespace}}))?;
    Api::<Namespace>::all(client.clone()).create(&create, &object).await?;
    let deployments: Api<Deployment> = Api::namespaced(client.clone(), namespace);
    let (version, conduct) = &setup.version;
    match setup.target {
        Target::Deployment => {
            deployments.create(&create, &serde_json::from_value(deployment(setup)?)?).await?;
            let object = serde_json::from_value(ingress(namespace))?;
            Api::<Ingress>::namespaced(client.clone(), namespace).create(&create, &object).await?;
        }
        Target::Service => {
            deployments.create(&create, &serde_json::from_value(deployment_of(version, *conduct)?)?).await?;
            let object = serde_json::from_value(service(version))?;
            istio::services(client.clone(), namespace).create(&create, &object).await?;
        }
    }
    let object = serde_json::from_value(canary(setup)?)?;
    canaries(client, namespace).create(&create, &object).await?;
    Ok(())
}

/// The container of a version.
pub(super) fn container(version: &str, conduct: Conduct) -> Result<Value> {
    Ok(json!({
        "name": NAME,
        "image": format!("registry.example/{NAME}:{version}"),
        "ports": [{"name": "http", "containerPort": 8080}],
        "env": [{"name": BEHAVIOUR, "value": serde_json::to_string(&conduct)?}],
    }))
}

/// The name of the Deployment that a version has to itself.
pub(super) fn version_name(version: &str) -> String {
    format!("{NAME}-{}", version.replace('.', "-"))
}

/// The Deployment that a version has to itself.
pub(super) fn deployment_of(version: &str, conduct: Conduct) -> Result<Value> {
    let labels = json!({"app": NAME, "version": version});
    Ok(json!({
        "metadata": {"name": version_name(version), "labels": labels},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container(version, conduct)?]}},
        },
    }))
}

/// The Service that selects a version's pods. Of type `ExternalName`, because Flagger cannot copy one that has an address;
/// a cluster's DNS would follow the name, [`crate::Fronts`] follows the selector beside it.
fn service(version: &str) -> Value {
    json!({
        "metadata": {"name": NAME},
        "spec": {
            "type": "ExternalName",
            "externalName": format!("{}.example", version_name(version)),
            "selector": {"app": NAME, "version": version},
            "ports": [{"name": "http", "port": 80, "targetPort": 8080}],
        },
    })
}

fn deployment(setup: &Setup) -> Result<Value> {
    let (version, conduct) = &setup.version;
    Ok(json!({
        "metadata": {"name": NAME, "namespace": setup.namespace, "labels": {"app": NAME}},
        "spec": {
            "replicas": setup.replicas,
            "progressDeadlineSeconds": setup.progress_deadline_s,
            "selector": {"matchLabels": {"app": NAME}},
            "template": {
                "metadata": {"labels": {"app": NAME}},
                "spec": {"containers": [container(version, *conduct)?]},
            },
        },
    }))
}

fn ingress(namespace: &str) -> Value {
    let backend = json!({"service": {"name": NAME, "port": {"number": 80}}});
    json!({
        "metadata": {"name": NAME, "namespace": namespace, "labels": {"app": NAME}},
        "spec": {
            "ingressClassName": "nginx",
            "rules": [{
                "host": format!("{namespace}.example"),
                "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
            }],
        },
    })
}

fn canary(setup: &Setup) -> Result<Value> {
    let mut spec = match setup.target {
        Target::Deployment => json!({
            "provider": "nginx",
            "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": NAME},
            "ingressRef": {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": NAME},
            "service": {"port": 80, "targetPort": 8080},
        }),
        Target::Service => json!({
            "provider": "istio",
            "targetRef": {"apiVersion": "v1", "kind": "Service", "name": NAME},
            "service": {"port": 80, "targetPort": 8080},
        }),
    };
    spec["analysis"] = setup.analysis.clone();
    let more = setup.spec.as_object().context("what is merged into a spec is an object")?;
    let fields = spec.as_object_mut().context("a spec is an object")?;
    fields.extend(more.clone());
    Ok(json!({
        "apiVersion": "flagger.app/v1beta1",
        "kind": "Canary",
        "metadata": {"name": NAME, "namespace": setup.namespace},
        "spec": spec,
    }))
}
