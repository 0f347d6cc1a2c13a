//! A pod's address, which outlives the pod.
//!
//! A scrape configuration must name the canary's pods before they run, so their ports are bound from the start.
//! While the pod is down or dead a connection is accepted and reset at once: the reader sees a failed connection, as it
//! would from an address without a listener, and nobody else can take the port meanwhile.

use crate::Arm;
use crate::region::Region;
use axum::serve::Listener;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};

/// A listener that lets nobody in while its arm is down or dead.
pub(crate) struct PodListener {
    pub(crate) bound: TcpListener,
    pub(crate) region: Arc<Region>,
    pub(crate) arm: Arm,
}

impl Listener for PodListener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            let (stream, peer) = Listener::accept(&mut self.bound).await;
            if self.region.lets_in(self.arm) {
                return (stream, peer);
            }
            // With no time to linger, dropping resets. Should that be refused, it closes, which is a failure too.
            let _ = stream.set_zero_linger();
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.bound.local_addr()
    }
}
