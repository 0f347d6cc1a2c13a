//! One pod: a small HTTP service whose work is to wait, and whose metrics are real.
//!
//! `GET /` works, `/metrics` exposes, `GET /truth` says what was really served, `/control` changes and reads what it
//! does. A process per pod, because pods are killed, hang, and lose their counters when they come back.

mod behaviour;
mod control;
mod metrics;
mod options;
mod truth;
mod work;

pub use behaviour::Behaviour;
pub use control::{Control, MetricsAnswer};
pub use metrics::EDGES_S;
pub(crate) use metrics::{Carried, INSIDE_1024THS};
pub use options::Options;
pub use truth::Truth;

use axum::extract::{Json, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, serve as serve_http};
use haldane_clock::Clock;
use metrics::Metrics;
use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use work::Draws;

/// The header in which a pod names its version.
pub(crate) const VERSION_HEADER: &str = "x-version";

/// The slowest request that is not slow, in seconds.
const LIMIT_S: f64 = 0.2;

struct Pod {
    version: String,
    clock: Clock,
    metrics: Metrics,
    truth_file: Option<File>,
    inner: Mutex<Inner>,
}

struct Inner {
    draws: Draws,
    behaviour: Behaviour,
    answer: MetricsAnswer,
    truth: Truth,
}

/// Serves until the process is killed or told to exit. Prints one line when it listens.
///
/// # Errors
/// The port cannot be bound, or the file for the truth cannot be made.
pub async fn serve(options: Options) -> io::Result<()> {
    let behaviour = options.behaviour.unwrap_or(Behaviour::HEALTHY);
    behaviour.check().map_err(io::Error::other)?;
    let listener = TcpListener::bind(options.listen).await?;
    let pod = Arc::new(Pod {
        clock: Clock::real(),
        metrics: Metrics::new(&options.carried.unwrap_or_default()),
        truth_file: options.truth_file.map(File::create).transpose()?,
        inner: Mutex::new(Inner {
            draws: Draws::new(options.seed),
            behaviour,
            answer: MetricsAnswer::Served,
            truth: Truth::default(),
        }),
        version: options.version,
    });
    let router = Router::new()
        .route("/", get(work))
        .route("/metrics", get(expose))
        .route("/truth", get(tell))
        .route("/control", get(show).post(change))
        .with_state(Arc::clone(&pod));
    let mut out = io::stdout();
    writeln!(out, "world-service {} listens at http://{}", pod.version, listener.local_addr()?)?;
    out.flush()?;
    serve_http(listener, router).await
}

impl Pod {
    /// The inner state is whole even if a handler panicked: it is written field by field, and counted last.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, code: StatusCode, made_slow: bool, took_s: f64) -> io::Result<()> {
        let mut inner = self.inner();
        let truth = &mut inner.truth;
        *truth.by_code.entry(code.as_u16()).or_default() += 1;
        truth.slower_than_200_ms += u64::from(took_s > LIMIT_S);
        truth.made_slow += u64::from(made_slow);
        self.metrics.served(code.as_u16(), took_s);
        self.truth_file.as_ref().map_or(Ok(()), |file| truth.write(file))
    }
}

async fn work(State(pod): State<Arc<Pod>>) -> Response {
    let started = pod.clock.now();
    let work = {
        let mut inner = pod.inner();
        let behaviour = inner.behaviour;
        inner.draws.next(&behaviour)
    };
    pod.clock.sleep_until(started + work.takes).await;
    let took_s = (pod.clock.now() - started).as_s().max(0.0);
    let code = if work.fails { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
    match pod.count(code, work.made_slow, took_s) {
        Ok(()) => (code, [(VERSION_HEADER, pod.version.clone())], "done\n").into_response(),
        // A truth that cannot be kept must not pass for one: no test expects this code.
        Err(error) => (StatusCode::INSUFFICIENT_STORAGE, error.to_string()).into_response(),
    }
}

async fn expose(State(pod): State<Arc<Pod>>) -> Response {
    let answer = pod.inner().answer;
    match answer {
        MetricsAnswer::Hangs => std::future::pending().await,
        MetricsAnswer::Unavailable => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        MetricsAnswer::Served => match pod.metrics.text() {
            Ok(text) => {
                let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
                ([(header::CONTENT_TYPE, kind)], text).into_response()
            }
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        },
    }
}

async fn tell(State(pod): State<Arc<Pod>>) -> Json<Truth> {
    Json(pod.inner().truth.clone())
}

async fn show(State(pod): State<Arc<Pod>>) -> Json<Control> {
    let inner = pod.inner();
    Json(Control { behaviour: Some(inner.behaviour), metrics: Some(inner.answer), exit: None })
}

async fn change(State(pod): State<Arc<Pod>>, Json(control): Json<Control>) -> Response {
    if let Some(code) = control.exit {
        std::process::exit(code);
    }
    if let Some(Err(wrong)) = control.behaviour.map(|b| b.check()) {
        return (StatusCode::BAD_REQUEST, wrong).into_response();
    }
    let mut inner = pod.inner();
    inner.behaviour = control.behaviour.unwrap_or(inner.behaviour);
    inner.answer = control.metrics.unwrap_or(inner.answer);
    StatusCode::NO_CONTENT.into_response()
}
