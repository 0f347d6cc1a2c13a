//! A fake Prometheus on loopback, and a region that reads it.

use crate::store::{Pod, Store};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Response, StatusCode};
use futures_util::future::{join, join_all};
use futures_util::{StreamExt as _, stream};
use haldane_clock::Clock;
use haldane_core::increment::{Arms, Counts, Increment, Missing, Reading, Region};
use haldane_core::signal::Signal;
use haldane_core::time::{Span, Timestamp};
use haldane_signals::prometheus::hub::Hubs;
use haldane_signals::prometheus::{ArmQueries, LeUnit, PrometheusConfig, PrometheusRegion, RegionQueries};
use serde_json::json;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::net::TcpListener;

/// What the server does when it is asked for samples.
#[derive(Clone)]
pub(crate) enum Reply {
    Data,
    /// Data, but the answer says that it is not whole.
    Warns(&'static str),
    Text(u16, &'static str),
    Endless,
    Hangs,
    BreaksOff,
}

pub(crate) struct Inner {
    pub(crate) store: Store,
    /// The server's clock.
    pub(crate) now: Timestamp,
    pub(crate) reply: Reply,
    /// How many answers to anything are 503 before the first good one.
    pub(crate) failures: u32,
    /// As VictoriaMetrics tells its time.
    pub(crate) time_is_a_vector: bool,
    /// Queries with this in them are refused.
    pub(crate) refuses: &'static str,
    pub(crate) headers: Vec<HeaderMap>,
    pub(crate) queries: Vec<String>,
    /// What is answered to queries that are no selectors.
    pub(crate) numbers: BTreeMap<String, serde_json::Value>,
    /// Whole requests, as they were sent.
    pub(crate) forms: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct Prom {
    pub(crate) addr: SocketAddr,
    inner: Arc<Mutex<Inner>>,
}

impl Prom {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let prom = Self::at(listener.local_addr().unwrap());
        let app = prom.app();
        tokio::spawn(async move { axum::serve(listener, app).await });
        prom
    }

    pub(crate) fn at(addr: SocketAddr) -> Self {
        let inner = Inner {
            store: Store::default(),
            now: Timestamp::from_s(0),
            reply: Reply::Data,
            failures: 0,
            time_is_a_vector: false,
            refuses: POISON,
            headers: Vec::new(),
            queries: Vec::new(),
            numbers: BTreeMap::new(),
            forms: Vec::new(),
        };
        Self { addr, inner: Arc::new(Mutex::new(inner)) }
    }

    pub(crate) fn app(&self) -> Router {
        Router::new().route("/base/api/v1/query", axum::routing::post(answer)).with_state(self.clone())
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    pub(crate) fn reply(&self, reply: Reply) {
        self.lock().reply = reply;
    }

    /// Scrapes pods at `s` seconds.
    pub(crate) fn scrape(&self, s: f64, pods: &[&Pod]) {
        pods.iter().for_each(|pod| pod.scraped(&mut self.lock().store, at(s)));
    }
}

async fn answer(State(prom): State<Prom>, request: Request) -> Response<Body> {
    assert_eq!(request.method(), Method::POST);
    let headers = request.headers().clone();
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let form = String::from_utf8(body.to_vec()).unwrap();
    let field = |name: &str| {
        let value = form.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")))?;
        Some(percent_encoding::percent_decode_str(value).decode_utf8().unwrap().into_owned())
    };
    let query = field("query").unwrap();
    let mut inner = prom.lock();
    inner.headers.push(headers);
    inner.queries.push(query.clone());
    inner.forms.push(form.clone());
    if inner.failures > 0 {
        inner.failures -= 1;
        return text(503, "overloaded");
    }
    if query == "time()" {
        let s = inner.now.as_us() as f64 / 1e6;
        if inner.time_is_a_vector {
            let vector = json!([{"metric": {}, "value": [s.floor(), s.to_string()]}]);
            return success(json!({"resultType": "vector", "result": vector}), None);
        }
        return success(json!({"resultType": "scalar", "result": [s, s.to_string()]}), None);
    }
    let at = Timestamp::from_us((field("time").unwrap().parse::<f64>().unwrap() * 1e6).round() as i64);
    let piece = |text: &'static str| Ok::<_, io::Error>(Bytes::from_static(text.as_bytes()));
    if query.contains(inner.refuses) {
        return text(400, r#"{"status":"error","errorType":"bad_data","error":"no"}"#);
    }
    let data = |inner: &Inner| match inner.numbers.get(&query) {
        Some(data) => data.clone(),
        None => inner.store.matrix(&query, at),
    };
    match inner.reply.clone() {
        Reply::Data => success(data(&inner), None),
        Reply::Warns(warning) => success(data(&inner), Some(warning)),
        Reply::Text(status, body) => text(status, body),
        Reply::Endless => Response::new(Body::from_stream(stream::repeat_with(move || piece("[[[[")))),
        Reply::Hangs => Response::new(Body::from_stream(stream::iter([piece("{")]).chain(stream::pending()))),
        Reply::BreaksOff => {
            let broken = stream::iter([piece("{\"status\":"), Err(io::Error::other("gone"))]);
            Response::new(Body::from_stream(broken))
        }
    }
}

fn success(data: serde_json::Value, warning: Option<&str>) -> Response<Body> {
    let mut body = json!({"status": "success", "data": data, "infos": ["counters are counters"]});
    if let Some(warning) = warning {
        body["warnings"] = json!([warning, "another"]);
    }
    Response::new(Body::from(body.to_string()))
}

fn text(status: u16, body: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

pub(crate) fn at(s: f64) -> Timestamp {
    Timestamp::from_us((s * 1e6).round() as i64)
}

/// All three signals against a fake, 200 ms being the latency limit.
pub(crate) fn config(prom: &Prom) -> PrometheusConfig {
    let arm = |app: &str| ArmQueries {
        requests: format!("http_requests_total{{app=\"{app}\"}}"),
        buckets: format!("http_request_duration_seconds_bucket{{app=\"{app}\"}}"),
    };
    let queries = RegionQueries {
        canary: arm("canary"),
        primary: arm("primary"),
        bad: "code=~\"5..\"".to_owned(),
        le_unit: LeUnit::Seconds,
    };
    PrometheusConfig {
        latency_limit_ms: Some(200.0),
        signals: Signal::CORE.to_vec(),
        deadline: Duration::from_secs(20),
        ..PrometheusConfig::new(Region::from("us-east"), &format!("http://{}/base/", prom.addr), queries)
    }
}

/// A region over a fake, on a clock that tests set.
pub(crate) struct World {
    pub(crate) prom: Prom,
    pub(crate) region: PrometheusRegion,
    pub(crate) clock: Clock,
    /// How far the source's clock is ahead.
    pub(crate) ahead: f64,
    /// Others that read the same source, one of them with a selector that is always refused.
    neighbours: Vec<PrometheusRegion>,
}

/// What the fake refuses; the neighbours of each region under test ask for it, too.
pub(crate) const POISON: &str = "poison";

/// The applications of the neighbours: hostile in their names, and one in what it asks.
const NEIGHBOURS: [&str; 3] = ["noisy|\"\n.*", "noisy-b", POISON];

impl World {
    pub(crate) async fn start() -> Self {
        Self::over(Prom::start().await, |_| ())
    }

    pub(crate) fn over(prom: Prom, change: impl FnOnce(&mut PrometheusConfig)) -> Self {
        let clock = Clock::manual(Timestamp::from_s(0));
        let mut config = config(&prom);
        change(&mut config);
        let hub = Hubs::new(clock.clone()).of(&config).unwrap();
        let neighbour = |app: &&str| {
            let query = |metric: &str, arm: &str| format!("{metric}{{app={:?}}}", format!("{app}{arm}"));
            let arm = |arm: &str| ArmQueries {
                requests: query("http_requests_total", arm),
                buckets: query("http_request_duration_seconds_bucket", arm),
            };
            let queries =
                RegionQueries { canary: arm(""), primary: arm("-primary"), ..config.queries.clone() };
            let config = PrometheusConfig { queries, region: Region::from(*app), ..config.clone() };
            PrometheusRegion::among(config, clock.clone(), &hub).unwrap()
        };
        let neighbours = NEIGHBOURS.iter().map(neighbour).collect();
        let region = PrometheusRegion::among(config, clock.clone(), &hub).unwrap();
        Self { prom, region, clock, ahead: 0.0, neighbours }
    }

    /// A region that has its source to itself.
    pub(crate) async fn alone() -> Self {
        Self::start().await.left_alone()
    }

    /// The same region without neighbours.
    pub(crate) fn left_alone(mut self) -> Self {
        self.neighbours.clear();
        self
    }

    /// Polls at `s` seconds of our time.
    pub(crate) async fn poll(&mut self, s: f64, arms: Arms) -> Option<Increment> {
        self.clock.set(at(s));
        self.prom.lock().now = at(s + self.ahead);
        if !self.neighbours.is_empty() {
            let pods = NEIGHBOURS.map(|app| Pod { ok: s as u32, ..Pod::new(app, "noise") });
            self.prom.scrape((s + self.ahead).floor(), &pods.each_ref());
        }
        let others = self.neighbours.iter_mut().map(|neighbour| neighbour.poll(at(s), arms));
        join(self.region.poll(at(s), arms), join_all(others)).await.0
    }

    pub(crate) async fn due(&mut self, s: f64, arms: Arms) -> Increment {
        self.poll(s, arms).await.unwrap_or_else(|| panic!("no increment at {s}"))
    }

    pub(crate) async fn not_due(&mut self, s: f64, arms: Arms) {
        assert_eq!(self.poll(s, arms).await, None, "at {s}");
    }
}

pub(crate) fn missing(increment: &Increment, signal: Signal) -> Missing {
    let read = &increment.signals[&signal];
    let Reading::Missing(why) = read else { panic!("{signal} is {read:?}") };
    why.clone()
}

/// Since and until when (in seconds), and the canary's and the primary's counts.
pub(crate) fn counted(increment: &Increment, signal: Signal) -> (f64, f64, Option<Counts>, Option<Counts>) {
    let s = |at: Timestamp| (at - Timestamp::from_s(0)).as_s();
    let read = &increment.signals[&signal];
    let Reading::Counted { since, canary, primary, .. } = read else { panic!("{signal} is {read:?}") };
    (s(*since), s(increment.as_of), *canary, *primary)
}

pub(crate) fn exact(bad: u32, total: u32) -> Option<Counts> {
    Some(Counts::exact(bad.into(), total.into()))
}

pub(crate) const fn s(seconds: i64) -> Span {
    Span::from_s(seconds)
}
