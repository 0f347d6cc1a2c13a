//! `GET /api/v1/rollouts` and `GET /api/v1/rollouts/{id}`: every rollout on one line, and one in full.

use super::server::App;
use super::wire::{internal, line};
use crate::engine::{Published, Service};
use crate::report::full::{self, ReportError};
use crate::report::summary::{self, RolloutSummary};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use haldane_core::answer::held_back;
use haldane_core::fold::look;
use haldane_core::report::{Decision, RegionLook};
use haldane_core::state::Rollout;
use haldane_core::time::Timestamp;
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
    let mut current = current(app);
    let records = match app.engine.store().rollouts(&RolloutFilter::default(), MOST).await {
        Ok(records) => records,
        // A store that cannot be read is when people look: what is current is known without it.
        Err(error) if !current.is_empty() => {
            tracing::error!(error = &error as &dyn std::error::Error, "past rollouts cannot be listed");
            return Ok(current.into_values().collect());
        }
        Err(error) => return Err(error),
    };
    let summary = |record: haldane_store::RolloutRecord| {
        let known = current.remove(&record.id);
        known.unwrap_or_else(|| summary::of_record(record))
    };
    Ok(records.into_iter().map(summary).collect())
}

/// The current rollout of every region, judged now.
pub(super) fn current(app: &App) -> BTreeMap<String, RolloutSummary> {
    let now = app.engine.clock().now();
    let of_service = |service: &Service| {
        let published = service.published();
        let (state, looked) = look(published.state.clone(), &[], now);
        let summary = |region: &RegionLook| {
            let rollout = state.rollouts.get(&region.region)?;
            let summary = summary::of_look(region, &rollout.policy, rollout.opened.as_us());
            let summary = match unanswerable(&published, rollout, region, now) {
                Some(why) => summary.held_back(why),
                None => summary,
            };
            Some((summary.id.clone(), summary))
        };
        looked.regions.iter().filter_map(summary).collect::<Vec<_>>()
    };
    app.engine.services().flat_map(of_service).collect()
}

/// Why Flagger is told to wait, where the decision alone does not say so.
fn unanswerable(
    published: &Published,
    rollout: &Rollout,
    look: &RegionLook,
    now: Timestamp,
) -> Option<String> {
    // A breach on record is acted on without a store: going back needs nothing more.
    let waits = rollout.stage.ended().is_none() && !matches!(look.decision, Decision::Rollback(_));
    if waits && published.store_trouble.is_some() {
        return Some("nothing can be recorded, and /readyz says why".to_owned());
    }
    held_back(rollout, look, now).map(|reason| reason.to_string())
}
