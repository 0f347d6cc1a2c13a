//! `GET /api/v1/releases`, `GET /api/v1/releases/{release}` and the page of a release.
//!
//! A release is known by its name and service by service: two services may release the same name at different times. The
//! name is whatever an image is called, slashes and colons in it, so it is the whole rest of the address.

use super::pages::html;
use super::server::App;
use super::wire::line;
use crate::report::release::{ReleaseReport, releases};
use crate::report::release_page::page;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use haldane_core::fold::look;

pub(super) async fn list(State(app): State<App>) -> Response {
    Json(all(&app)).into_response()
}

pub(super) async fn get(State(app): State<App>, Path(release): Path<String>) -> Response {
    match named(&app, &release) {
        Some(reports) => Json(reports).into_response(),
        None => none(),
    }
}

pub(super) async fn shown(State(app): State<App>, Path(release): Path<String>) -> Response {
    match named(&app, &release) {
        Some(reports) => html(&page(&release, reports, app.engine.clock().now())),
        None => none(),
    }
}

fn none() -> Response {
    line(
        StatusCode::NOT_FOUND,
        "no region's rollout is of such a release; /api/v1/releases lists those that are",
    )
}

/// Every release that a region's rollout is of, the newest first.
pub(super) fn all(app: &App) -> Vec<ReleaseReport> {
    let now = app.engine.clock().now();
    let of_service = |service: &crate::engine::Service| {
        let (state, looked) = look(service.published().state.clone(), &[], now);
        releases(&state, &looked, service.policy(), now)
    };
    let mut all: Vec<ReleaseReport> = app.engine.services().flat_map(of_service).collect();
    all.sort_by(|a, b| b.begun_us.cmp(&a.begun_us).then_with(|| a.service.cmp(&b.service)));
    all
}

fn named(app: &App, release: &str) -> Option<Vec<ReleaseReport>> {
    let reports: Vec<ReleaseReport> = all(app).into_iter().filter(|r| r.release == release).collect();
    (!reports.is_empty()).then_some(reports)
}
