//! The request on the wire, and what is tried again.

use crate::receiver::{Answer, Receiver};
use crate::setup::{canary_at, flagger, hook, with_hooks};
use haldane_flagger_model::HookKind::{
    ConfirmRollout, ConfirmTrafficIncrease, PreRollout, Rollback, Rollout,
};
use haldane_flagger_model::{Flagger, HookFailure, HookKind, TickReport, Webhook};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// The first tick of a new release, whose only gate is `hook`.
async fn asked(hook: Webhook) -> (Flagger, TickReport) {
    let mut flagger = with_hooks(vec![hook]);
    flagger.deploy("v2");
    let report = flagger.tick().await;
    (flagger, report)
}

fn failure(report: &TickReport) -> HookFailure {
    report.call(ConfirmRollout).unwrap().outcome.clone().unwrap_err()
}

#[tokio::test]
async fn the_payload_has_flaggers_keys_in_flaggers_order_and_nothing_else() {
    let receiver = Receiver::start().await;
    asked(hook(&receiver, ConfirmRollout)).await;
    let sum = haldane_flagger_model::checksum("v1");
    let hits = receiver.hits(ConfirmRollout);
    let expected = r#"{"name":"api","namespace":"fnp","phase":"Initialized","checksum":"SUM"}"#;
    assert_eq!(hits[0].body, expected.replace("SUM", &sum));
    let header = |name| hits[0].headers.get(name).unwrap().to_str().unwrap();
    assert_eq!(hits[0].method, "POST");
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("user-agent"), "Go-http-client/1.1");
    assert!(header("content-length").parse::<usize>().unwrap() > 0);
}

#[tokio::test]
async fn metadata_comes_last_in_the_payload() {
    let receiver = Receiver::start().await;
    let hooks = Webhook::haldane_set(&receiver.base_url, "eu", Some("2026.1"));
    let mut flagger = with_hooks(hooks);
    flagger.deploy("v2");
    flagger.tick().await;
    let body = &receiver.hits(ConfirmRollout)[0].body;
    assert!(body.ends_with(r#","metadata":{"release":"2026.1"}}"#), "{body}");
}

#[test]
fn haldanes_hooks_leave_out_the_two_that_burn_the_threshold() {
    let hooks = Webhook::haldane_set("http://h:1/", "eu", None);
    let kinds: BTreeSet<_> = hooks.iter().map(|hook| hook.kind).collect();
    let left_out = HookKind::ALL.into_iter().filter(|kind| !kinds.contains(kind)).collect::<Vec<_>>();
    assert_eq!(left_out, [PreRollout, Rollout]);
    assert_eq!(hooks[0].url, "http://h:1/hooks/eu/confirm-rollout");
    assert!(hooks.iter().all(|hook| hook.metadata.is_empty()));
}

#[tokio::test]
async fn every_call_has_a_connection_of_its_own() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    canary_at(&mut flagger, 5).await;
    let peers: Vec<_> =
        HookKind::ALL.into_iter().flat_map(|kind| receiver.hits(kind)).map(|hit| hit.peer).collect();
    assert!(peers.len() > 8);
    assert_eq!(peers.iter().collect::<BTreeSet<_>>().len(), peers.len());
}

#[tokio::test]
async fn a_user_in_the_url_becomes_basic_authentication_and_its_password_is_not_told() {
    let receiver = Receiver::start().await;
    let mut gate = hook(&receiver, ConfirmRollout);
    gate.url = gate.url.replace("http://", "http://flagger:secret@");
    receiver.next(ConfirmRollout, Answer::status(503));
    let (_, report) = asked(gate).await;
    let headers = &receiver.hits(ConfirmRollout)[0].headers;
    assert_eq!(headers.get("authorization").unwrap(), "Basic ZmxhZ2dlcjpzZWNyZXQ=");
    let text = failure(&report).to_string();
    assert!(text.contains("flagger:xxxxx@") && !text.contains("secret"), "{text}");
}

#[tokio::test]
async fn retries_are_made_for_500_429_and_timeouts_and_the_last_answer_counts() {
    let receiver = Receiver::start().await;
    let gate = Webhook { retries: 3, timeout: Duration::from_secs(1), ..hook(&receiver, ConfirmRollout) };
    receiver.next(ConfirmRollout, Answer::status(500));
    receiver.next(ConfirmRollout, Answer::status(429));
    receiver.next(ConfirmRollout, Answer::never());
    let (_, report) = asked(gate).await;
    assert_eq!(report.call(ConfirmRollout).unwrap().outcome, Ok(200));
    assert_eq!(receiver.hits(ConfirmRollout).len(), 4);
}

#[tokio::test]
async fn a_refusal_is_not_tried_again() {
    for status in [403, 400, 404, 409, 501] {
        let receiver = Receiver::start().await;
        receiver.always(ConfirmRollout, Answer::status(status).saying("no"));
        let (_, report) = asked(Webhook { retries: 3, ..hook(&receiver, ConfirmRollout) }).await;
        assert_eq!(failure(&report), HookFailure::Refused { status, body: "no".to_owned() });
        assert_eq!(receiver.hits(ConfirmRollout).len(), 1, "{status}");
    }
}

#[tokio::test]
async fn attempts_that_run_out_are_counted_in_the_text() {
    let receiver = Receiver::start().await;
    receiver.always(ConfirmRollout, Answer::status(500));
    let (_, report) = asked(Webhook { retries: 2, ..hook(&receiver, ConfirmRollout) }).await;
    assert_eq!(receiver.hits(ConfirmRollout).len(), 3);
    assert!(failure(&report).to_string().ends_with("giving up after 3 attempt(s)"));
}

#[tokio::test]
async fn a_retry_after_is_obeyed_beyond_the_longest_back_off() {
    let receiver = Receiver::start().await;
    receiver.next(ConfirmRollout, Answer::status(503).with_header("retry-after", "120"));
    let clock = haldane_clock::Clock::real();
    let before = clock.now();
    asked(Webhook { retries: 1, ..hook(&receiver, ConfirmRollout) }).await;
    // A second of back-off takes a millisecond here, so 120 s are 120 ms, and the cap of 30 s would be 30 ms.
    assert!((clock.now() - before).as_us() >= 120_000);
    assert_eq!(receiver.hits(ConfirmRollout).len(), 2);
}

#[tokio::test]
async fn a_timeout_is_a_failure_in_gos_words() {
    let receiver = Receiver::start().await;
    receiver.always(ConfirmRollout, Answer::never());
    let (_, report) =
        asked(Webhook { timeout: Duration::from_millis(50), ..hook(&receiver, ConfirmRollout) }).await;
    let text = failure(&report).to_string();
    assert!(
        text.ends_with("context deadline exceeded (Client.Timeout exceeded while awaiting headers)"),
        "{text}"
    );
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_failure_that_is_not_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let half = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 100\r\n\r\nhalf";
    let server = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        assert!(connection.read(&mut request).await.unwrap() > 0);
        connection.write_all(half).await.unwrap();
    });
    let (_, report) = asked(Webhook { retries: 3, ..Webhook::new(ConfirmRollout, url) }).await;
    server.await.unwrap();
    let failure = failure(&report);
    assert!(matches!(failure, HookFailure::BodyLost { status: 403, .. }), "{failure:?}");
}

#[tokio::test]
async fn a_307_posts_again_and_a_302_becomes_a_get() {
    for (status, method, body_is_sent) in [(307, "POST", true), (302, "GET", false)] {
        let receiver = Receiver::start().await;
        let elsewhere = Answer::status(status).with_header("location", "/hooks/eu/rollback");
        receiver.next(ConfirmRollout, elsewhere);
        receiver.next(Rollback, Answer::status(200));
        let (_, report) = asked(hook(&receiver, ConfirmRollout)).await;
        let hit = &receiver.hits(Rollback)[0];
        assert_eq!((hit.method.as_str(), !hit.body.is_empty()), (method, body_is_sent));
        assert_eq!(report.call(ConfirmRollout).unwrap().outcome, Ok(200));
    }
}

#[tokio::test]
async fn a_url_that_is_none_fails_without_a_request() {
    let (flagger, report) = asked(Webhook::new(ConfirmRollout, "no url")).await;
    assert!(matches!(failure(&report), HookFailure::BadUrl { .. }));
    assert_eq!(flagger.status().phase, haldane_flagger_model::Phase::Waiting);
}

#[tokio::test]
async fn a_gate_that_dies_holds_and_one_that_comes_back_goes_on() {
    let receiver = Receiver::start().await;
    let mut flagger = with_hooks(vec![Webhook::new(ConfirmTrafficIncrease, "http://127.0.0.1:1/")]);
    flagger.deploy("v2");
    flagger.tick().await;
    assert_eq!(flagger.tick().await.weight_after, 0);
    flagger.edit(|spec| spec.webhooks = vec![hook(&receiver, ConfirmTrafficIncrease)]);
    assert_eq!(flagger.tick().await.weight_after, 5);
}
