//! `/healthz` (alive) and `/readyz` (deep: the store takes a write, every region has been polled).

use super::server::App;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use haldane_core::time::Span;
use serde::Serialize;

pub(super) async fn healthz() -> &'static str {
    "OK"
}

/// What readiness found.
#[derive(Serialize)]
struct Ready {
    ready: bool,
    store: String,
    services: Vec<ServiceReady>,
}

#[derive(Serialize)]
struct ServiceReady {
    service: String,
    recording: String,
    regions: Vec<RegionReady>,
}

#[derive(Serialize)]
struct RegionReady {
    region: String,
    last_increment_age_s: Option<f64>,
    trouble: Option<String>,
}

/// 503 only for what makes every answer a hold: the store. A region without metrics is named, not fatal: taking
/// Haldane out of service for it would blind the others.
pub(super) async fn readyz(State(app): State<App>) -> Response {
    let store = match app.engine.store().check_writable().await {
        Ok(()) => "ok".to_owned(),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the store takes no write");
            error.to_string()
        }
    };
    let services: Vec<ServiceReady> = app.engine.services().map(|s| service(&app, s)).collect();
    let ready = store == "ok" && services.iter().all(|s| s.recording == "ok");
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Ready { ready, store, services })).into_response()
}

fn service(app: &App, service: &crate::engine::Service) -> ServiceReady {
    let published = service.published();
    let now = app.engine.clock().now();
    let regions = service.policy().regions.iter().map(|r| {
        let (_, look) = published.region(&r.name);
        let missing = look.and_then(|l| l.gates.iter().find_map(|g| g.missing.as_ref()));
        RegionReady {
            region: r.name.to_string(),
            last_increment_age_s: look.and_then(|l| l.polled).map(|p| (now - p).max(Span::ZERO).as_s()),
            trouble: missing.map(ToString::to_string),
        }
    });
    let recording = if published.store_trouble.is_some() { "failing; see the log" } else { "ok" };
    ServiceReady {
        service: service.policy().service.clone(),
        recording: recording.to_owned(),
        regions: regions.collect(),
    }
}
