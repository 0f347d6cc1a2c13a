//! `POST /hooks/{region}/{hook}`: Flagger asks.
//!
//! 200 is yes; 403 is a considered no, whose line Flagger passes on; 400, 401, 404 and 413 are calls that cannot be
//! used. Never 204 (a failure to Flagger), never 429 or 5xx on purpose (their text is lost), never a redirect.
//!
//! Who may not ask is told before anything else is: not which regions, services or hooks there are.

use super::credentials::Proof;
use super::listen::Peer;
use super::server::App;
use super::wire::{self, line};
use crate::engine::{NotCalled, Service};
use crate::flagger::payload::{self, HookCall, LONGEST_BODY};
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use haldane_core::answer::Hook;
use haldane_core::increment::Region;

pub(super) async fn post(
    State(app): State<App>,
    Extension(peer): Extension<Peer>,
    address: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    // An address that is no text names no region, so nobody may ask there.
    let (region, hook) = address.map(|Path(names)| names).unwrap_or_default();
    let proof = app.credentials.in_head(&region, &headers);
    if let Proof::Refused(cause) = proof {
        return app.unauthorised(Some(&region), peer, cause);
    }
    let body = wire::body(body, LONGEST_BODY).await;
    if proof == Proof::InBody
        && let Err(cause) = app.credentials.in_body(&region, body.as_deref())
    {
        return app.unauthorised(Some(&region), peer, cause);
    }
    let (service, call) = match read(&app, region, &hook, body) {
        Ok(read) => read,
        Err((status, text)) => {
            app.metrics.refused(status.as_u16());
            return line(status, text);
        }
    };
    let (region, hook) = (call.region.clone(), call.hook);
    let answered = match over_rate(&app, peer, &call) {
        None => service.ask(call).await,
        Some(trouble) => {
            app.metrics.over_rate(&region, hook);
            service.refrain(&call, &trouble)
        }
    };
    app.metrics.answered(&region, hook, answered.status());
    let status = if answered.answer.yes { StatusCode::OK } else { StatusCode::FORBIDDEN };
    line(status, answered.answer.line)
}

/// The call, and whom it is about; or why it cannot be used.
fn read<'a>(
    app: &'a App,
    region: String,
    hook: &str,
    body: Option<Bytes>,
) -> Result<(&'a Service, HookCall), (StatusCode, String)> {
    let hook: Hook = hook.parse().map_err(|e| (StatusCode::NOT_FOUND, format!("{e}")))?;
    let body = body.ok_or_else(|| {
        let text = format!("the body is longer than {LONGEST_BODY} bytes, was cut off, or came too slowly");
        (StatusCode::PAYLOAD_TOO_LARGE, text)
    })?;
    let call = payload::read(&body, Region(region), hook, app.engine.clock().now())
        .map_err(|unusable| (StatusCode::BAD_REQUEST, unusable.to_string()))?;
    let service = app.engine.service_called(&call.region, &call.service).map_err(|not| {
        let status = match not {
            NotCalled::Otherwise { .. } => StatusCode::BAD_REQUEST,
            NotCalled::Nobody { .. } | NotCalled::Elsewhere { .. } => StatusCode::NOT_FOUND,
        };
        (status, not.to_string())
    })?;
    Ok((service, call))
}

/// Why this call is not read, if there are too many. Whose calls they are is known by the credential; without any, by
/// the peer's address.
fn over_rate(app: &App, peer: Peer, call: &HookCall) -> Option<String> {
    let whose = if app.credentials.are_asked_for() { call.region.to_string() } else { peer.0.to_string() };
    let budgets = match call.hook {
        Hook::Event | Hook::PostRollout => &app.budgets.tells,
        Hook::ConfirmRollout
        | Hook::PreRollout
        | Hook::Rollout
        | Hook::ConfirmTrafficIncrease
        | Hook::ConfirmPromotion
        | Hook::Rollback => &app.budgets.asks,
    };
    (!budgets.takes(&whose, call.at)).then(|| format!("too many calls from {whose}, this one was not read"))
}
