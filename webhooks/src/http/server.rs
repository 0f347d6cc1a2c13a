//! The listener: routes in one table, and a shutdown that lets open answers finish.

use super::budget::Budgets;
use super::credentials::{Cause, Credentials};
use super::edge::{Edge, Limits};
use super::gates::{self, Gates};
use super::listen::{self, Peer};
use super::metrics::Metrics;
use super::wire::line;
use super::{freezes, health, hooks, metrics, orders, pages, releases, rollouts, services};
use crate::engine::Engine;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{any, get, post};
use axum::{Extension, Router};
use haldane_core::increment::Region;
use haldane_core::time::{Span, Timestamp};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long open answers are waited for at a stop, in real time. Ours take milliseconds; what takes longer is a caller
/// who has sent half a question, and who must not keep the store from being closed in order.
const PATIENCE: Duration = Duration::from_secs(3);

/// What handlers reach.
#[derive(Clone)]
pub struct App {
    pub(super) engine: Engine,
    pub(super) metrics: Metrics,
    pub(super) gates: Gates,
    pub(super) credentials: Credentials,
    pub(super) budgets: Arc<CallBudgets>,
    /// When this process began to answer.
    pub(super) started: Timestamp,
}

/// How many calls are read.
pub(super) struct CallBudgets {
    /// Hooks that ask: an answer unread is a hold, and the question comes again.
    pub(super) asks: Budgets,
    /// Hooks that tell (event, post-rollout), four times as many: what is not read there is not told again.
    pub(super) tells: Budgets,
    /// Lines in the log about callers without a credential, which cost those callers nothing.
    refusals_logged: Budgets,
}

/// Seconds of calls that may come at once: a Flagger that restarts asks for all its Canaries together.
const BURST_S: u32 = 10;

impl CallBudgets {
    fn of(limits: Limits) -> Self {
        let of = |per_s: u32| Budgets::new(per_s, per_s.saturating_mul(BURST_S));
        Self {
            asks: of(limits.calls_per_s),
            tells: of(limits.calls_per_s.saturating_mul(4)),
            refusals_logged: Budgets::every(Span::from_s(10), 5),
        }
    }
}

impl App {
    /// The handlers' view of `engine` behind `edge`.
    pub fn new(engine: Engine, edge: &Edge) -> Self {
        Self {
            started: engine.clock().now(),
            metrics: Metrics::of(&engine),
            engine,
            gates: Gates::default(),
            credentials: Credentials::of(edge),
            budgets: Arc::new(CallBudgets::of(edge.limits)),
        }
    }

    /// 401: says neither what was wrong nor whether there is such a region. Flagger answers no challenge, so there is
    /// none.
    pub(super) fn unauthorised(&self, region: Option<&str>, peer: Peer, cause: Cause) -> Response {
        let known = |named: &str| {
            let mut regions = self.engine.services().flat_map(|s| &s.policy().regions);
            regions.find(|r| r.name.0 == named).map(|r| r.name.clone())
        };
        let region: Option<Region> = region.and_then(known);
        self.metrics.unauthorised(region.as_ref(), cause);
        let name = region.as_ref().map_or("", |r| r.0.as_str());
        if self.budgets.refusals_logged.takes(name, self.engine.clock().now()) {
            tracing::warn!(region = name, peer = %peer.0, "refused a call without a valid credential");
        }
        line(StatusCode::UNAUTHORIZED, "this call has no valid credential")
    }
}

async fn no_such_address() -> Response {
    line(StatusCode::NOT_FOUND, "no such address")
}

async fn no_such_method() -> Response {
    line(StatusCode::METHOD_NOT_ALLOWED, "this address is called with another method; hooks with POST")
}

fn router(app: App) -> Router {
    Router::new()
        .route("/hooks/{region}/{hook}", post(hooks::post))
        .route("/gate/{action}", any(gates::gate))
        .route("/rollback/{action}", any(gates::rollback))
        .route("/api/v1/rollouts", get(rollouts::list))
        .route("/api/v1/rollouts/{id}", get(rollouts::get))
        .route("/api/v1/rollouts/{id}/orders", post(orders::post))
        .route("/api/v1/releases", get(releases::list))
        .route("/api/v1/releases/{*release}", get(releases::get))
        .route("/releases/{*release}", get(releases::shown))
        .route("/api/v1/services", get(services::list))
        .route("/api/v1/services/{namespace}/{name}", get(services::get))
        .route("/api/v1/services/{namespace}/{name}/freeze", post(freezes::freeze))
        .route("/api/v1/services/{namespace}/{name}/thaw", post(freezes::thaw))
        .route("/", get(pages::index))
        .route("/rollouts/{id}", get(pages::rollout))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(metrics::get))
        .fallback(no_such_address)
        .method_not_allowed_fallback(no_such_method)
        .with_state(app)
}

/// Every address of `engine` behind `edge`, as a caller at `peer` reaches it without a connection: what is behind the
/// listener can be asked anything that a connection could bring, and much faster.
pub fn routes(engine: Engine, edge: &Edge, peer: IpAddr) -> Router {
    router(App::new(engine, edge)).layer(Extension(Peer(peer)))
}

/// A running server.
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Server {
    /// Binds `address` (port 0: any free one) and serves `engine` there, asking nobody for credentials.
    pub async fn start(address: SocketAddr, engine: Engine) -> std::io::Result<Self> {
        Self::behind(Edge::default(), address, engine).await
    }

    /// Binds `address` (port 0: any free one) and serves `engine` there, behind `edge`.
    pub async fn behind(edge: Edge, address: SocketAddr, engine: Engine) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let stop = watch::Sender::new(false);
        let app = App::new(engine, &edge);
        let metrics = app.metrics.clone();
        let task = tokio::spawn(listen::serve(listener, router(app), edge, metrics, stop.subscribe()));
        Ok(Self { address, stop, task })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no new connection, and waits for open answers, but not for ever.
    pub async fn stop(mut self) -> std::io::Result<()> {
        self.stop.send_replace(true);
        match tokio::time::timeout(PATIENCE, &mut self.task).await {
            Ok(ended) => ended.map_err(std::io::Error::other),
            Err(_elapsed) => {
                tracing::warn!("some callers never finished their questions: stopping without them");
                self.task.abort();
                Ok(())
            }
        }
    }
}
