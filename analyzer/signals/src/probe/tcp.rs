//! A port that accepts a connection. Nothing is sent: what speaks there is not known.

use super::outcome::{OurTrouble, Outcome, Unreachable};
use crate::names::Names;
use crate::reason::one_line;
use std::time::Duration;
use tokio::net::TcpStream;

pub(super) struct Port {
    pub(super) host: String,
    pub(super) port: u16,
}

impl Port {
    /// Healthy when one of the name's addresses accepts: it is what every client tries. Half of the time is for the
    /// name, so that a resolver that hangs is not taken for a server that does.
    pub(super) async fn ask(&self, names: &Names, deadline: Duration) -> Outcome {
        let addresses = match names.lookup(&self.host, self.port, deadline / 2).await {
            Ok(addresses) => addresses,
            Err(detail) => {
                let host = one_line(&self.host);
                return Outcome::OurTrouble(OurTrouble::NotResolved { host, detail });
            }
        };
        match TcpStream::connect(addresses.as_slice()).await {
            Ok(_) => Outcome::Healthy,
            Err(error) => {
                Outcome::Unreachable(Unreachable::Connection { detail: one_line(&error.to_string()) })
            }
        }
    }
}
