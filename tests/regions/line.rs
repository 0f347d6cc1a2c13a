//! One way through the network that a test can cut: a relay of bytes before a real server.
//!
//! A cut is what it is called. Refused: nobody listens at the address, which stays reserved, so that no neighbour's test
//! can come to listen there. Hung: connections stay open, and new ones are taken, and not a byte passes. Failing: a proxy
//! on the way answers 503 to every request.

use axum::body::Body;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Refused,
    Hung,
    Fails,
}

impl How {
    pub(crate) const ALL: [Self; 3] = [Self::Refused, Self::Hung, Self::Fails];
}

/// The state that connections look at.
type State = watch::Receiver<Option<How>>;

pub(crate) struct Line {
    address: SocketAddr,
    leads_to: SocketAddr,
    state: watch::Sender<Option<How>>,
    serving: Option<JoinHandle<()>>,
    stop: watch::Sender<bool>,
    /// Bound and never listening: it keeps the port.
    _reserved: TcpSocket,
}

impl Line {
    /// A whole line to a server.
    pub(crate) fn to(leads_to: SocketAddr) -> Self {
        let reserved = socket(SocketAddr::from(([127, 0, 0, 1], 0)));
        let address = reserved.local_addr().unwrap();
        let (state, stop) = (watch::Sender::new(None), watch::Sender::new(false));
        let mut line = Self { address, leads_to, state, serving: None, stop, _reserved: reserved };
        line.listen();
        line
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.state.borrow().is_none()
    }

    pub(crate) async fn cut(&mut self, how: How) {
        // What hangs keeps its connections; everything else ends them.
        if how != How::Hung {
            self.end().await;
        }
        self.state.send_replace(Some(how));
        if how == How::Fails {
            self.listen();
        }
    }

    pub(crate) async fn mend(&mut self) {
        self.end().await;
        self.state.send_replace(None);
        self.listen();
    }

    fn listen(&mut self) {
        let listener = socket(self.address).listen(64).unwrap();
        self.stop = watch::Sender::new(false);
        let serving = serve(listener, self.leads_to, self.state.subscribe(), self.stop.subscribe());
        self.serving = Some(tokio::spawn(serving));
    }

    async fn end(&mut self) {
        self.stop.send_replace(true);
        if let Some(serving) = self.serving.take() {
            serving.await.unwrap();
        }
    }
}

fn socket(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseport(true).unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

async fn serve(listener: TcpListener, leads_to: SocketAddr, state: State, mut stop: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let near = accepted.unwrap().0;
                connections.spawn(connection(near, leads_to, state.clone()));
            }
            // The sender going away ends it as well: the test is over.
            _ = stop.wait_for(|stopped| *stopped) => break,
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn connection(near: TcpStream, leads_to: SocketAddr, state: State) {
    let now = *state.borrow();
    match now {
        None => {
            let Ok(far) = TcpStream::connect(leads_to).await else { return };
            let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
            tokio::join!(pass(near_in, far_out, state.clone()), pass(far_in, near_out, state));
        }
        Some(How::Hung | How::Refused) => {
            let _kept = near;
            std::future::pending().await
        }
        Some(How::Fails) => {
            let connection = hyper::server::conn::http1::Builder::new();
            let _ended = connection.serve_connection(TokioIo::new(near), service_fn(unavailable)).await;
        }
    }
}

/// Bytes pass while the line is whole.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut state: State) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        if state.wait_for(Option::is_none).await.is_err() || to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
    let _gone = to.shutdown().await;
}

async fn unavailable<B>(_: Request<B>) -> Result<Response<Body>, Infallible> {
    let mut response = Response::new(Body::from("no healthy upstream"));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    Ok(response)
}
