//! The pods of one region, listening.

use crate::exposition::CONTENT_TYPE;
use crate::listener::PodListener;
use crate::region::{Region, Scrape};
use crate::{Arm, Change, Counts, Place, RegionConfig};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::get};
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long a reader that has sent half a request can delay [`RegionPods::stop`], in real time.
const PATIENCE: Duration = Duration::from_secs(2);

/// Running pods. Dropping it stops them without waiting; [`RegionPods::stop`] waits for open answers.
#[derive(Debug)]
pub struct RegionPods {
    region: Arc<Region>,
    canary_urls: Vec<String>,
    primary_urls: Vec<String>,
    stopping: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl RegionPods {
    /// Binds one port of loopback per pod and serves `/metrics`, `/health` (deep) and `/alive` (shallow) there.
    ///
    /// # Errors
    /// A port cannot be bound.
    pub async fn start(config: RegionConfig) -> io::Result<Self> {
        Self::start_in(config, watch::Sender::new(Place::default()).subscribe()).await
    }

    /// The same in a place that turns.
    ///
    /// # Errors
    /// A port cannot be bound.
    pub async fn start_in(config: RegionConfig, place: watch::Receiver<Place>) -> io::Result<Self> {
        let traffic = config.model.traffic;
        let region = Arc::new(Region::new(config, place));
        let follower = Arc::clone(&region);
        let mut pods = Self {
            region,
            canary_urls: Vec::new(),
            primary_urls: Vec::new(),
            stopping: watch::Sender::new(false),
            tasks: vec![tokio::spawn(async move { follower.follow().await })],
        };
        for arm in Arm::BOTH {
            for pod in 0..traffic.pods(arm) {
                let url = pods.start_pod(arm, pod).await?;
                match arm {
                    Arm::Canary => pods.canary_urls.push(url),
                    Arm::Primary => pods.primary_urls.push(url),
                }
            }
        }
        Ok(pods)
    }

    /// Where the canary's metrics are, one URL per pod; connections are reset while the canary is down.
    pub fn canary_urls(&self) -> Vec<String> {
        self.canary_urls.clone()
    }

    /// Where the primary's metrics are, one URL per pod.
    pub fn primary_urls(&self) -> Vec<String> {
        self.primary_urls.clone()
    }

    /// What an arm has counted from the origin to this instant, restarts notwithstanding.
    pub fn total(&self, arm: Arm) -> Counts {
        *self.region.advanced().total(arm)
    }

    /// Every routing so far and when it was noticed, the first at the origin.
    pub fn timeline(&self) -> Vec<Change> {
        self.region.noticed().timeline().to_vec()
    }

    /// Records at this instant what the route says. A test that changes the route and then moves the clock calls it
    /// in between; else the change might be noticed only at the later instant.
    pub fn notice(&self) {
        drop(self.region.noticed());
    }

    /// Closes the ports, when the answers under way are given.
    pub async fn stop(mut self) {
        self.stopping.send_replace(true);
        for mut task in self.tasks.drain(1..) {
            if tokio::time::timeout(PATIENCE, &mut task).await.is_err() {
                task.abort();
            }
        }
    }

    async fn start_pod(&mut self, arm: Arm, pod: usize) -> io::Result<String> {
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}/metrics", bound.local_addr()?);
        let listener = PodListener { bound, region: Arc::clone(&self.region), arm };
        let region = Arc::clone(&self.region);
        let answer = move || std::future::ready(response(region.scrape(arm, pod)));
        let place = Arc::clone(&self.region);
        let health = move || std::future::ready(health(place.place().health()));
        let alive = || std::future::ready("alive\n");
        let pages = Router::new().route("/metrics", get(answer));
        let pages = pages.route("/health", get(health)).route("/alive", get(alive));
        let server = axum::serve(listener, pages);
        let mut stopping = self.stopping.subscribe();
        let server = server.with_graceful_shutdown(async move {
            // An error means that the sender is gone, and with it the region.
            let _ = stopping.wait_for(|stop| *stop).await;
        });
        self.tasks.push(tokio::spawn(async move {
            // It only ends by the shutdown, and never with an error.
            let _ = server.await;
        }));
        Ok(url)
    }
}

impl Drop for RegionPods {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// What a health page answers.
fn health((code, json): (u16, String)) -> Response {
    let code = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json_type = "application/json";
    (code, [(header::CONNECTION, "close")], [(header::CONTENT_TYPE, json_type)], json).into_response()
}

/// Every answer closes its connection: a kept one would go on serving a pod that is no longer there.
fn response(scrape: Scrape) -> Response {
    let close = [(header::CONNECTION, "close")];
    match scrape {
        Scrape::Metrics(text) => (close, [(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Scrape::Vanished => (StatusCode::SERVICE_UNAVAILABLE, close, "no metrics here\n").into_response(),
        Scrape::Down => (StatusCode::SERVICE_UNAVAILABLE, close, "shutting down\n").into_response(),
    }
}
