//! `POST /hooks/{region}/{hook}`: Flagger asks.
//!
//! 200 is yes; 403 is a considered no, whose line Flagger passes on; 400, 404 and 413 are calls that cannot be used.
//! Never 204 (a failure to Flagger), never 429 or 5xx on purpose (their text is lost), never a redirect.

use super::server::App;
use super::wire::{self, line};
use crate::flagger::payload::{self, LONGEST_BODY};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use haldane_core::answer::Hook;
use haldane_core::increment::Region;

pub(super) async fn post(
    State(app): State<App>,
    Path((region, hook)): Path<(String, String)>,
    body: Body,
) -> Response {
    let hook: Hook = match hook.parse() {
        Ok(hook) => hook,
        Err(unknown) => return refuse(&app, StatusCode::NOT_FOUND, unknown.to_string()),
    };
    let Some(body) = wire::body(body, LONGEST_BODY).await else {
        let text = format!("the body is longer than {LONGEST_BODY} bytes, was cut off, or came too slowly");
        return refuse(&app, StatusCode::PAYLOAD_TOO_LARGE, text);
    };
    let call = match payload::read(&body, Region(region), hook, app.engine.clock().now()) {
        Ok(call) => call,
        Err(unusable) => return refuse(&app, StatusCode::BAD_REQUEST, unusable.to_string()),
    };
    let Some(service) = app.engine.service(&call.service) else {
        return refuse(&app, StatusCode::NOT_FOUND, format!("no policy judges {}", call.service));
    };
    if service.policy().region(&call.region).is_none() {
        return refuse(
            &app,
            StatusCode::NOT_FOUND,
            format!("the policy of {} has no such region", call.service),
        );
    }
    let region = call.region.clone();
    let answered = service.ask(call).await;
    app.metrics.answered(&region, hook, answered.status());
    let status = if answered.answer.yes { StatusCode::OK } else { StatusCode::FORBIDDEN };
    line(status, answered.answer.line)
}

fn refuse(app: &App, status: StatusCode, text: String) -> Response {
    app.metrics.refused(status.as_u16());
    line(status, text)
}
