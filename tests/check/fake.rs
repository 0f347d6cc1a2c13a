//! A fake Prometheus: series that grow by the clock, told by a rule instead of stored, behind real HTTP.
//!
//! Its instants are the machine's, because the program under test lives on them. A series is a line through its
//! birth: each scrape adds the same count, so a test knows what has to be counted.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use haldane_clock::Clock;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// One series.
#[derive(Clone)]
pub(crate) struct Series {
    pub(crate) labels: BTreeMap<String, String>,
    /// What each scrape adds.
    pub(crate) per_scrape: u32,
    pub(crate) interval_s: u32,
    /// How long before the fake's start it began, and ended if it did.
    pub(crate) from_min: f64,
    pub(crate) to_min: Option<f64>,
}

/// What the server does.
#[derive(Clone)]
pub(crate) enum Reply {
    Data,
    Text(u16, &'static str),
    Hangs,
}

pub(crate) struct Inner {
    pub(crate) series: Vec<Series>,
    pub(crate) reply: Reply,
    /// The header `authorization` that it wants.
    pub(crate) authorization: Option<String>,
    pub(crate) ahead_s: f64,
    /// Every question: the query, and how many seconds before now it looks.
    pub(crate) asked: Vec<(String, f64)>,
    /// What it says that it is, where it says so.
    pub(crate) build: Option<&'static str>,
    /// As VictoriaMetrics tells its time.
    pub(crate) time_is_a_vector: bool,
}

/// The server; clones are the same.
#[derive(Clone)]
pub(crate) struct Fake {
    port: u16,
    began_s: f64,
    inner: Arc<Mutex<Inner>>,
}

impl Fake {
    pub(crate) async fn start(series: Vec<Series>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let inner = Inner {
            series,
            reply: Reply::Data,
            authorization: None,
            ahead_s: 0.0,
            asked: Vec::new(),
            build: None,
            time_is_a_vector: false,
        };
        let port = listener.local_addr().unwrap().port();
        let fake = Self { port, began_s: now_s(), inner: Arc::new(Mutex::new(inner)) };
        let query = axum::routing::post(answer);
        let app = Router::new()
            .route("/api/v1/query", query)
            .route("/api/v1/status/buildinfo", axum::routing::get(build))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        fake
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    fn matrix(&self, series: &[Series], query: &str, at_s: f64) -> Value {
        let (selector, range) = query.rsplit_once('[').unwrap();
        let range_s: f64 = range.trim_end_matches("s]").parse().unwrap();
        let (name, matchers) = selector.split_once('{').unwrap();
        let is_asked = |s: &&Series| {
            s.labels["__name__"] == name && matchers.contains(&format!("track=\"{}\"", s.labels["track"]))
        };
        let found = series.iter().filter(is_asked).map(|s| {
            let values = self.values(s, at_s - range_s, at_s);
            json!({"metric": s.labels, "values": values})
        });
        let found: Vec<Value> =
            found.filter(|s| s["values"].as_array().is_some_and(|v| !v.is_empty())).collect();
        json!({"resultType": "matrix", "result": found})
    }

    fn values(&self, series: &Series, after_s: f64, until_s: f64) -> Vec<Value> {
        let every = f64::from(series.interval_s);
        let first = ((self.began_s - series.from_min * 60.0) / every).ceil();
        let last = series.to_min.map_or(until_s, |min| (self.began_s - min * 60.0).min(until_s));
        let mut scrape = ((after_s / every).floor() + 1.0).max(first);
        let mut values = Vec::new();
        while scrape * every <= last {
            let count = (scrape - first) * f64::from(series.per_scrape);
            values.push(json!([scrape * every, count.to_string()]));
            scrape += 1.0;
        }
        values
    }
}

fn now_s() -> f64 {
    Clock::real().now().as_us() as f64 / 1e6
}

async fn build(State(fake): State<Fake>) -> (StatusCode, &'static str) {
    fake.lock().build.map_or((StatusCode::NOT_FOUND, "what?"), |build| (StatusCode::OK, build))
}

async fn answer(State(fake): State<Fake>, headers: HeaderMap, form: String) -> (StatusCode, String) {
    let url = reqwest::Url::parse(&format!("http://form/?{form}")).unwrap();
    let field =
        |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let (query, source_s) = (field("query").unwrap(), now_s() + fake.lock().ahead_s);
    let at_s = field("time").map_or(source_s, |time| time.parse().unwrap());
    fake.lock().asked.push((query.clone(), source_s - at_s));
    let reply = fake.lock().reply.clone();
    let wanted = fake.lock().authorization.clone();
    let shown = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    if wanted.is_some() && shown != wanted {
        return (StatusCode::UNAUTHORIZED, "who are you?".to_owned());
    }
    let data = match reply {
        Reply::Data if query == "time()" && fake.lock().time_is_a_vector => {
            let sample = json!({"metric": {}, "value": [source_s.floor(), source_s.to_string()]});
            json!({"resultType": "vector", "result": [sample]})
        }
        Reply::Data if query == "time()" => {
            json!({"resultType": "scalar", "result": [source_s, source_s.to_string()]})
        }
        Reply::Data => {
            let series = fake.lock().series.clone();
            fake.matrix(&series, &query, at_s)
        }
        Reply::Text(status, text) => return (StatusCode::from_u16(status).unwrap(), text.to_owned()),
        Reply::Hangs => std::future::pending().await,
    };
    (StatusCode::OK, json!({"status": "success", "data": data}).to_string())
}
