//! A hook's answer over a fresh TCP connection under load, as Flagger asks: one connection per call.
//!
//! Open loop: calls start on a fixed grid whether or not earlier ones are answered, so a stall shows as latency and
//! not as a lower rate. Client and server share this machine's cores. Beside it, in the same run, `/healthz`, which
//! does nothing: the ratio says what the answer itself costs.

use haldane::demo::fnp;
use haldane::engine::{Engine, EngineConfig, ScrapeSettings};
use haldane::http::{Edge, Limits, Server};
use haldane_clock::Clock;
use haldane_store::Store;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CALLS_PER_S: u32 = 1_000;
const BODY: &str = r#"{"name":"api","namespace":"fnp","phase":"Progressing","checksum":"85d557f47b"}"#;

#[tokio::main]
async fn main() {
    // `cargo test --all-targets` runs this without --bench: a short run shows that it still works.
    let seconds = if std::env::args().any(|a| a == "--bench") { 10 } else { 0 };
    let calls = (CALLS_PER_S * seconds).max(20);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(&folder.path().join("bench.db")).await.expect("a store");
    let config = EngineConfig {
        policies: vec![fnp().expect("the example policy")],
        store,
        clock: Clock::real(),
        scrape: ScrapeSettings { enabled: false, ..ScrapeSettings::default() },
        public_url: None,
        synthetic: Vec::new(),
    };
    let engine = Engine::start(config).await.expect("an engine");
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    // One peer asks what no Flagger does; a call over the budget would be answered without being read.
    let limits = Limits { calls_per_s: 2 * CALLS_PER_S, ..Limits::default() };
    let edge = Edge { limits, ..Edge::default() };
    let server = Server::behind(edge, listen, engine.clone()).await.expect("a server");
    let address = server.address();
    for (name, request) in [
        ("healthz", "GET /healthz HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n".to_owned()),
        ("rollback (recorded, from the published look)", hook("rollback")),
        ("confirm-traffic-increase (held, recorded)", hook("confirm-traffic-increase")),
        ("event (recorded)", hook("event")),
    ] {
        report(name, calls, load(address, &request, calls).await);
    }
    server.stop().await.expect("the server stops");
    engine.stop().await.expect("the engine stops");
}

fn hook(name: &str) -> String {
    let length = BODY.len();
    format!(
        "POST /hooks/us-east/{name} HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{BODY}"
    )
}

/// Starts `calls` calls on the grid; the time from each one's due instant to its last byte.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures the machine's own time")]
async fn load(address: SocketAddr, request: &str, calls: u32) -> Vec<Duration> {
    let start = Instant::now();
    let mut under_way = tokio::task::JoinSet::new();
    for i in 0..calls {
        let due = start + Duration::from_secs(1) * i / CALLS_PER_S;
        tokio::time::sleep_until(due.into()).await;
        let request = request.to_owned();
        under_way.spawn(async move {
            call(address, &request).await;
            due.elapsed()
        });
    }
    let mut times = under_way.join_all().await;
    times.sort();
    times
}

async fn call(address: SocketAddr, request: &str) {
    let mut connection = TcpStream::connect(address).await.expect("a connection");
    connection.write_all(request.as_bytes()).await.expect("the request is sent");
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.expect("an answer");
    let line = String::from_utf8_lossy(&answer[..answer.len().min(12)]).into_owned();
    assert!(matches!(line.as_str(), "HTTP/1.1 200" | "HTTP/1.1 403"), "{line}");
}

#[expect(clippy::print_stdout, reason = "a benchmark reports on standard output")]
fn report(name: &str, calls: u32, times: Vec<Duration>) {
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "{name:<48} {calls} calls at {CALLS_PER_S}/s: p50 {:>9.2?}  p99 {:>9.2?}  p99.9 {:>9.2?}  max {:>9.2?}",
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0)
    );
}
