//! One HTTP answer, bounded in time and in bytes.
//!
//! A pod that is judged may be broken in any way: it may answer slowly, for ever, with a redirect to a login page,
//! or with an error page and status 200. So nothing is followed, the deadline covers the last byte, and the body is
//! read piece by piece, never past its bound. Compression is not asked for: a small answer that unpacks into
//! gigabytes would pass a bound on bytes received.

use super::config::ConfigError;
use super::target::Target;
use crate::reason::one_line;
use haldane_core::increment::{Arm, Missing};
use reqwest::{Client, Response, StatusCode, redirect};
use std::error::Error;
use std::time::Duration;

/// A pooled client with the bounds of one region.
pub(crate) struct Fetcher {
    client: Client,
    deadline: Duration,
    max_body_bytes: u64,
}

impl Fetcher {
    pub(crate) fn new(deadline: Duration, max_body_bytes: u64) -> Result<Self, ConfigError> {
        let client = Client::builder()
            .connect_timeout(deadline)
            .timeout(deadline)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(ConfigError::Client)?;
        Ok(Self { client, deadline, max_body_bytes })
    }

    /// The whole body of a 200, or why there is none.
    pub(crate) async fn body(&self, arm: Arm, target: &Target) -> Result<Vec<u8>, Missing> {
        let sent = self.client.get(target.url.clone()).send().await;
        let response = sent.map_err(|e| self.failure(arm, target, e))?;
        if response.status() != StatusCode::OK {
            let status = response.status().as_u16();
            return Err(Missing::HttpStatus { arm, target: target.name.clone(), status });
        }
        if response.content_length().is_some_and(|bytes| bytes > self.max_body_bytes) {
            return Err(self.too_large(arm, target));
        }
        self.read(arm, target, response).await
    }

    async fn read(&self, arm: Arm, target: &Target, mut response: Response) -> Result<Vec<u8>, Missing> {
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|e| self.failure(arm, target, e))? {
            let bytes = body.len().saturating_add(piece.len());
            if u64::try_from(bytes).unwrap_or(u64::MAX) > self.max_body_bytes {
                return Err(self.too_large(arm, target));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }

    fn too_large(&self, arm: Arm, target: &Target) -> Missing {
        Missing::TooLarge { arm, target: target.name.clone(), limit_bytes: self.max_body_bytes }
    }

    fn failure(&self, arm: Arm, target: &Target, error: reqwest::Error) -> Missing {
        let target = target.name.clone();
        if error.is_timeout() {
            let deadline_ms = u64::try_from(self.deadline.as_millis()).unwrap_or(u64::MAX);
            return Missing::TimedOut { arm, target, deadline_ms };
        }
        Missing::Unreachable { arm, target, detail: one_line(&root_cause(&error.without_url())) }
    }
}

/// The innermost error: the outer ones only say that sending failed, the innermost says how.
fn root_cause(error: &dyn Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
