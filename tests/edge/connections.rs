//! Connections: silent callers take no place for long, and many of them do not keep a hook from its answer.

use crate::policy::one_region;
use crate::world::World;
use haldane::http::{Edge, Limits};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const API: &str = r#"{"name":"api","namespace":"fnp"}"#;

/// Longer than anything here may take; who waits longer waits for ever.
const PATIENCE: Duration = Duration::from_secs(30);

async fn world(connections: usize, silence: Duration) -> World {
    let limits = Limits { connections, silence, ..Limits::default() };
    World::behind(move |_| Edge { limits, ..Edge::default() }, one_region()).await
}

async fn open(world: &World, first: &str) -> TcpStream {
    let address = world.base();
    let mut stream = TcpStream::connect(address.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(first.as_bytes()).await.unwrap();
    stream
}

/// What comes until the other side closes.
async fn rest(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    // A connection that is reset is closed, too.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut text)).await.expect("it stays open for ever");
    String::from_utf8_lossy(&text).into_owned()
}

async fn open_now(world: &World) -> u32 {
    let page = world.get("/metrics").await.body;
    let line = page.lines().find_map(|l| l.strip_prefix("haldane_connections_open "));
    line.expect("it is counted").parse().unwrap()
}

#[tokio::test]
async fn hundreds_of_half_open_connections_do_not_keep_a_hook_from_its_answer() {
    let world = world(Limits::default().connections, Duration::from_secs(600)).await;
    let mut slow = Vec::new();
    for i in 0..400 {
        let first = ["", "POST /hooks/us-east/rollback HTTP/1.1\r\nhost: h\r\n", "P"][i % 3];
        slow.push(open(&world, first).await);
    }
    while open_now(&world).await < 400 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.post("/hooks/us-east/rollback", API).await.status, 403);
}

#[tokio::test]
async fn who_says_nothing_or_half_a_head_is_not_waited_for() {
    let world = world(512, Duration::from_millis(100)).await;
    for first in [
        "",
        "POST /hooks/us-east/rollback HTTP/1.1\r\nhost: h\r\n",
        "GET /healthz HTTP/1.1\r\nhost: h\r\n\r\n",
    ] {
        let said = rest(open(&world, first).await).await;
        assert_eq!(said.contains("200 OK"), first.contains("healthz"), "{first}: {said}");
    }
}

#[tokio::test]
async fn beyond_the_cap_connections_wait_open_ones_work_and_a_silent_one_makes_room() {
    let world = world(4, Duration::from_secs(2)).await;
    let ask = format!(
        "POST /hooks/us-east/rollback HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{API}",
        API.len()
    );
    let (head, tail) = ask.split_at(20);
    let mut open_ones = Vec::new();
    for _ in 0..4 {
        open_ones.push(open(&world, head).await);
    }
    let mut waiting = open(&world, &ask).await;
    let answered = timeout(Duration::from_millis(300), waiting.read_u8()).await;
    assert!(answered.is_err(), "it is served beyond the cap");
    // One that is open finishes its question, and is answered although another waits.
    let mut first = open_ones.remove(0);
    first.write_all(tail.as_bytes()).await.unwrap();
    assert!(rest(first).await.starts_with("HTTP/1.1 403"));
    assert!(rest(waiting).await.starts_with("HTTP/1.1 403"), "its place went to the one that waited");
    // Four more silent ones take every place; who waits behind them is answered when they are cut off.
    let silent =
        [open(&world, "").await, open(&world, "").await, open(&world, "").await, open(&world, "").await];
    assert!(rest(open(&world, &ask).await).await.starts_with("HTTP/1.1 403"));
    drop((silent, open_ones));
}

#[tokio::test]
async fn callers_who_keep_talking_give_their_places_to_a_hook_that_waits() {
    const TALK: &str = "GET /healthz HTTP/1.1\r\nhost: h\r\n\r\n";
    let world = world(4, Duration::from_secs(600)).await;
    let mut talkers = Vec::new();
    for _ in 0..4 {
        let mut talker = open(&world, TALK).await;
        assert_eq!(talker.read_u8().await.unwrap(), b'H');
        talkers.push(talker);
    }
    let ask = format!(
        "POST /hooks/us-east/rollback HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{API}",
        API.len()
    );
    let waiting = open(&world, &ask).await;
    let mut talker = talkers.remove(0);
    talker.write_all(TALK.as_bytes()).await.unwrap();
    assert!(rest(talker).await.contains("connection: close"));
    assert!(rest(waiting).await.starts_with("HTTP/1.1 403"), "nobody made room for it");
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let world = world(512, Duration::from_secs(600)).await;
    let long = format!("GET /healthz HTTP/1.1\r\nhost: h\r\nx: {}\r\n\r\n", "y".repeat(40_000));
    let said = rest(open(&world, &long).await).await;
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 431"), "{said}");
    assert_eq!(world.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn addresses_and_methods_that_are_not_there_are_answered_with_one_line() {
    let world = World::start(one_region()).await;
    for (method, path, status) in [
        (reqwest::Method::POST, "/anything", 404),
        (reqwest::Method::POST, "/hooks/us-east", 404),
        (reqwest::Method::POST, "/gate/toggle", 404),
        (reqwest::Method::GET, "/hooks/us-east/rollback", 405),
        (reqwest::Method::POST, "/", 405),
    ] {
        let reply = world.send(method, path, API).await;
        assert_eq!(reply.status, status, "{path}");
        assert!(!reply.body.is_empty() && !reply.body.contains('\n'), "{path}: {:?}", reply.body);
        assert_eq!(reply.headers["content-type"], "text/plain; charset=utf-8");
    }
}

#[tokio::test]
async fn stopping_waits_for_no_silent_caller() {
    let mut world = world(512, Duration::from_secs(600)).await;
    let silent = open(&world, "POST /hooks/us-east/rollback HTTP/1.1\r\n").await;
    while open_now(&world).await < 2 {
        tokio::task::yield_now().await;
    }
    timeout(PATIENCE, world.stop_haldane()).await.expect("it stops without him");
    assert_eq!(rest(silent).await, "");
}
