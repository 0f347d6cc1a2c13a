//! A cluster as it is read: seen, changed, forbidden, gone, cut off. Against a small API server of our own, because a real
//! one refuses nothing on command; against real ones see the end-to-end tests.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, too, fail the test on the spot")]

mod pods;
mod server;
mod template;

use haldane_clock::Clock;
use haldane_core::cluster::{CanaryView, Phase, Seen};
use haldane_core::policy::{ClusterAccess, Routes};
use haldane_signals::kubernetes::{NamespaceWatch, Observer, client};
use serde_json::{Value, json};
use server::ApiServer;

const CANARIES: &str = "/apis/flagger.app/v1beta1/namespaces/fnp/canaries";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/fnp/deployments";
const INGRESSES: &str = "/apis/networking.k8s.io/v1/namespaces/fnp/ingresses";

fn canary(phase: &str) -> Value {
    json!({"apiVersion": "flagger.app/v1beta1", "kind": "Canary", "metadata": {"name": "api", "namespace": "fnp"},
        "spec": {"targetRef": {"kind": "Deployment", "name": "api"}, "ingressRef": {"name": "api"},
            "analysis": {"interval": "10s", "threshold": 3, "stepWeights": [5, 50, 100]}},
        "status": {"phase": phase, "lastAppliedSpec": "79b85bf998"}})
}

fn deployment(image: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api", "namespace": "fnp"},
        "spec": {"template": {"spec": {"containers": [{"name": "api", "image": image}]}}}})
}

fn ingress(weight: &str) -> Value {
    let annotations = json!({"nginx.ingress.kubernetes.io/canary": "true", "nginx.ingress.kubernetes.io/canary-weight": weight});
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"name": "api-canary", "namespace": "fnp", "annotations": annotations}})
}

/// A server with everything that belongs to a Canary, and who observes it.
async fn at_five() -> (ApiServer, Observer) {
    let server = ApiServer::start().await;
    server.put(CANARIES, canary("Progressing"));
    server.put(DEPLOYMENTS, deployment("registry.example/api:2.0.0"));
    server.put(INGRESSES, ingress("5"));
    let observer = observer(&server).await;
    (server, observer)
}

async fn observer(server: &ApiServer) -> Observer {
    let access =
        ClusterAccess::Kubeconfig { file: Some(server.kubeconfig()), context: Some("us-east".into()) };
    let client = client(&access).await.unwrap();
    // Heartbeats come every ten seconds; here those are a tenth of one.
    let watch = NamespaceWatch::new(client, "fnp", Clock::accelerated(100.0));
    Observer::new(watch, "api", None::<Routes>)
}

async fn next(observer: &mut Observer) -> Seen {
    let soon = std::time::Duration::from_secs(20);
    tokio::time::timeout(soon, observer.next()).await.expect("something new is seen")
}

async fn view(observer: &mut Observer) -> CanaryView {
    match next(observer).await {
        Seen::Canary(view) => *view,
        other @ (Seen::Gone | Seen::Lost { .. }) => panic!("{other:?}"),
    }
}

async fn why(observer: &mut Observer) -> String {
    match next(observer).await {
        Seen::Lost { why } => why,
        other @ (Seen::Gone | Seen::Canary(_)) => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_is_seen_with_its_target_and_its_routes_and_again_whenever_one_of_them_changes() {
    let (server, mut observer) = at_five().await;
    let first = view(&mut observer).await;
    assert_eq!(
        (first.phase, first.weight, first.image.as_deref()),
        (Phase::Progressing, Some(5), Some("api:2.0.0"))
    );
    assert_eq!((first.ladder, first.applied.as_deref()), (vec![5, 50, 100], Some("79b85bf998")));
    server.put(INGRESSES, ingress("50"));
    assert_eq!(view(&mut observer).await.weight, Some(50));
    server.put(DEPLOYMENTS, deployment("registry.example/api:2.0.1"));
    assert_eq!(view(&mut observer).await.image.as_deref(), Some("api:2.0.1"));
    let mut written_again = canary("Progressing");
    written_again["status"]["lastTransitionTime"] = json!("2026-07-01T00:00:07Z");
    server.put(CANARIES, written_again);
    server.put(CANARIES, canary("WaitingPromotion"));
    assert_eq!(view(&mut observer).await.phase, Phase::WaitingPromotion);
    server.remove(CANARIES, "api");
    assert_eq!(next(&mut observer).await, Seen::Gone);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_may_read_is_named_and_is_no_canary_that_is_gone() {
    let (server, mut observer) = at_five().await;
    server.refuse(CANARIES, 403);
    let forbidden = why(&mut observer).await;
    assert!(forbidden.starts_with("canaries: ") && forbidden.contains("not allowed"), "{forbidden}");
    server.allow(CANARIES);
    assert_eq!(view(&mut observer).await.weight, Some(5));
    server.refuse(INGRESSES, 403);
    let forbidden = why(&mut observer).await;
    assert!(forbidden.starts_with("ingresses: "), "{forbidden}");
    server.allow(INGRESSES);
    assert_eq!(view(&mut observer).await.weight, Some(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_away_is_lost_and_what_changed_meanwhile_is_seen_when_it_is_back() {
    let (server, mut observer) = at_five().await;
    assert_eq!(view(&mut observer).await.weight, Some(5));
    server.stop().await;
    let lost = why(&mut observer).await;
    assert!(!lost.contains("token"), "{lost}");
    server.put_unseen(INGRESSES, ingress("50"));
    server.resume().await;
    // One kind after the other is lost, and none is believed again before it has been listed anew.
    let seen = loop {
        match next(&mut observer).await {
            Seen::Canary(view) => break view.weight,
            Seen::Lost { .. } => {}
            Seen::Gone => panic!("it was never gone"),
        }
    };
    assert_eq!(seen, Some(50), "what was known before the outage is not what is");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_listed_and_not_watched_is_not_believed_for_a_moment() {
    let (server, mut observer) = at_five().await;
    assert_eq!(view(&mut observer).await.weight, Some(5));
    server.refuse_watches(INGRESSES);
    assert!(why(&mut observer).await.starts_with("ingresses: "));
    server.put_unseen(INGRESSES, ingress("50"));
    server.listed(INGRESSES, 8).await;
    let again = tokio::time::timeout(std::time::Duration::ZERO, observer.next()).await;
    assert!(again.is_err(), "it is told once: {again:?}");
    server.allow(INGRESSES);
    assert_eq!(view(&mut observer).await.weight, Some(50));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kubeconfig_without_the_context_is_refused_with_its_name() {
    let server = ApiServer::start().await;
    let access =
        ClusterAccess::Kubeconfig { file: Some(server.kubeconfig()), context: Some("eu-central".into()) };
    let Err(refused) = client(&access).await else { panic!("it was taken") };
    assert!(refused.to_string().contains("eu-central"), "{refused}");
}
