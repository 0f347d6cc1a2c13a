//! A recording webhook receiver on the loopback: open unless a test scripts an answer, and never signalling a
//! rollback by itself.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, Method, Response};
use axum::routing::any;
use haldane_flagger_model::HookKind;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

/// One request as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) hook: String,
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) peer: SocketAddr,
}

impl Hit {
    /// The value of a key of the payload, or of its metadata.
    pub(crate) fn field(&self, key: &str) -> String {
        let payload: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        let value = payload.get(key).or_else(|| payload["metadata"].get(key));
        value.and_then(|v| v.as_str()).unwrap_or_default().to_owned()
    }
}

/// What the receiver answers.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    body: String,
    header: Option<(&'static str, String)>,
    /// A permit is needed before it goes out; none is ever given to a hung answer.
    held_by: Option<Arc<Semaphore>>,
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        Self { status, body: String::new(), header: None, held_by: None }
    }

    pub(crate) fn saying(self, body: &str) -> Self {
        Self { body: body.to_owned(), ..self }
    }

    pub(crate) fn with_header(self, name: &'static str, value: &str) -> Self {
        Self { header: Some((name, value.to_owned())), ..self }
    }

    pub(crate) fn held_by(self, permits: &Arc<Semaphore>) -> Self {
        Self { held_by: Some(Arc::clone(permits)), ..self }
    }

    pub(crate) fn never() -> Self {
        Self::status(200).held_by(&Arc::new(Semaphore::new(0)))
    }
}

#[derive(Default)]
struct Script {
    hits: Vec<Hit>,
    next: BTreeMap<String, VecDeque<Answer>>,
    always: BTreeMap<String, Answer>,
}

#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) base_url: String,
    script: Arc<Mutex<Script>>,
    /// How many requests have come in.
    arrivals: Arc<watch::Sender<usize>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let receiver = Self { base_url, script: Arc::default(), arrivals: Arc::default() };
        receiver.always(HookKind::Rollback, Answer::status(403));
        let app = Router::new().route("/hooks/{region}/{hook}", any(answer)).with_state(receiver.clone());
        let service = app.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        receiver
    }

    /// Scripts the standing answer of one hook.
    pub(crate) fn always(&self, hook: HookKind, answer: Answer) {
        self.script.lock().unwrap().always.insert(hook.path_name().to_owned(), answer);
    }

    /// Scripts the next answer of one hook, after those already scripted and before its standing answer.
    pub(crate) fn next(&self, hook: HookKind, answer: Answer) {
        let mut script = self.script.lock().unwrap();
        script.next.entry(hook.path_name().to_owned()).or_default().push_back(answer);
    }

    /// The requests to one hook so far.
    pub(crate) fn hits(&self, hook: HookKind) -> Vec<Hit> {
        let script = self.script.lock().unwrap();
        script.hits.iter().filter(|hit| hit.hook == hook.path_name()).cloned().collect()
    }

    /// Takes every request so far out, in the order in which they came.
    pub(crate) fn take_all(&self) -> Vec<Hit> {
        std::mem::take(&mut self.script.lock().unwrap().hits)
    }

    /// Waits for the first request to `hook`.
    pub(crate) async fn first(&self, hook: HookKind) {
        let mut arrivals = self.arrivals.subscribe();
        arrivals.wait_for(|_| !self.hits(hook).is_empty()).await.unwrap();
    }

    fn record(&self, hit: Hit) -> Answer {
        let mut script = self.script.lock().unwrap();
        let next = script.next.get_mut(&hit.hook).and_then(VecDeque::pop_front);
        let answer = next.or_else(|| script.always.get(&hit.hook).cloned());
        script.hits.push(hit);
        drop(script);
        self.arrivals.send_modify(|n| *n += 1);
        answer.unwrap_or_else(|| Answer::status(200))
    }
}

async fn answer(
    State(receiver): State<Receiver>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path((_region, hook)): Path<(String, String)>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
    let answer = receiver.record(Hit { hook, method: parts.method, headers: parts.headers, body, peer });
    if let Some(permits) = &answer.held_by {
        permits.acquire().await.unwrap().forget();
    }
    let mut response = Response::builder().status(answer.status);
    if let Some((name, value)) = &answer.header {
        response = response.header(*name, value);
    }
    response.body(Body::from(answer.body)).unwrap()
}
