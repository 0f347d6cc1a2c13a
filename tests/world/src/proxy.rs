//! HAProxy between the load and the pods: splits real requests by weight, and takes pods in and out.
//!
//! Two pools and one draw per request (`rand(100)` against a process-wide variable) rather than weights of servers:
//! the split does not depend on how many pods an arm has or which of them are down, every whole percent is exact,
//! 0 is never and 100 is always, and requests are split independently of each other, as service meshes do it. A
//! weight is a variable set over the runtime socket, so no connection notices. Inside a pool it is round robin.
//!
//! There are no health checks and no retries: a dead pod stays in rotation, and its share is answered 503 by HAProxy
//! itself. That is how a crash-looping canary looks healthy in its own counters.

mod socket;
mod stat;

use crate::leash::Leash;
use crate::part::Part;
use crate::wait::Wait;
use crate::{Arm, WorldError, port, programs};
use haldane_core::time::Span;
use socket::Socket;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Places for pods in each pool: a rolling replacement has one pod too many.
const SLOTS: usize = 32;
/// It starts within milliseconds; this is for a machine under load.
const START: Span = Span::from_s(20);
/// The longest request may take as long as a behaviour may ask for.
const DRAIN: Span = Span::from_s(60);

/// The header by which a request can choose the canary.
pub const CANARY_HEADER: &str = "x-canary";
/// No request has this value, so that none is chosen by its header.
const NO_HEADER: &str = "chosen-by-nobody";

/// A running HAProxy.
#[derive(Debug)]
pub struct Proxy {
    part: Part,
    url: String,
    socket: Socket,
    taken: Mutex<BTreeSet<(Arm, usize)>>,
}

impl Proxy {
    /// Starts it with nothing behind it and all weight on the primary.
    ///
    /// # Errors
    /// It is not installed, or does not start.
    pub async fn start(directory: &Path, leash: &Leash) -> Result<Self, WorldError> {
        let program = programs::find("haproxy")?;
        let (port, path) = (port::free()?, directory.join("haproxy.sock"));
        let file = directory.join("haproxy.cfg");
        std::fs::write(&file, configuration(port, &path))?;
        let arguments = [Path::new("-db"), Path::new("-q"), Path::new("-f"), &file];
        let part = Part::start("haproxy", &program, arguments, &[], directory, leash)?;
        let url = format!("http://127.0.0.1:{port}/");
        let mut proxy = Self { part, url, socket: Socket(path), taken: Mutex::default() };
        let wait = Wait::begin("haproxy answers on its socket", START);
        while proxy.socket.tell("show info").await.is_err() {
            proxy.part.still_runs()?;
            wait.again().await?;
        }
        Ok(proxy)
    }

    /// Where users' requests go.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its process number.
    pub fn pid(&self) -> i32 {
        self.part.pid()
    }

    /// Sends this share of the requests to the canary from the next request on, in percent; above 100 is 100.
    ///
    /// # Errors
    /// HAProxy is gone.
    pub async fn set_canary_weight(&self, percent: u32) -> Result<(), WorldError> {
        let percent = percent.min(100);
        let command = format!("experimental-mode on; set var proc.canary_percent int({percent})");
        self.socket.order(&command).await
    }

    /// Sends every request with this value of the header `x-canary` to the canary, whatever the weight; `None`: none.
    ///
    /// # Errors
    /// HAProxy is gone, or the value is no word.
    pub async fn set_canary_header(&self, value: Option<&str>) -> Result<(), WorldError> {
        let value = value.unwrap_or(NO_HEADER);
        if !value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Err(WorldError::Refused(format!("a canary is chosen by a word, not by {value:?}")));
        }
        self.socket.order(&format!("experimental-mode on; set var proc.canary_header str({value})")).await
    }

    /// Requests that this arm was chosen for so far, those that no pod took included.
    ///
    /// # Errors
    /// HAProxy is gone.
    pub async fn routed(&self, arm: Arm) -> Result<u64, WorldError> {
        let table = self.socket.tell("show stat").await?;
        stat::number(&table, arm.name(), "BACKEND", "stot")
    }

    /// Takes a pod in; its slot.
    ///
    /// # Errors
    /// All places are taken, or HAProxy is gone.
    pub async fn add(&self, arm: Arm, port: u16) -> Result<usize, WorldError> {
        let slot = {
            let mut taken = self.taken();
            let free = (1..=SLOTS).find(|slot| !taken.contains(&(arm, *slot)));
            let slot = free.ok_or_else(|| WorldError::Refused(format!("{} has {SLOTS} pods", arm.name())))?;
            taken.insert((arm, slot));
            slot
        };
        let server = format!("{}/pod{slot}", arm.name());
        self.socket.tell(&format!("set server {server} addr 127.0.0.1 port {port}")).await?;
        self.socket.order(&format!("set server {server} state ready")).await?;
        Ok(slot)
    }

    /// Takes a pod out when the requests that it has are answered.
    ///
    /// # Errors
    /// They are not within a minute, or HAProxy is gone.
    pub async fn drain(&self, arm: Arm, slot: usize) -> Result<(), WorldError> {
        let server = format!("{}/pod{slot}", arm.name());
        self.socket.order(&format!("set server {server} state drain")).await?;
        let wait = Wait::begin("a drained pod has answered its requests", DRAIN);
        while stat::number(&self.socket.tell("show stat").await?, arm.name(), &format!("pod{slot}"), "scur")?
            > 0
        {
            wait.again().await?;
        }
        self.socket.order(&format!("set server {server} state maint")).await?;
        self.taken().remove(&(arm, slot));
        Ok(())
    }

    fn taken(&self) -> MutexGuard<'_, BTreeSet<(Arm, usize)>> {
        // A set is whole after every operation on it.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn configuration(port: u16, socket: &Path) -> String {
    format!(
        "global
    maxconn 4000
    nbthread 1
    stats socket {} mode 600 level admin
    set-var proc.canary_percent int(0)
    set-var proc.canary_header str({NO_HEADER})
defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 60s
    timeout http-keep-alive 60s
    retries 0
    http-reuse always
    balance roundrobin
frontend users
    bind 127.0.0.1:{port}
    http-request set-var(txn.canary_header) req.hdr({CANARY_HEADER})
    use_backend canary if {{ var(txn.canary_header),strcmp(proc.canary_header) eq 0 }}
    use_backend canary if {{ rand(100),sub(proc.canary_percent) lt 0 }}
    default_backend primary
backend canary
    server-template pod {SLOTS} 127.0.0.1:1 disabled
backend primary
    server-template pod {SLOTS} 127.0.0.1:1 disabled
",
        socket.display()
    )
}
