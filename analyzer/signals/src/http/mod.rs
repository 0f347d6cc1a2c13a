//! HTTP as both sources use it: a client whose trust is stated, and a body that is read up to a bound.
//!
//! What answers may be broken in any way: it may answer slowly, for ever, with a redirect to a login page, or with
//! an error page and status 200. So nothing is followed, the deadline covers the last byte, and the body is read
//! piece by piece. Compression is not asked for: a small answer that unpacks into gigabytes would pass a bound on
//! bytes received. A proxy of the environment is not used either: it would answer for whom it likes.

pub(crate) mod tls;

use crate::reason::one_line;
use reqwest::{Client, ClientBuilder, Response, redirect};
use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// A pooled client that trusts what `tls` says.
pub(crate) fn client(deadline: Duration, tls: rustls::ClientConfig) -> Result<Client, reqwest::Error> {
    builder(deadline, tls).build()
}

/// The same, before it is made.
pub(crate) fn builder(deadline: Duration, tls: rustls::ClientConfig) -> ClientBuilder {
    Client::builder()
        .connect_timeout(deadline)
        .timeout(deadline)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .tls_backend_preconfigured(tls)
}

/// Why there is no whole answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No complete answer before the deadline.
    TimedOut,
    /// No connection, or one that broke; the innermost error in one line.
    Unreachable(String),
    /// More bytes than are read.
    TooLarge,
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::TimedOut;
        }
        // A URL may carry credentials.
        Self::Unreachable(one_line(&root_cause(&error.without_url())))
    }
}

/// The whole body, if it is not longer than `most_bytes`.
pub(crate) async fn body(response: Response, most_bytes: u64) -> Result<Vec<u8>, Failure> {
    counted_body(response, most_bytes, &AtomicU64::new(0)).await
}

/// The same; `received` is what was received, also of a body that is given up.
pub(crate) async fn counted_body(
    mut response: Response,
    most_bytes: u64,
    received: &AtomicU64,
) -> Result<Vec<u8>, Failure> {
    if response.content_length().is_some_and(|bytes| bytes > most_bytes) {
        return Err(Failure::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await? {
        let bytes = body.len().saturating_add(piece.len());
        received.store(u64::try_from(bytes).unwrap_or(u64::MAX), Relaxed);
        if u64::try_from(bytes).unwrap_or(u64::MAX) > most_bytes {
            return Err(Failure::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// The innermost error: the outer ones only say that sending failed, the innermost says how.
fn root_cause(error: &dyn Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
