//! SIGTERM: what was asked is answered, what was answered is recorded, and nobody can delay the end.

use crate::service::{PATIENCE, Place, Service};
use crate::world::policy;
use haldane_clock::Clock;
use haldane_core::time::Span;
use haldane_store::Store;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Calls that are under way when the signal comes.
const UNDER_WAY: usize = 20;

fn place() -> Place {
    let [canary, primary] = [9, 10].map(|port| [format!("http://127.0.0.1:{port}/metrics")]);
    Place::new(&policy(&canary, &primary))
}

/// A hook call whose body the service is waiting for: it has said so.
struct Call {
    stream: TcpStream,
    body: String,
}

impl Call {
    async fn begin(service: &Service, hook: &str, release: &str) -> Self {
        let body = json!({"name": "api", "namespace": "fnp", "phase": "Progressing",
            "metadata": {"release": release}});
        let body = body.to_string();
        let mut stream = TcpStream::connect(address(service)).await.unwrap();
        let head = format!(
            "POST /hooks/us-east/{hook} HTTP/1.1\r\nhost: haldane\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nexpect: 100-continue\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut go_on = [0; 25];
        timeout(PATIENCE, stream.read_exact(&mut go_on)).await.unwrap().unwrap();
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        Self { stream, body }
    }

    /// Sends the body; the whole answer.
    async fn finish(mut self) -> String {
        self.stream.write_all(self.body.as_bytes()).await.unwrap();
        let mut answer = String::new();
        timeout(PATIENCE, self.stream.read_to_string(&mut answer)).await.unwrap().unwrap();
        answer
    }
}

fn address(service: &Service) -> &str {
    service.base_url().strip_prefix("http://").unwrap()
}

/// Waits until the service takes no new connection: the signal has arrived.
async fn deaf(service: &Service) {
    let deaf = async {
        while TcpStream::connect(address(service)).await.is_ok() {
            Clock::real().sleep(Span::from_us(1_000)).await;
        }
    };
    timeout(PATIENCE, deaf).await.expect("it still listens");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_under_way_at_sigterm_are_answered_and_recorded() {
    let place = place();
    let service = place.serve().await;
    let mut calls = Vec::new();
    for n in 0..UNDER_WAY {
        // Every other call gives something, so that both ways to an answer are under way.
        let hook = if n % 2 == 0 { "confirm-rollout" } else { "pre-rollout" };
        calls.push(Call::begin(&service, hook, "2.0.0").await);
    }
    service.tell_to_stop().await;
    deaf(&service).await;
    for (n, call) in calls.into_iter().enumerate() {
        let answer = call.finish().await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "call {n}: {answer}");
    }
    assert_eq!(service.stopped().await.code(), Some(0), "{}", place.log());

    let store = Store::open(&place.db()).await.unwrap();
    let rollouts = store.rollouts(&haldane_store::RolloutFilter::default(), 10).await.unwrap();
    assert_eq!(rollouts.len(), 1, "{rollouts:#?}");
    let answers = store.hooks(&rollouts[0].id, 1000).await.unwrap();
    assert_eq!(answers.len(), UNDER_WAY, "{answers:#?}");
    store.close().await.unwrap();
    let wal = place.directory.path().join("haldane.db-wal");
    assert!(!wal.exists(), "the store was not closed in order");
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_that_never_finish_do_not_delay_the_end() {
    let place = place();
    let service = place.serve().await;
    let silent = TcpStream::connect(address(&service)).await.unwrap();
    let mut half_a_head = TcpStream::connect(address(&service)).await.unwrap();
    half_a_head.write_all(b"POST /hooks/us-east/rollback HT").await.unwrap();
    let half_a_call = Call::begin(&service, "rollback", "2.0.0").await;
    // Connections are taken in order: who is answered now came after those.
    assert_eq!(service.get("healthz").await, "OK");
    service.stop().await;
    drop((silent, half_a_head, half_a_call));
}
