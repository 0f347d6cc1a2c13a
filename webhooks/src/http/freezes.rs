//! `POST /api/v1/services/{namespace}/{name}/freeze` and `…/thaw`: a person stops a region or a whole service, whatever
//! runs there.
//!
//! As with orders of runs, who it is is known by a token of their own. Saying it twice does nothing twice.

use super::orders::{No, read, who};
use super::server::App;
use super::services::FrozenNow;
use crate::engine::{FreezeOrder, NotFrozen};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use haldane_core::increment::Region;
use haldane_core::order::Line;
use serde::{Deserialize, Serialize};

/// A freeze, or its end, as it is asked for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreezeAsked {
    /// Who; may be left out, and must be whose token it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why, in one line.
    pub reason: String,
    /// Where; every region where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

pub(super) async fn freeze(
    state: State<App>,
    path: Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    post(state.0, path.0, true, &headers, body).await
}

pub(super) async fn thaw(
    state: State<App>,
    path: Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    post(state.0, path.0, false, &headers, body).await
}

async fn post(
    app: App,
    (namespace, name): (String, String),
    on: bool,
    headers: &HeaderMap,
    body: Body,
) -> Response {
    match ordered(&app, &format!("{namespace}/{name}"), on, headers, body).await {
        Ok(frozen) => Json(frozen).into_response(),
        Err(no) => no.told(&app),
    }
}

async fn ordered(
    app: &App,
    service: &str,
    on: bool,
    headers: &HeaderMap,
    body: Body,
) -> Result<FrozenNow, No> {
    let by = who(app, headers)?;
    let asked: FreezeAsked = read(body).await?;
    if asked.by.as_ref().is_some_and(|named| *named != by.to_string()) {
        return Err(No::bad(format!("by: the token is {by}'s; leave by out, or send your own token")));
    }
    let reason = Line::reason(&asked.reason).map_err(|unusable| No::bad(unusable.to_string()))?;
    let unknown = || No(StatusCode::NOT_FOUND, "no such service; /api/v1/services lists them".to_owned());
    let known = app.engine.service(service).ok_or_else(unknown)?;
    let order = FreezeOrder { region: asked.region.map(Region), on, by, reason };
    let frozen = known.freeze(order, app.engine.clock().now()).await.map_err(|not| {
        let status = match not {
            NotFrozen::OnTrial => StatusCode::CONFLICT,
            NotFrozen::NoRegion { .. } => StatusCode::NOT_FOUND,
            NotFrozen::Unrecorded => StatusCode::SERVICE_UNAVAILABLE,
        };
        No(status, not.to_string())
    })?;
    Ok(FrozenNow::of(known.policy(), &frozen))
}
