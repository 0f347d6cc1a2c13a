//! A page that must answer with a status, and perhaps with fields of JSON.

use super::body::judge;
use super::outcome::{OurTrouble, Outcome, Unhealthy, Unreachable};
use crate::http::{self, Failure, tls};
use crate::names::Names;
use crate::prometheus::secret;
use crate::reason::one_line;
use reqwest::{Response, Url};
use rustls::ClientConfig;
use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// No health page is longer.
const MOST_BYTES: u64 = 64 << 10;

pub(super) struct Page {
    url: Url,
    host: String,
    port: u16,
    /// Empty for every 2xx.
    status: Vec<u16>,
    expect: BTreeMap<String, String>,
    ca_file: Option<PathBuf>,
}

/// The system's roots, read once: there are many, and a probe opens a client of its own each time.
#[derive(Default)]
pub(super) struct Trust(Mutex<Option<ClientConfig>>);

impl Page {
    /// None if `url` is no absolute http or https URL.
    pub(super) fn new(
        url: &str,
        status: Vec<u16>,
        expect: BTreeMap<String, String>,
        ca_file: Option<PathBuf>,
    ) -> Option<Self> {
        let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = url.port_or_known_default()?;
        Some(Self { url, host, port, status, expect, ca_file })
    }

    pub(super) async fn ask(&self, names: &Names, trust: &Trust, deadline: Duration) -> Outcome {
        match self.try_ask(names, trust, deadline).await {
            Ok(outcome) | Err(outcome) => outcome,
        }
    }

    async fn try_ask(&self, names: &Names, trust: &Trust, deadline: Duration) -> Result<Outcome, Outcome> {
        let untrusted = |detail| Outcome::OurTrouble(OurTrouble::Trust { detail });
        let tls = self.tls(trust).map_err(untrusted)?;
        // Looked up here and not by the client, and in half of the time, so that neither a name without an address nor a
        // resolver that hangs is taken for a server that is away.
        let addresses = names.lookup(&self.host, self.port, deadline / 2).await.map_err(|detail| {
            Outcome::OurTrouble(OurTrouble::NotResolved { host: one_line(&self.host), detail })
        })?;
        let client = http::builder(deadline, tls).resolve_to_addrs(&self.host, &addresses).build();
        let client = client.map_err(|e| untrusted(one_line(&e.without_url().to_string())))?;
        let deadline_ms = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
        let failed = |why| failed(why, deadline_ms);
        let response = client.get(self.url.clone()).send().await.map_err(|e| failed(unsent(e)))?;
        let status = response.status().as_u16();
        let is_well = match self.status.as_slice() {
            [] => response.status().is_success(),
            codes => codes.contains(&status),
        };
        if !is_well {
            return Err(Outcome::Unhealthy(Unhealthy::Status { status }));
        }
        self.judged(response).await.map_err(|e| failed(NotAnswered::Failure(e)))
    }

    async fn judged(&self, response: Response) -> Result<Outcome, Failure> {
        if self.expect.is_empty() {
            return Ok(Outcome::Healthy);
        }
        let body = http::body(response, MOST_BYTES).await?;
        Ok(judge(&body, &self.expect).map_or(Outcome::Healthy, Outcome::Unhealthy))
    }

    /// The CA file is read anew each time: it is renewed under a running process.
    fn tls(&self, trust: &Trust) -> Result<ClientConfig, String> {
        let told = |why: &'static str| why.to_owned();
        if self.url.scheme() == "http" {
            return tls::config(&tls::Roots::Nobody, None).map_err(told);
        }
        if let Some(file) = &self.ca_file {
            let pem = secret::bytes(file).map_err(|missing| missing.to_string())?;
            return tls::config(&tls::Roots::Pem(&pem), None).map_err(told);
        }
        let mut system = trust.0.lock().unwrap_or_else(PoisonError::into_inner);
        if system.is_none() {
            *system = Some(tls::config(&tls::Roots::System, None).map_err(told)?);
        }
        system.clone().ok_or_else(|| "there is no TLS configuration".to_owned())
    }
}

enum NotAnswered {
    Failure(Failure),
    Certificate(String),
}

fn unsent(error: reqwest::Error) -> NotAnswered {
    certificate_fault(&error).map_or_else(|| NotAnswered::Failure(error.into()), NotAnswered::Certificate)
}

fn failed(why: NotAnswered, deadline_ms: u64) -> Outcome {
    match why {
        NotAnswered::Certificate(detail) => Outcome::OurTrouble(OurTrouble::Certificate { detail }),
        NotAnswered::Failure(Failure::TimedOut) => {
            Outcome::Unreachable(Unreachable::TimedOut { deadline_ms })
        }
        NotAnswered::Failure(Failure::Unreachable(detail)) => {
            Outcome::Unreachable(Unreachable::Connection { detail })
        }
        NotAnswered::Failure(Failure::TooLarge) => {
            Outcome::Unhealthy(Unhealthy::TooLarge { limit_bytes: MOST_BYTES })
        }
    }
}

/// What rustls had against the other side's certificate. It lies inside of `io::Error`s, one within another, and what is
/// directly inside of one is no `source` of it.
fn certificate_fault(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(rustls::Error::InvalidCertificate(why)) = error.downcast_ref() {
        return Some(one_line(&why.to_string()));
    }
    let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    let inside = inside.and_then(|inside| certificate_fault(inside));
    inside.or_else(|| certificate_fault(error.source()?))
}
