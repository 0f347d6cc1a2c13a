//! `/gate/*` and `/rollback/*`: manual gates that answer as flagger-loadtester's do, so that users of its gates can
//! point at Haldane unchanged. In memory, closed by default, lost on restart, as there. Where hooks ask for a
//! credential these do, too: any region's, or an operator's token, because a gate belongs to no region.

use super::listen::Peer;
use super::server::App;
use super::wire;
use crate::flagger::payload::LONGEST_BODY;
use axum::Extension;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use haldane_core::policy::is_kubernetes_name;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Gates that are kept open at once; more is no manual use.
const MOST_OPEN: usize = 10_000;

/// The open gates.
#[derive(Clone, Default)]
pub(super) struct Gates(Arc<Mutex<BTreeSet<(Kind, Canary)>>>);

/// What a gate is for. Apart from the name: joined into one word, a Canary named `rollback.api` would open the rollback
/// gate of `api`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Confirm,
    Rollback,
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Canary {
    name: String,
    namespace: String,
}

/// `/gate/{action}`.
pub(super) async fn gate(
    State(app): State<App>,
    Extension(peer): Extension<Peer>,
    action: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if let Err(cause) = app.credentials.at_gate(&headers) {
        return app.unauthorised(None, peer, cause);
    }
    let action = named(action);
    match action.as_str() {
        "approve" => (StatusCode::OK, "OK").into_response(),
        "halt" => (StatusCode::FORBIDDEN, "Forbidden").into_response(),
        _ => act(&app, Kind::Confirm, &action, body).await,
    }
}

/// `/rollback/{action}`. An open gate answers 200: roll back.
pub(super) async fn rollback(
    State(app): State<App>,
    Extension(peer): Extension<Peer>,
    action: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if let Err(cause) = app.credentials.at_gate(&headers) {
        return app.unauthorised(None, peer, cause);
    }
    act(&app, Kind::Rollback, &named(action), body).await
}

/// An address that is no text names no action; that is told after the credential was asked for.
fn named(action: Result<Path<String>, PathRejection>) -> String {
    action.map(|Path(action)| action).unwrap_or_default()
}

async fn act(app: &App, kind: Kind, action: &str, body: Body) -> Response {
    if !matches!(action, "check" | "open" | "close") {
        return wire::line(StatusCode::NOT_FOUND, "no such address");
    }
    let Some(canary) = canary(body).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let key = (kind, canary);
    let mut open = app.gates.0.lock().unwrap_or_else(PoisonError::into_inner);
    match action {
        "open" if open.len() < MOST_OPEN || open.contains(&key) => {
            open.insert(key);
            StatusCode::ACCEPTED.into_response()
        }
        "open" => (StatusCode::FORBIDDEN, "too many gates are open").into_response(),
        "close" => {
            open.remove(&key);
            StatusCode::ACCEPTED.into_response()
        }
        _ if open.contains(&key) => (StatusCode::OK, "Approved").into_response(),
        _ => (StatusCode::FORBIDDEN, "Forbidden").into_response(),
    }
}

async fn canary(body: Body) -> Option<Canary> {
    let body = wire::body(body, LONGEST_BODY).await?;
    let canary: Canary = serde_json::from_slice(&body).ok()?;
    let named = is_kubernetes_name(&canary.name) && is_kubernetes_name(&canary.namespace);
    named.then_some(canary)
}
