//! One region's API server, which shows what the model of Flagger has done.

use crate::api::ApiServer;
use crate::line::Line;
use haldane_clock::Clock;
use haldane_core::time::Timestamp;
use haldane_flagger_model::{CanarySpec, Flagger, Status, checksum};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::task::JoinHandle;

const CANARIES: &str = "/apis/flagger.app/v1beta1/namespaces/fnp/canaries";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/fnp/deployments";
const INGRESSES: &str = "/apis/networking.k8s.io/v1/namespaces/fnp/ingresses";

pub(crate) struct Cluster {
    server: Arc<ApiServer>,
    follows: JoinHandle<()>,
}

impl Cluster {
    /// A server that follows `flagger` write by write, as of `clock`.
    pub(crate) async fn start(flagger: &Flagger, clock: Clock) -> Self {
        let server = Arc::new(ApiServer::start().await);
        let (mut live, mut status, cluster) = (flagger.live(), flagger.statuses(), flagger.cluster());
        let shown = server.clone();
        let follow = async move {
            loop {
                let (routes, state) = (live.borrow_and_update().clone(), status.borrow_and_update().clone());
                // Routes first, as Flagger writes them.
                shown.put(DEPLOYMENTS, deployment(&cluster.target_revision()));
                shown.put(INGRESSES, ingress(routes.canary_weight));
                shown.put(CANARIES, canary(&cluster.spec(), &state, clock.now()));
                let changed = tokio::select! {
                    changed = live.changed() => changed,
                    changed = status.changed() => changed,
                };
                if changed.is_err() {
                    return;
                }
            }
        };
        Self { server, follows: tokio::spawn(follow) }
    }

    /// A line to the server, and a kubeconfig in `folder` that leads there.
    pub(crate) fn line(&self, folder: &Path, region: &str) -> (Line, PathBuf) {
        let text = std::fs::read_to_string(self.server.kubeconfig()).unwrap();
        let mut config: Value = serde_json::from_str(&text).unwrap();
        let server = config["clusters"][0]["cluster"]["server"].as_str().unwrap();
        let address: SocketAddr = server.strip_prefix("http://").unwrap().parse().unwrap();
        let line = Line::to(address);
        config["clusters"][0]["cluster"]["server"] = format!("http://{}", line.address()).into();
        config["contexts"][0]["name"] = region.into();
        config["current-context"] = region.into();
        let file = folder.join(format!("{region}.kubeconfig"));
        std::fs::write(&file, config.to_string()).unwrap();
        (line, file)
    }

    /// The new revision, which somebody has written into the target.
    pub(crate) fn deployed(&self, revision: &str) {
        self.server.put(DEPLOYMENTS, deployment(revision));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.follows.abort();
    }
}

fn canary(spec: &CanarySpec, status: &Status, written: Timestamp) -> Value {
    let written = chrono::DateTime::from_timestamp(written.as_us() / 1_000_000, 0).unwrap();
    json!({"apiVersion": "flagger.app/v1beta1", "kind": "Canary", "metadata": {"name": "api", "namespace": "fnp"},
        "spec": {"targetRef": {"kind": "Deployment", "name": "api"}, "ingressRef": {"name": "api"},
            "analysis": {"interval": "10s", "threshold": spec.threshold, "stepWeights": spec.step_weights}},
        "status": {"phase": status.phase.name(), "canaryWeight": status.canary_weight,
            "failedChecks": status.failed_checks, "iterations": status.iterations,
            "lastAppliedSpec": checksum(&status.last_applied_revision),
            "lastPromotedSpec": checksum(&status.last_promoted_revision),
            "lastTransitionTime": written.format("%Y-%m-%dT%H:%M:%SZ").to_string()}})
}

fn deployment(revision: &str) -> Value {
    let image = format!("registry.example/api:{revision}");
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api", "namespace": "fnp"},
        "spec": {"template": {"spec": {"containers": [{"name": "api", "image": image}]}}}})
}

fn ingress(weight: u32) -> Value {
    let annotations = json!({"nginx.ingress.kubernetes.io/canary": "true",
        "nginx.ingress.kubernetes.io/canary-weight": weight.to_string()});
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"name": "api-canary", "namespace": "fnp", "annotations": annotations}})
}
