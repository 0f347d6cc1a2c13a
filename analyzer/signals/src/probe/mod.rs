//! Probes: is the region itself well, asked from outside its metrics.
//!
//! Metrics tell what happened to requests that came; a probe tells whether one would be answered at all, and by whom: a
//! health page that names another region means that traffic has been led elsewhere. Every probe opens a connection of
//! its own and looks its name up anew, because a connection kept open survives what users would run into. What answers
//! is not believed further than for other sources: no redirects, no proxies, a body up to a bound, and an end to waiting.
//!
//! Three ways of not being healthy are kept apart. The region says so or shows it (*unhealthy*), it does not answer
//! (*unreachable*), or we cannot even ask (*our trouble*: a name that does not resolve, a certificate that we do not
//! trust). None of the three is healthy.

mod body;
mod http;
mod outcome;
mod tcp;

pub use outcome::{OurTrouble, Outcome, Unhealthy, Unreachable};

use crate::names::Names;
use crate::reason::one_line;
use futures_util::StreamExt as _;
use futures_util::stream;
use haldane_clock::Clock;
use haldane_core::policy::{ProbeSource, ProbeWhat};
use haldane_core::time::Span;
use http::Page;
use std::time::Duration;
use tcp::Port;
use thiserror::Error;
use tokio::time::timeout;

/// How many probes of a region are under way at once.
const AT_ONCE: usize = 8;

/// The probes of one region.
pub struct Probes {
    probes: Vec<Probe>,
    names: Names,
    trust: http::Trust,
    clock: Clock,
}

struct Probe {
    name: String,
    what: What,
    deadline: Duration,
}

enum What {
    Page(Box<Page>),
    Port(Port),
}

/// What one probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeResult {
    /// Which, as the policy calls it.
    pub name: String,
    /// How it went.
    pub outcome: Outcome,
    /// How long it took, up to the last byte that was needed or to the failure.
    pub latency: Span,
}

/// A probe that cannot be asked as the policy says. The address is left out: it may carry a key.
#[derive(Debug, Error)]
#[error(
    "probe {name} has an address that is no URL of http or https; write it like http://api.fnp.svc:8080/health"
)]
pub struct ProbeError {
    /// Which probe.
    pub name: String,
}

impl Probes {
    /// The probes of one region; nobody is asked yet. `clock` tells how long they take.
    ///
    /// # Errors
    ///
    /// When an address is none.
    pub fn new(sources: &[ProbeSource], clock: Clock) -> Result<Self, ProbeError> {
        let probes = sources.iter().map(Probe::new).collect::<Result<_, _>>()?;
        Ok(Self { probes, names: Names::default(), trust: http::Trust::default(), clock })
    }

    /// Asks everything once, eight at a time; the results in the order of the policy. With many slow probes this takes
    /// their time-outs in eighths.
    pub async fn probe(&self) -> Vec<ProbeResult> {
        stream::iter(&self.probes).map(|probe| self.ask(probe)).buffered(AT_ONCE).collect().await
    }

    async fn ask(&self, probe: &Probe) -> ProbeResult {
        let began = self.clock.now();
        let deadline = probe.deadline;
        let asked = async {
            match &probe.what {
                What::Page(page) => page.ask(&self.names, &self.trust, deadline).await,
                What::Port(port) => port.ask(&self.names, deadline).await,
            }
        };
        let late = || {
            let deadline_ms = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
            Outcome::Unreachable(Unreachable::TimedOut { deadline_ms })
        };
        let outcome = timeout(deadline, asked).await.unwrap_or_else(|_| late());
        ProbeResult { name: probe.name.clone(), outcome, latency: self.clock.now() - began }
    }
}

impl Probe {
    fn new(source: &ProbeSource) -> Result<Self, ProbeError> {
        let name = one_line(&source.name);
        let what = match &source.what {
            ProbeWhat::Http { url, status, expect, ca_file } => {
                let page = Page::new(url, status.clone(), expect.clone(), ca_file.as_ref().map(Into::into));
                What::Page(Box::new(page.ok_or(ProbeError { name: name.clone() })?))
            }
            ProbeWhat::Tcp { host, port } => What::Port(Port { host: host.clone(), port: *port }),
        };
        let deadline = Duration::from_micros(u64::try_from(source.timeout.as_us()).unwrap_or(0));
        Ok(Self { name, what, deadline })
    }
}

/// The share of `results` that are not healthy, 0 to 1; none where nothing was asked, which is not health.
pub fn failing_share(results: &[ProbeResult]) -> Option<f64> {
    let failing = results.iter().filter(|r| r.outcome != Outcome::Healthy).count();
    (!results.is_empty()).then(|| failing as f64 / results.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_nothing_is_not_known() {
        let result = |outcome| ProbeResult { name: "a".into(), outcome, latency: Span::ZERO };
        let sick = Outcome::Unhealthy(Unhealthy::Status { status: 503 });
        assert_eq!(failing_share(&[]), None);
        assert_eq!(failing_share(&[result(Outcome::Healthy)]), Some(0.0));
        assert_eq!(failing_share(&[result(Outcome::Healthy), result(sick)]), Some(0.5));
    }
}
