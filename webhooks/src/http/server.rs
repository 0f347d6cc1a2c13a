//! The listener: routes in one table, and a shutdown that lets open answers finish.

use super::gates::{self, Gates};
use super::metrics::Metrics;
use super::{health, hooks, metrics, orders, pages, rollouts};
use crate::engine::Engine;
use axum::Router;
use axum::routing::{any, get, post};
use std::net::SocketAddr;
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
}

impl App {
    /// The handlers' view of `engine`.
    pub fn new(engine: Engine) -> Self {
        Self { engine, metrics: Metrics::default(), gates: Gates::default() }
    }
}

fn router(app: App) -> Router {
    Router::new()
        .route("/hooks/{region}/{hook}", post(hooks::post))
        .route("/gate/{action}", any(gates::gate))
        .route("/rollback/{action}", any(gates::rollback))
        .route("/api/v1/rollouts", get(rollouts::list))
        .route("/api/v1/rollouts/{id}", get(rollouts::get))
        .route("/api/v1/rollouts/{id}/orders", post(orders::post))
        .route("/", get(pages::index))
        .route("/rollouts/{id}", get(pages::rollout))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(metrics::get))
        .with_state(app)
}

/// A running server.
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Binds `address` (port 0: any free one) and serves `engine` there.
    pub async fn start(address: SocketAddr, engine: Engine) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let stop = watch::Sender::new(false);
        let mut stopped = stop.subscribe();
        let shutdown = async move {
            // A sender that is gone means the same: stop.
            let _ = stopped.wait_for(|s| *s).await;
        };
        let serve = axum::serve(listener, router(App::new(engine))).with_graceful_shutdown(shutdown);
        let task = tokio::spawn(async move { serve.await });
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
            Ok(ended) => ended.map_err(std::io::Error::other)?,
            Err(_elapsed) => {
                tracing::warn!("some callers never finished their questions: stopping without them");
                self.task.abort();
                Ok(())
            }
        }
    }
}
