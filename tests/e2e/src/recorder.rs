//! A webhook target that writes down every call in order and answers as it is told.

use anyhow::Result;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use haldane_clock::Clock;
use haldane_core::time::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The kinds of hooks that a Canary may have, as its `type` and the URLs here spell them.
const HOOKS: [&str; 8] = [
    "confirm-rollout",
    "pre-rollout",
    "rollout",
    "confirm-traffic-increase",
    "confirm-promotion",
    "post-rollout",
    "rollback",
    "event",
];

/// What a call is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Answer {
    /// A yes.
    pub const YES: Self = Self::new(200);
    /// A considered no.
    pub const NO: Self = Self::new(403);

    /// This status without a body.
    pub const fn new(status: u16) -> Self {
        Self { status, body: String::new() }
    }

    /// The same with this body.
    #[must_use]
    pub fn saying(self, body: &str) -> Self {
        Self { body: body.to_owned(), ..self }
    }
}

/// One call, and what it was answered with.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// When it came.
    pub at: Timestamp,
    /// The kind of hook, from the last segment of the URL's path.
    pub hook: String,
    /// The whole payload.
    pub body: Value,
    /// The answer.
    pub answer: Answer,
}

impl Call {
    /// A text of the payload, or of its metadata; empty if there is none.
    pub fn text(&self, key: &str) -> &str {
        let value = self.body.get(key).or_else(|| self.body.get("metadata")?.get(key));
        value.and_then(Value::as_str).unwrap_or_default()
    }
}

type Script = Box<dyn FnMut(&str, usize) -> Answer + Send>;

struct Inner {
    script: Mutex<(Script, BTreeMap<String, usize>)>,
    calls: watch::Sender<Vec<Call>>,
}

/// A running receiver; dropping it ends it.
pub struct Recorder {
    url: String,
    inner: Arc<Inner>,
    task: JoinHandle<()>,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Recorder {
    /// Listens, and answers as `script` says from the hook and how often that was called before.
    ///
    /// # Errors
    /// There is no port.
    pub async fn start(script: impl FnMut(&str, usize) -> Answer + Send + 'static) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let script = Mutex::new((Box::new(script) as Script, BTreeMap::new()));
        let inner = Arc::new(Inner { script, calls: watch::Sender::default() });
        let router =
            Router::new().route("/hooks/{region}/{hook}", post(answer)).with_state(Arc::clone(&inner));
        let task = tokio::spawn(async move {
            // It ends with the test only.
            drop(axum::serve(listener, router).await);
        });
        Ok(Self { url, inner, task })
    }

    /// `http://address:port`, before `/hooks/{region}/{hook}`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A Canary's `analysis.webhooks`: every kind of hook, each pointed here.
    pub fn webhooks(&self, region: &str) -> Value {
        let hook = |hook: &&str| {
            serde_json::json!({
                "name": hook, "type": hook, "url": format!("{}/hooks/{region}/{hook}", self.url), "timeout": "5s",
                "muteAlert": true,
            })
        };
        HOOKS.iter().map(hook).collect()
    }

    /// Every call so far; the receiver is told at each.
    pub fn calls(&self) -> watch::Receiver<Vec<Call>> {
        self.inner.calls.subscribe()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Inner {
    fn script(&self) -> MutexGuard<'_, (Script, BTreeMap<String, usize>)> {
        // A script that panicked has failed its test already.
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(
    State(inner): State<Arc<Inner>>,
    Path((_region, hook)): Path<(String, String)>,
    body: String,
) -> (StatusCode, String) {
    let Ok(payload) = serde_json::from_str(&body) else {
        return (StatusCode::BAD_REQUEST, format!("no JSON: {body}"));
    };
    let answer = {
        let mut script = inner.script();
        let (answers, counts) = &mut *script;
        let count = counts.entry(hook.clone()).or_default();
        *count += 1;
        answers(&hook, *count - 1)
    };
    let call = Call { at: Clock::real().now(), hook, body: payload, answer: answer.clone() };
    inner.calls.send_modify(|calls| calls.push(call));
    (StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), answer.body)
}
