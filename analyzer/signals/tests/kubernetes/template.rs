//! A MetricTemplate of a user's own, read by its name.

use crate::server::ApiServer;
use haldane_core::policy::ClusterAccess;
use haldane_signals::kubernetes::{Client, client, metric_template};
use serde_json::{Value, json};

const TEMPLATES: &str = "/apis/flagger.app/v1beta1/namespaces/fnp/metrictemplates";

async fn cluster() -> (ApiServer, Client) {
    let server = ApiServer::start().await;
    let metadata = json!({"name": "checkouts", "namespace": "fnp", "managedFields": [{"manager": "kubectl"}],
        "annotations": {"haldane.dev/signal": "checkouts", "haldane.dev/kind": "ratio"}});
    server.put(
        TEMPLATES,
        json!({"metadata": metadata, "spec": {"query": "vector(1)"}, "status": {"conditions": []}}),
    );
    let access =
        ClusterAccess::Kubeconfig { file: Some(server.kubeconfig()), context: Some("us-east".into()) };
    let client = client(&access).await.unwrap();
    (server, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_read_whole_as_text_that_a_file_could_hold() {
    let (_server, client) = cluster().await;
    let text = metric_template(&client, "fnp", "checkouts").await.unwrap().unwrap();
    let read: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&read["kind"], &read["apiVersion"]),
        (&json!("MetricTemplate"), &json!("flagger.app/v1beta1"))
    );
    assert_eq!(read["metadata"]["annotations"]["haldane.dev/signal"], "checkouts");
    assert_eq!(read["spec"]["query"], "vector(1)");
    assert!(read.get("status").is_none() && read["metadata"].get("managedFields").is_none(), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_is_not_there_is_none_and_one_that_nobody_may_read_is_told_with_what_to_allow() {
    let (server, client) = cluster().await;
    assert_eq!(metric_template(&client, "fnp", "other").await, Ok(None));
    server.refuse(TEMPLATES, 403);
    let why = metric_template(&client, "fnp", "checkouts").await.unwrap_err();
    assert!(why.starts_with("metrictemplates fnp/checkouts: "), "{why}");
    assert!(why.ends_with("allow it to get metrictemplates of flagger.app in fnp"), "{why}");
    server.stop().await;
    let why = metric_template(&client, "fnp", "checkouts").await.unwrap_err();
    assert!(!why.contains("allow") && !why.contains("secret-token") && why.lines().count() == 1, "{why}");
}
