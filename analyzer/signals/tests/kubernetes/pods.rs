//! Pods that a cluster names, asked over real HTTP: each has an address of its own on loopback and the same port.

use crate::server::ApiServer;
use axum::Router;
use haldane_core::increment::{Arms, Increment, Missing, Reading, Region};
use haldane_core::policy::{ClusterAccess, PodTargets};
use haldane_core::signal::Signal::ErrorRate;
use haldane_core::time::Timestamp;
use haldane_signals::scrape::{Discovery, RegionScraper, ScrapeConfig};
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

const PODS: &str = "/api/v1/namespaces/fnp/pods";

/// A pod's page on an address of loopback, and the pod as the cluster has it.
struct Pod {
    name: &'static str,
    address: Ipv4Addr,
    page: Arc<Mutex<String>>,
}

impl Pod {
    async fn start(name: &'static str, last: u8, port: u16) -> (Self, u16) {
        let address = Ipv4Addr::new(127, 0, 0, last);
        let listener = TcpListener::bind((address, port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let page = Arc::new(Mutex::new(String::new()));
        let shown = page.clone();
        let app = Router::new().fallback(async move || shown.lock().unwrap().clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let pod = Self { name, address, page };
        pod.says(0, 0);
        (pod, port)
    }

    fn says(&self, ok: u32, failed: u32) {
        *self.page.lock().unwrap() = format!(
            "http_requests_total{{code=\"200\"}} {ok}\nhttp_requests_total{{code=\"500\"}} {failed}\n"
        );
    }

    /// As the API writes it; `change` for what is different.
    fn object(&self, created: &str, change: impl FnOnce(&mut Value)) -> Value {
        let mut object = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": self.name, "namespace": "fnp", "uid": format!("uid-of-{}", self.name),
                "labels": {"app": "api"}, "creationTimestamp": created},
            "status": {"phase": "Running", "podIP": self.address.to_string(),
                "conditions": [{"type": "Ready", "status": "True"}]}});
        change(&mut object);
        object
    }
}

const LONG_AGO: &str = "1970-01-01T00:00:00Z";
/// The first poll here is at 1970-01-01 01:00.
const NOW: &str = "1970-01-01T01:00:20Z";

fn scraper(server: &ApiServer, port: u16) -> RegionScraper {
    let access = ClusterAccess::Kubeconfig { file: Some(server.kubeconfig()), context: None };
    let (namespace, selector, path) = ("fnp".to_owned(), "app=api".to_owned(), "/metrics".to_owned());
    let config = ScrapeConfig {
        canary: Discovery::Pods(PodTargets { access, namespace, selector, port, path }),
        signals: vec![ErrorRate],
        deadline: Duration::from_secs(10),
        ..ScrapeConfig::new(Region::from("us-east"))
    };
    RegionScraper::new(config).unwrap()
}

async fn poll(scraper: &mut RegionScraper, bin: i64) -> Increment {
    let at = Timestamp::from_s(3600 + 30 * bin);
    scraper.poll(at, Arms::CanaryOnly).await.expect("an increment")
}

fn bad_of(increment: &Increment) -> (f64, f64) {
    let read = &increment.signals[&ErrorRate];
    let Reading::Counted { canary: Some(counts), .. } = read else { panic!("{read:?}") };
    (counts.bad, counts.total)
}

fn why(increment: &Increment) -> String {
    let read = &increment.signals[&ErrorRate];
    let Reading::Missing(why @ Missing::NoPodsFound { .. }) = read else { panic!("{read:?}") };
    why.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pods_of_a_selector_are_counted_as_they_come_and_go() {
    let server = ApiServer::start().await;
    let (old, port) = Pod::start("old", 41, 0).await;
    let (new, _) = Pod::start("new", 42, port).await;
    let (adopted, _) = Pod::start("adopted", 43, port).await;
    let (batch, _) = Pod::start("batch", 44, port).await;
    server.put(PODS, old.object(LONG_AGO, |_| ()));
    server.put(PODS, batch.object(LONG_AGO, |pod| pod["metadata"]["labels"] = json!({"app": "batch"})));
    let mut scraper = scraper(&server, port);
    old.says(100, 5);
    batch.says(100, 5);
    poll(&mut scraper, 0).await;
    old.says(110, 6);
    batch.says(200, 50);
    assert_eq!(bad_of(&poll(&mut scraper, 1).await), (1.0, 11.0), "and the other selector's pod is left out");

    // A new one has all its requests in this interval; one that only now gets its labels has not.
    server.put(PODS, new.object(NOW, |_| ()));
    server.put(PODS, adopted.object(LONG_AGO, |_| ()));
    new.says(7, 2);
    adopted.says(900, 90);
    let both = poll(&mut scraper, 2).await;
    assert_eq!((bad_of(&both), both.canary_targets), ((2.0, 9.0), 3));
    assert_eq!(both.canary_pods[&ErrorRate], [(format!("new at 127.0.0.42:{port}"), 2.0)].into());

    // One is gone, with what it counted since; the other goes on.
    server.remove(PODS, "old");
    old.says(500, 500);
    adopted.says(901, 91);
    assert_eq!(bad_of(&poll(&mut scraper, 3).await), (1.0, 2.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_starts_or_ends_need_not_answer_and_one_that_serves_must() {
    let server = ApiServer::start().await;
    let (pod, port) = Pod::start("api-1", 51, 0).await;
    let gone = |name, change: fn(&mut Value)| {
        let silent = Pod { name, address: Ipv4Addr::new(127, 0, 0, 52), page: Arc::default() };
        silent.object(LONG_AGO, change)
    };
    server.put(PODS, pod.object(LONG_AGO, |_| ()));
    server.put(PODS, gone("ends", |pod| pod["metadata"]["deletionTimestamp"] = json!(NOW)));
    server.put(
        PODS,
        gone("starts", |pod| pod["status"]["conditions"] = json!([{"type": "Ready", "status": "False"}])),
    );
    server.put(PODS, gone("waits", |pod| pod["status"] = json!({"phase": "Pending"})));
    server.put(PODS, gone("over", |pod| pod["status"]["phase"] = json!("Succeeded")));
    let mut scraper = scraper(&server, port);
    poll(&mut scraper, 0).await;
    pod.says(3, 1);
    let increment = poll(&mut scraper, 1).await;
    assert_eq!((bad_of(&increment), increment.canary_targets), ((1.0, 4.0), 1));
    server.put(PODS, gone("starts", |_| ()));
    let held = poll(&mut scraper, 2).await;
    let Reading::Missing(Missing::Unreachable { target, .. }) = &held.signals[&ErrorRate] else {
        panic!("{held:?}")
    };
    assert_eq!(*target, format!("starts at 127.0.0.52:{port}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_does_not_tell_is_a_missing_arm_with_its_reason() {
    let server = ApiServer::start().await;
    let (pod, port) = Pod::start("api-1", 61, 0).await;
    let mut scraper = scraper(&server, port);
    let none = why(&poll(&mut scraper, 0).await);
    assert_eq!(none, "the canary's pods cannot be found by labels app=api in fnp: there is none");
    server.put(PODS, pod.object(LONG_AGO, |_| ()));
    poll(&mut scraper, 1).await;
    server.refuse(PODS, 403);
    pod.says(1, 1);
    let refused = why(&poll(&mut scraper, 2).await);
    assert!(refused.contains("not allowed to read"), "{refused}");
    server.allow(PODS);
    server.stop().await;
    let away = why(&poll(&mut scraper, 3).await);
    assert!(away.len() < 300 && !away.contains("secret-token"), "{away}");
    server.resume().await;
    assert_eq!(bad_of(&poll(&mut scraper, 4).await), (1.0, 2.0), "counted once, in the longer interval");
}
