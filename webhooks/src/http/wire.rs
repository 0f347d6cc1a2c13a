//! Plain answers: a status and one line.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// `status` with one line of plain text.
pub(super) fn line(status: StatusCode, text: impl Into<String>) -> Response {
    let text: String = text.into().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// What went wrong inside is logged; outside it is only said that something did.
pub(super) fn internal(error: &(dyn std::error::Error + 'static)) -> Response {
    tracing::error!(error, "request failed");
    line(StatusCode::INTERNAL_SERVER_ERROR, "haldane could not answer; its log says why")
}
