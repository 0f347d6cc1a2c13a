//! Connections: how many, how long, and behind which certificate.
//!
//! hyper itself and not a server around it, because room has to be made *before* a connection is accepted: what has
//! been accepted holds a descriptor, and the store and the scrapes need some, too. Deadlines here are in real time.

use super::edge::Edge;
use super::metrics::Metrics;
use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use haldane_clock::Clock;
use haldane_core::time::Span;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

/// How long a connection is used for new requests; the next answer after that says that it is the last one.
const LIFETIME: Duration = Duration::from_secs(60);

/// The longest that a connection's last answer may take: who reads it a byte at a time gives the place back.
const LAST_ANSWER: Duration = Duration::from_secs(10);

/// The longest head of a request, in bytes. Flagger's are below 1 kB.
const LONGEST_HEAD: usize = 16 * 1024;

/// Where a request comes from, as the connection has it: behind a proxy that is the proxy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) IpAddr);

/// What every connection is served with.
#[derive(Clone)]
struct Served {
    router: Router,
    edge: Edge,
    metrics: Metrics,
    room: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
}

/// Serves until `stop` holds true, then until open connections have had their answers.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    edge: Edge,
    metrics: Metrics,
    mut stop: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(edge.limits.connections));
    let served = Served { router, edge, metrics, room: room.clone(), stop: stop.clone() };
    // Dropped with this task, it ends them all: nobody who stops in vain keeps the engine alive.
    let mut connections = JoinSet::new();
    loop {
        let next = tokio::select! {
            biased;
            () = told(&mut stop) => break,
            Some(_ended) = connections.join_next() => continue,
            next = accept(&listener, &room) => next,
        };
        if let Some((place, stream, peer)) = next {
            connections.spawn(served.clone().connection(place, stream, peer));
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// The next connection, once there is room for it.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(OwnedSemaphorePermit, TcpStream, SocketAddr)> {
    // Never closed: it lives as long as the listener.
    let place = room.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((place, stream, peer)),
        Err(error) => {
            let callers =
                [ErrorKind::ConnectionAborted, ErrorKind::ConnectionReset, ErrorKind::ConnectionRefused];
            if !callers.contains(&error.kind()) {
                tracing::error!(%error, "no connection can be accepted; trying again in a second");
                Clock::real().sleep(Span::from_s(1)).await;
            }
            None
        }
    }
}

impl Served {
    async fn connection(self, place: OwnedSemaphorePermit, stream: TcpStream, peer: SocketAddr) {
        let _open = self.metrics.connected();
        // An answer is one small write; waiting to fill a packet would only delay it.
        let _ = stream.set_nodelay(true);
        let (tls, silence) = (self.edge.tls.clone(), self.edge.limits.silence);
        match tls {
            None => self.requests(stream, peer.ip()).await,
            Some(tls) => match tokio::time::timeout(silence, tls.acceptor().accept(stream)).await {
                Ok(Ok(stream)) => self.requests(stream, peer.ip()).await,
                // Scanners and callers without the CA; at a level that fills no disk.
                Ok(Err(error)) => tracing::debug!(peer = %peer.ip(), %error, "no TLS handshake"),
                Err(_elapsed) => tracing::debug!(peer = %peer.ip(), "a TLS handshake took too long"),
            },
        }
        drop(place);
    }

    async fn requests(mut self, stream: impl AsyncRead + AsyncWrite + Unpin + Send, peer: IpAddr) {
        let (router, is_old) = (TowerToHyperService::new(self.router.clone()), AtomicBool::new(false));
        // Who keeps talking must not keep a place that others wait for: without room, each answer is the last one.
        let room = self.room.clone();
        let is_last = || is_old.load(Ordering::Relaxed) || room.available_permits() == 0;
        let service = service_fn(|mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            let answer = router.call(request);
            let is_last = &is_last;
            async move {
                let mut answer = answer.await?;
                if is_last() {
                    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(answer)
            }
        });
        let silence = self.edge.limits.silence;
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(silence)
            .max_header_size(LONGEST_HEAD)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            () = self.old(&is_old, silence) => None,
        };
        let ended = match ended {
            Some(ended) => ended,
            None => {
                connection.as_mut().graceful_shutdown();
                tokio::time::timeout(LAST_ANSWER, connection).await.unwrap_or(Ok(()))
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%peer, %error, "a connection broke off");
        }
    }

    /// Ends when a connection has to: told to stop, at once; too old, only after its next answer has said so. Closed
    /// between two requests without a word, it would lose one that is on its way.
    async fn old(&mut self, is_old: &AtomicBool, silence: Duration) {
        if tokio::time::timeout(LIFETIME, told(&mut self.stop)).await.is_err() {
            is_old.store(true, Ordering::Relaxed);
            let _ = tokio::time::timeout(silence, told(&mut self.stop)).await;
        }
    }
}

/// Waits until this server is told to stop.
async fn told(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone means the same.
    let _ = stop.wait_for(|s| *s).await;
}
