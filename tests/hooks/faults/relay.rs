//! The network between Flagger and Haldane, which loses, repeats and keeps what passes through it.
//!
//! Real HTTP on both sides: Flagger calls the relay, the relay calls Haldane. A lost answer is a connection that is
//! closed after Haldane has answered, so a test knows that the call arrived.

use axum::body::{Body, Bytes, to_bytes};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;

/// What the relay does with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Passes it on.
    None,
    /// Passes it on and loses the answer: the connection ends without one.
    LosesAnswers,
    /// Passes it on and keeps the answer to `confirm-traffic-increase` until nobody waits for it any more.
    AnswersLate,
    /// Passes it on twice, and gives the answer to the second.
    Repeats,
    /// Passes it on without the checksum, as a Flagger before 1.34 sends it.
    DropsChecksums,
}

/// One call as Flagger made it.
#[derive(Clone, Debug)]
struct Call {
    path: String,
    body: Bytes,
}

#[derive(Debug)]
struct Line {
    http: reqwest::Client,
    haldane: String,
    fault: Fault,
    kept: Vec<Call>,
}

/// A relay that runs until the test ends.
#[derive(Clone, Debug)]
pub(super) struct Relay {
    address: String,
    line: Arc<Mutex<Line>>,
}

/// The answer is lost on its way.
#[derive(Debug)]
struct Lost;

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the answer is lost")
    }
}

impl std::error::Error for Lost {}

impl Relay {
    pub(super) async fn start(http: reqwest::Client, haldane: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let line = Line { http, haldane, fault: Fault::None, kept: Vec::new() };
        let relay = Self { address, line: Arc::new(Mutex::new(line)) };
        let serving = relay.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                let service = service_fn(move |request| serving.clone().passed(request));
                let connection = hyper::server::conn::http1::Builder::new();
                tokio::spawn(connection.serve_connection(TokioIo::new(stream), service));
            }
        });
        relay
    }

    /// Where Flagger finds Haldane.
    pub(super) fn base(&self) -> &str {
        &self.address
    }

    pub(super) fn breaks(&self, fault: Fault) {
        self.with(|line| line.fault = fault);
    }

    /// Haldane is elsewhere now.
    pub(super) fn leads_to(&self, haldane: String) {
        self.with(|line| line.haldane = haldane);
    }

    /// The first call that had this path's end and this text in its body arrives once more: its status.
    pub(super) async fn delivers_again(&self, hook: &str, text: &str) -> u16 {
        let holds = |call: &&Call| call.path.ends_with(hook) && contains(&call.body, text);
        let call = self.with(|line| line.kept.iter().find(holds).cloned());
        self.forwarded(&call.expect("such a call was made")).await.status().as_u16()
    }

    async fn passed(self, request: Request<Incoming>) -> Result<Response<Body>, Lost> {
        let path = request.uri().path().to_owned();
        let body = to_bytes(Body::new(request.into_body()), usize::MAX).await.map_err(|_| Lost)?;
        let fault = self.with(|line| line.fault);
        let body = if fault == Fault::DropsChecksums { without_checksum(&body) } else { body };
        let call = Call { path, body };
        self.with(|line| line.kept.push(call.clone()));
        let answer = self.forwarded(&call).await;
        match fault {
            Fault::None | Fault::DropsChecksums => Ok(answer),
            Fault::Repeats => Ok(self.forwarded(&call).await),
            Fault::LosesAnswers => Err(Lost),
            Fault::AnswersLate if call.path.ends_with("confirm-traffic-increase") => {
                std::future::pending().await
            }
            Fault::AnswersLate => Ok(answer),
        }
    }

    async fn forwarded(&self, call: &Call) -> Response<Body> {
        let (http, haldane) = self.with(|line| (line.http.clone(), line.haldane.clone()));
        let answer =
            http.post(format!("{haldane}{}", call.path)).body(call.body.clone()).send().await.unwrap();
        let status = answer.status();
        let mut response = Response::new(Body::from(answer.bytes().await.unwrap()));
        *response.status_mut() = status;
        response
    }

    fn with<T>(&self, change: impl FnOnce(&mut Line) -> T) -> T {
        change(&mut self.line.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn contains(body: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(body).contains(text)
}

fn without_checksum(body: &[u8]) -> Bytes {
    let mut payload: serde_json::Value = serde_json::from_slice(body).unwrap();
    assert!(payload.as_object_mut().unwrap().remove("checksum").is_some(), "there was none");
    payload.to_string().into()
}
