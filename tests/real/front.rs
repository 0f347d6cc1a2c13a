//! What stands before a Prometheus in production and can fail on its own: a proxy that has no backend, a cache that
//! does not expire.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use std::sync::{Arc, Mutex};
use tokio::task::AbortHandle;

/// What the front does with questions.
#[derive(Clone, Debug)]
pub(crate) enum Mode {
    /// Hands them on.
    Open,
    /// Has nobody to hand them to.
    Unavailable,
    /// Answers questions about samples as of this instant (in seconds), whatever instant they ask for.
    Stale(f64),
}

/// A running front.
pub(crate) struct Front {
    /// `http://address:port`.
    pub(crate) url: String,
    mode: Arc<Mutex<Mode>>,
    server: AbortHandle,
}

#[derive(Clone)]
struct Behind {
    source: String,
    mode: Arc<Mutex<Mode>>,
    client: reqwest::Client,
}

impl Front {
    /// A front before `source` (a URL), open.
    pub(crate) async fn start(source: &str) -> Self {
        let mode = Arc::new(Mutex::new(Mode::Open));
        let client = haldane_flagger_model::plain_http().build().unwrap();
        let behind = Behind { source: source.to_owned(), mode: Arc::clone(&mode), client };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(handle).with_state(behind);
        let server = tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
        Self { url, mode, server: server.abort_handle() }
    }

    /// From now on.
    pub(crate) fn set(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn handle(State(behind): State<Behind>, uri: Uri, form: Bytes) -> (StatusCode, Bytes) {
    let mode = behind.mode.lock().unwrap().clone();
    let form = match mode {
        Mode::Open => form,
        Mode::Unavailable => return (StatusCode::SERVICE_UNAVAILABLE, "no healthy upstream".into()),
        Mode::Stale(at) => as_of(&form, at),
    };
    let request = behind.client.post(format!("{}{uri}", behind.source));
    let answer = request.header("content-type", "application/x-www-form-urlencoded").body(form).send().await;
    match answer {
        Ok(answer) => (answer.status(), answer.bytes().await.unwrap_or_default()),
        Err(_unreachable) => (StatusCode::BAD_GATEWAY, Bytes::new()),
    }
}

/// The same question about another instant. One without an instant asks for the time.
fn as_of(form: &Bytes, at: f64) -> Bytes {
    let text = std::str::from_utf8(form).unwrap();
    match text.split_once("&time=") {
        Some((query, _now)) => format!("{query}&time={at:.3}").into(),
        None => form.clone(),
    }
}
