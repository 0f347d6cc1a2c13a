//! The live Canary: read from an API server that answers as it is told, over real HTTP and a real kubeconfig.

use crate::fake::Fake;
use crate::policy;
use crate::program::{Said, run};
use crate::source::with_canary;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::{Value, json};
use tempfile::TempDir;

const CANARY: &str = "/apis/flagger.app/v1beta1/namespaces/fnp/canaries/api";

/// A folder whose kubeconfig leads to a server that answers the Canary's address with `status` and `body`.
async fn server(status: StatusCode, body: Value) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route(CANARY, get(async move || (status, body.to_string())));
    tokio::spawn(async move { axum::serve(listener, router).await });
    kubeconfig(&folder, &format!("http://{address}"));
    folder
}

fn kubeconfig(folder: &TempDir, server: &str) {
    let config = json!({"apiVersion": "v1", "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": "hunter2"}}],
        "contexts": [{"name": "east", "context": {"cluster": "c", "user": "u"}}]});
    std::fs::write(folder.path().join("kubeconfig"), config.to_string()).unwrap();
}

fn status(code: u16, reason: &str, message: &str) -> (StatusCode, Value) {
    let body = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message});
    (StatusCode::from_u16(code).unwrap(), body)
}

fn hooks(kinds: &[&str]) -> Vec<Value> {
    let hook = |kind: &&str| json!({"name": kind, "type": kind, "url": format!("http://h/hooks/us-east/{kind}"), "timeout": "2s", "muteAlert": true});
    kinds.iter().map(hook).collect()
}

fn canary(kinds: &[&str]) -> Value {
    json!({"apiVersion": "flagger.app/v1beta1", "kind": "Canary",
        "metadata": {"name": "api", "namespace": "fnp", "uid": "1"},
        "spec": {"provider": "istio", "targetRef": {"kind": "Deployment", "name": "api"},
            "analysis": {"interval": "10s", "threshold": 5, "stepWeights": [5], "webhooks": hooks(kinds)}},
        "status": {"phase": "Initialized"}})
}

const ALL: [&str; 5] =
    ["confirm-rollout", "confirm-traffic-increase", "confirm-promotion", "rollback", "event"];

/// `haldane check --live` where metrics are well, and the cluster is the server's.
async fn live(folder: &TempDir) -> Said {
    let prometheus = Fake::start(with_canary()).await;
    let cluster = "cluster: {kubeconfig: kubeconfig, context: east}, prometheus: ";
    let text = policy::at(&prometheus.url()).replace("prometheus: ", cluster);
    std::fs::write(folder.path().join("p.yaml"), text).unwrap();
    run(folder.path(), &["check", "p.yaml", "--live", "--deadline-ms", "2000"]).await
}

#[tokio::test]
async fn a_live_canary_is_compared_beside_its_region_s_queries() {
    let folder = server(StatusCode::OK, canary(&ALL)).await;
    let said = live(&folder).await;
    assert_eq!((said.code, said.count("WRONG")), (Some(0), 0), "{said:?}");
    assert!(
        said.about("ok", "canary")[0].contains("at 5 %, every 10s") && said.out.contains("  ok     clock")
    );
    let folder = server(StatusCode::OK, canary(&ALL[..4])).await;
    let said = live(&folder).await;
    assert_eq!((said.code, said.count("WRONG"), said.count("note")), (Some(0), 0, 1), "{said:?}");
    assert!(said.about("note", "no event")[0].contains("seen in the region's cluster"), "{}", said.out);
    let mut unread = canary(&ALL[..4]);
    unread["spec"]["provider"] = "kubernetes".into();
    let said = live(&server(StatusCode::OK, unread).await).await;
    assert!(said.about("WRONG", "no event")[0].contains("nobody tells the weight"), "{}", said.out);
    let said = live(&server(StatusCode::OK, canary(&ALL[1..])).await).await;
    assert!(said.about("WRONG", "no confirm-rollout")[0].contains("starts unasked"), "{}", said.out);
}

#[tokio::test]
async fn a_canary_that_is_not_there_is_told_apart_from_one_that_may_not_be_read() {
    let (code, body) = status(404, "NotFound", "canaries.flagger.app \"api\" not found");
    let said = live(&server(code, body).await).await;
    assert!(said.about("WRONG", "canary")[0].contains("there is no Canary fnp/api"), "{}", said.out);
    let (code, body) =
        status(403, "Forbidden", "canaries.flagger.app \"api\" is forbidden: User \"u\" cannot get");
    let said = live(&server(code, body).await).await;
    let [says, cure] = said.about("WRONG", "cluster")[..] else { panic!("{}", said.out) };
    assert!(says.contains("is forbidden") && cure.contains("may get canaries.flagger.app"), "{}", said.out);
    assert!(!said.out.contains("hunter2") && !said.err.contains("hunter2"), "{said:?}");
}

#[tokio::test]
async fn a_cluster_that_does_not_answer_ends_the_check_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    kubeconfig(&folder, &format!("http://{}", silent.local_addr().unwrap()));
    let said = live(&folder).await;
    assert!(said.about("WRONG", "cluster")[0].contains("did not answer within 2000 ms"), "{}", said.out);
    std::fs::remove_file(folder.path().join("kubeconfig")).unwrap();
    let said = live(&folder).await;
    assert!(said.about("WRONG", "cluster")[0].contains("kubeconfig cannot be used"), "{}", said.out);
}

#[tokio::test]
async fn a_file_stands_in_for_the_live_canary() {
    let folder = server(StatusCode::OK, canary(&ALL[..4])).await;
    std::fs::write(folder.path().join("c.json"), canary(&ALL).to_string()).unwrap();
    live(&folder).await;
    let said = run(folder.path(), &["check", "p.yaml", "--canary", "c.json"]).await;
    assert_eq!((said.code, said.count("ok")), (Some(0), 1), "{said:?}");
}

#[tokio::test]
async fn a_policy_is_drafted_from_the_live_canary_and_comes_out_clean() {
    let folder = server(StatusCode::OK, canary(&ALL)).await;
    let asked = ["init", "fnp/api", "--cluster-context", "east", "--kubeconfig", "kubeconfig"];
    let said = run(folder.path(), &asked).await;
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    assert!(said.out.contains("cluster: {kubeconfig: \"kubeconfig\", context: \"east\"}"), "{}", said.out);
    std::fs::write(folder.path().join("p.yaml"), &said.out).unwrap();
    let found = run(folder.path(), &["check", "p.yaml"]).await;
    assert_eq!(found.code, Some(0), "{found:?}");
    let (code, body) = status(404, "NotFound", "not found");
    let said = run(server(code, body).await.path(), &asked).await;
    assert!(
        said.code == Some(2) && said.err.contains("there is no Canary fnp/api in that cluster"),
        "{said:?}"
    );
}
