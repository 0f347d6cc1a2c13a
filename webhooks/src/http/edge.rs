//! What the listener is started with: who may call, how much, and behind which certificate.

use super::tls::Tls;
use crate::secrets::SecretDir;
use std::time::Duration;

/// The edge of one listener. The default asks for no credentials and speaks plain HTTP.
#[derive(Clone, Debug, Default)]
pub struct Edge {
    /// Each region's secrets. Without them every caller may ask hooks in Flagger's name.
    pub hook_secrets: Option<SecretDir>,
    /// The tokens of people and programs; they open manual gates, too.
    pub operators: Option<SecretDir>,
    /// How much one caller may ask for.
    pub limits: Limits,
    /// The certificate, if callers speak HTTPS.
    pub tls: Option<Tls>,
}

/// What is too much.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections that are open at once; more wait to be accepted. Half of the 1024 descriptors that a process is
    /// commonly given: the other half is the store's and the scrapes'.
    pub connections: usize,
    /// Questions per second that are read from one region (one peer address, where there are no credentials), over
    /// ten seconds. Fifty Canaries at an interval of 10 s ask 25 times a second.
    pub calls_per_s: u32,
    /// The longest that a connection may stay silent where a request's head or a TLS handshake is due, in real time.
    /// Half of Flagger's patience of 10 s: who waits behind silent callers is still answered.
    pub silence: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 512, calls_per_s: 200, silence: Duration::from_secs(5) }
    }
}
