//! Plain answers: a status and one line.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::time::Duration;

/// `status` with one line of plain text.
pub(super) fn line(status: StatusCode, text: impl Into<String>) -> Response {
    let text: String = text.into().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// The longest that a caller may take to send its question, in real time. Flagger takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// A body of at most `most` bytes; none if it is longer, is cut off, or does not come to an end in time.
pub(super) async fn body(body: Body, most: usize) -> Option<Bytes> {
    tokio::time::timeout(PATIENCE, to_bytes(body, most)).await.ok()?.ok()
}

/// What went wrong inside is logged; outside it is only said that something did.
pub(super) fn internal(error: &(dyn std::error::Error + 'static)) -> Response {
    tracing::error!(error, "request failed");
    line(StatusCode::INTERNAL_SERVER_ERROR, "haldane could not answer; its log says why")
}
