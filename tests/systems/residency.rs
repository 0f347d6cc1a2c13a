//! Data residency: what leaves Haldane towards a region's source, or towards whoever is told, are names of the policy and
//! sentences made of numbers. What series of a region are labelled with (users, paths) goes nowhere.
//!
//! Everything that Haldane sends is captured: two sources, one per region, and a pager. Each source labels what it answers with a
//! user and a path of its own region.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use haldane::engine::{Engine, EngineConfig, ScrapeSettings};
use haldane::http::Server;
use haldane_clock::Clock;
use haldane_store::Store;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::watch;

/// What a pager is told, field by field.
const TOLD: [&str; 8] = ["event", "service", "region", "release", "rollout", "at", "text", "report"];

/// A server that keeps all that it is sent.
#[derive(Clone)]
struct Captured {
    address: String,
    clock: Clock,
    /// What its answers are labelled with.
    mark: &'static str,
    seen: watch::Sender<Vec<String>>,
}

impl Captured {
    async fn start(mark: &'static str, clock: &Clock) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let clock = clock.clone();
        let captured = Self { address, clock, mark, seen: watch::Sender::new(Vec::new()) };
        let app = Router::new().fallback(answer).with_state(captured.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        captured
    }

    /// Waits until something that it was sent contains `text`.
    async fn sent(&self, text: &str) {
        let mut seen = self.seen.subscribe();
        let found = seen.wait_for(|all| all.iter().any(|one| one.contains(text)));
        let found = tokio::time::timeout(Duration::from_secs(60), found).await;
        assert!(found.is_ok(), "{text} was not sent to {}: {:#?}", self.mark, self.all().last());
    }

    fn all(&self) -> Vec<String> {
        self.seen.borrow().clone()
    }
}

async fn answer(State(captured): State<Captured>, uri: Uri, headers: HeaderMap, body: Bytes) -> String {
    let body = percent_encoding::percent_decode(&body).decode_utf8().unwrap().into_owned();
    captured.seen.send_modify(|seen| seen.push(format!("{uri}\n{headers:?}\n{body}")));
    let field = |name: &str| {
        let mut fields = body.split('&').filter_map(|field| field.split_once('='));
        fields.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).unwrap_or_default()
    };
    let at = captured.clock.now().as_us() as f64 / 1e6;
    let (query, mark) = (field("query"), captured.mark);
    let data = if query.starts_with("time") {
        json!({"resultType": "scalar", "result": [at, at.to_string()]})
    } else if query.contains("session_seconds") {
        let labels = json!({
            "__name__": "session_seconds", "user": format!("alice-{mark}"), "path": format!("/private/{mark}"),
        });
        json!({"resultType": "matrix", "result": [{"metric": labels, "values": [[at - 1.0, "99"]]}]})
    } else {
        json!({"resultType": "matrix", "result": []})
    };
    json!({"status": "success", "data": data}).to_string()
}

fn policy(sources: [&Captured; 2], pager: &Captured) -> String {
    let [east, west] = sources.map(|source| format!("http://{}", source.address));
    format!(
        "apiVersion: haldane.dev/v1alpha1
kind: AnalysisPolicy
metadata: {{name: nfyio}}
spec:
  service: nfyio/api
  steps: [{{weight: 50, observe: 10m, extendUpTo: 30m}}]
  gates: [{{signal: error-rate, limit: 0.1%}}]
  notify: {{url: 'http://{}/'}}
  guards:
    - {{level: {{name: sessions, query: session_seconds, max: 5, reach: everywhere}}}}
  regions:
    - {{name: us-east, role: active, prometheus: {{url: '{east}'}}}}
    - {{name: eu-west, role: active, prometheus: {{url: '{west}'}}}}
",
        pager.address
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_region_s_series_are_labelled_with_leaves_for_another_region_or_for_whoever_is_told() {
    let clock = Clock::accelerated(30.0);
    let captured = |mark| Captured::start(mark, &clock);
    let (east, west, pager) = (captured("of-east").await, captured("of-west").await, captured("pager").await);
    let policies = vec![haldane::policy_file::parse("nfyio.yaml", &policy([&east, &west], &pager)).unwrap()];
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("haldane.db")).await.unwrap();
    let engine = Engine::start(EngineConfig {
        policies,
        store,
        clock: clock.clone(),
        scrape: ScrapeSettings::default(),
        public_url: Some("https://haldane.example".to_owned()),
        synthetic: Vec::new(),
    });
    let engine = engine.await.unwrap();
    let server = Server::start("127.0.0.1:0".parse().unwrap(), engine.clone()).await.unwrap();
    let client = haldane_flagger_model::plain_http().build().unwrap();
    for region in ["us-east", "eu-west"] {
        let url = format!("http://{}/hooks/{region}/confirm-rollout", server.address());
        let payload = json!({
            "name": "api", "namespace": "nfyio", "phase": "Initialized", "checksum": "1",
            "metadata": {"release": "2.0.0"},
        });
        let body = serde_json::to_string(&payload).unwrap();
        client.post(url).header("content-type", "application/json").body(body).send().await.unwrap();
    }
    pager.sent("guard-holds").await;
    east.sent("session_seconds").await;
    west.sent("session_seconds").await;
    server.stop().await.unwrap();
    engine.stop().await.unwrap();
    for captured in [&east, &west, &pager] {
        for sent in captured.all() {
            for private in ["alice", "private", "of-east", "of-west"] {
                assert!(!sent.contains(private), "{private} was sent to {}: {sent}", captured.mark);
            }
        }
    }
    for sent in pager.all() {
        let told: Value = serde_json::from_str(sent.lines().last().unwrap()).unwrap();
        let fields: BTreeSet<&str> = told.as_object().unwrap().keys().map(String::as_str).collect();
        assert!(fields.is_subset(&TOLD.into()), "{told}");
    }
    // A source is asked for its own service by name, and told nothing of the other's region.
    assert!(east.all().iter().all(|sent| !sent.contains("eu-west")), "{:#?}", east.all());
    assert!(west.all().iter().all(|sent| !sent.contains("us-east")), "{:#?}", west.all());
}
