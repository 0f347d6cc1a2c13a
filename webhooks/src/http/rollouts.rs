//! `GET /api/v1/rollouts` and `GET /api/v1/rollouts/{id}`: every rollout on one line, and one in full.

use super::server::App;
use super::wire::{internal, line};
use crate::report::full::{self, ReportError};
use crate::report::summary::{self, RolloutSummary};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use haldane_core::fold::look;
use haldane_store::{RolloutFilter, StoreError};
use std::collections::BTreeMap;

/// Rollouts that a list shows, newest first.
const MOST: u32 = 200;

pub(super) async fn list(State(app): State<App>) -> Response {
    match summaries(&app).await {
        Ok(summaries) => Json(summaries).into_response(),
        Err(error) => internal(&error),
    }
}

pub(super) async fn get(State(app): State<App>, Path(id): Path<String>) -> Response {
    // Answers given a moment ago may still be on their way to the store.
    if let Err(error) = app.engine.store().flush().await {
        return internal(&error);
    }
    match full::from_store(app.engine.store(), &id).await {
        Ok(report) => Json(report).into_response(),
        Err(error) => not_told(&error),
    }
}

pub(super) fn not_told(error: &ReportError) -> Response {
    match error {
        ReportError::NoSuchRollout(_) => line(StatusCode::NOT_FOUND, "no such rollout"),
        ReportError::Store(_) | ReportError::Unreadable(..) | ReportError::Incomplete(_) => internal(error),
    }
}

/// Every rollout, newest first: current ones judged now, past ones as they were last written.
pub(super) async fn summaries(app: &App) -> Result<Vec<RolloutSummary>, StoreError> {
    let now = app.engine.clock().now();
    let mut current = BTreeMap::new();
    for service in app.engine.services() {
        let state = service.published().state.clone();
        let (state, looked) = look(state, &[], now);
        for region in &looked.regions {
            if let Some(rollout) = state.rollouts.get(&region.region) {
                let summary = summary::of_look(region, &rollout.policy, rollout.opened.as_us());
                current.insert(summary.id.clone(), summary);
            }
        }
    }
    let records = app.engine.store().rollouts(&RolloutFilter::default(), MOST).await?;
    let summary = |record: haldane_store::RolloutRecord| {
        let known = current.remove(&record.id);
        known.unwrap_or_else(|| summary::of_record(record))
    };
    Ok(records.into_iter().map(summary).collect())
}
