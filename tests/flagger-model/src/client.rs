//! How Flagger calls a webhook: what counts as success, what is tried again, and what becomes of the body.
//!
//! Only 200, 201 and 202 succeed. Connection errors, timeouts, 429 and 5xx except 501 are tried again after 1, 2,
//! 4… seconds, at most 30, or after `Retry-After`, without a bound; when attempts run out *their body is lost*. The
//! body of any other answer is the error. As in Flagger every call makes a client, and so a connection, of its own.
//! Differences that no gate can tell: reqwest sends `Accept: */*`, and neither asks for gzip nor unpacks it; a
//! `Retry-After` date is ignored.

use crate::hooks::Payload;
use crate::plain::plain_http;
use crate::webhook::Webhook;
use haldane_clock::Clock;
use haldane_core::time::Span;
use reqwest::{Response, StatusCode, Url, header};
use std::error::Error;
use std::time::Duration;

const LONGEST_BACKOFF_S: u64 = 30;

/// Why a hook call counts as failed. Displayed, it is the text that Flagger has for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HookFailure {
    /// An answer other than 200, 201, 202 that is not tried again: Flagger knows the body.
    #[error("{body}")]
    Refused {
        /// The status code.
        status: u16,
        /// The whole body.
        body: String,
    },
    /// No usable answer in any attempt: Flagger knows no body.
    #[error("POST {url} giving up after {attempts} attempt(s){}", tail(url, cause.as_deref()))]
    GaveUp {
        /// The URL; a password in it is `xxxxx`, a query string is not hidden.
        url: String,
        /// How many attempts were made.
        attempts: u32,
        /// The last status, if the last attempt had an answer.
        status: Option<u16>,
        /// The last error, if it had none.
        cause: Option<String>,
    },
    /// An answer whose body broke off.
    #[error("error reading body: {cause}")]
    BodyLost {
        /// The status code.
        status: u16,
        /// The error.
        cause: String,
    },
    /// The webhook's URL is none; nothing was sent.
    #[error("parse {url:?}: {cause}")]
    BadUrl {
        /// The URL as written.
        url: String,
        /// The error.
        cause: String,
    },
}

fn tail(url: &str, cause: Option<&str>) -> String {
    cause.map(|cause| format!(": Post {url:?}: {cause}")).unwrap_or_default()
}

impl HookFailure {
    /// The last answer's status, whether Flagger kept the body or not.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } | Self::BodyLost { status, .. } => Some(*status),
            Self::GaveUp { status, .. } => *status,
            Self::BadUrl { .. } => None,
        }
    }
}

/// The caller of webhooks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    /// How long a second of back-off takes in real time; tests shorten it.
    pub(crate) backoff_second: Duration,
}

/// One attempt without a final answer.
struct Again {
    status: Option<u16>,
    cause: Option<String>,
    retry_after_s: Option<u64>,
}

impl Caller {
    /// Calls one webhook, its retries included.
    pub(crate) async fn post(self, hook: &Webhook, payload: &Payload<'_>) -> Result<u16, HookFailure> {
        let url = Url::parse(&hook.url)
            .map_err(|e| HookFailure::BadUrl { url: hook.url.clone(), cause: e.to_string() })?;
        let mut attempt = 1;
        loop {
            match send(&url, hook.timeout, payload).await {
                Ok(response) => return judge(response).await,
                Err(again) if attempt <= hook.retries => self.back_off(attempt, again.retry_after_s).await,
                Err(again) => {
                    let (status, cause) = (again.status, again.cause);
                    return Err(HookFailure::GaveUp {
                        url: redacted(&url),
                        attempts: attempt,
                        status,
                        cause,
                    });
                }
            }
            attempt += 1;
        }
    }

    async fn back_off(self, attempt: u32, retry_after_s: Option<u64>) {
        let seconds = retry_after_s.unwrap_or_else(|| backoff_s(attempt));
        let wait = self.backoff_second.saturating_mul(u32::try_from(seconds).unwrap_or(u32::MAX));
        Clock::real().sleep(Span::from_us(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX))).await;
    }
}

/// Seconds to wait after the `attempt`th attempt, counted from 1: 1, 2, 4… and never more than 30.
fn backoff_s(attempt: u32) -> u64 {
    1_u64.checked_shl(attempt.saturating_sub(1)).unwrap_or(LONGEST_BACKOFF_S).min(LONGEST_BACKOFF_S)
}

async fn send(url: &Url, timeout: Duration, payload: &Payload<'_>) -> Result<Response, Again> {
    let client = plain_http().user_agent("Go-http-client/1.1").timeout(timeout).build();
    let sent = match client {
        Ok(client) => client.post(url.clone()).json(payload).send().await,
        Err(e) => Err(e),
    };
    let response = sent.map_err(|e| Again {
        status: None,
        cause: Some(cause(&e, "exceeded while awaiting headers")),
        retry_after_s: None,
    })?;
    let status = response.status();
    let retried = status == StatusCode::TOO_MANY_REQUESTS
        || (status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED);
    if !retried {
        return Ok(response);
    }
    Err(Again { status: Some(status.as_u16()), cause: None, retry_after_s: retry_after_s(&response) })
}

async fn judge(response: Response) -> Result<u16, HookFailure> {
    let status = response.status().as_u16();
    let body = response.bytes().await.map_err(|e| HookFailure::BodyLost {
        status,
        cause: cause(&e, "or context cancellation while reading body"),
    })?;
    if status <= StatusCode::ACCEPTED.as_u16() {
        return Ok(status);
    }
    Err(HookFailure::Refused { status, body: String::from_utf8_lossy(&body).into_owned() })
}

fn retry_after_s(response: &Response) -> Option<u64> {
    let obeyed = matches!(response.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    response.headers().get(header::RETRY_AFTER).filter(|_| obeyed)?.to_str().ok()?.parse().ok()
}

fn redacted(url: &Url) -> String {
    let mut shown = url.clone();
    if shown.password().is_some() && shown.set_password(Some("xxxxx")).is_err() {
        return "(no host)".to_owned();
    }
    shown.into()
}

/// The innermost error, which says what happened; a timeout in Go's words.
fn cause(error: &reqwest::Error, when: &str) -> String {
    if error.is_timeout() {
        return format!("context deadline exceeded (Client.Timeout {when})");
    }
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::backoff_s;

    #[test]
    fn back_off_doubles_up_to_half_a_minute() {
        assert_eq!([1, 2, 3, 4, 5, 6, 70].map(backoff_s), [1, 2, 4, 8, 16, 30, 30]);
    }
}
