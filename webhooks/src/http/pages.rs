//! `GET /` and `GET /rollouts/{id}`: the same for people.

use super::rollouts::{current, not_told, summaries};
use super::server::App;
use super::wire::internal;
use crate::engine::Service;
use crate::report::full::{self, ReportError, RolloutReport};
use crate::report::page::{IndexPage, page};
use crate::report::place::standing;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use haldane_core::fold::look;
use haldane_core::policy::{Mode, Policy};

pub(super) async fn index(State(app): State<App>) -> Response {
    match summaries(&app).await {
        Ok(rollouts) => html(&IndexPage { rollouts, judged: judged(&app), place: place(&app) }),
        Err(error) => internal(&error),
    }
}

pub(super) async fn rollout(State(app): State<App>, Path(id): Path<String>) -> Response {
    let now = current(&app).remove(&id);
    match (full::from_store(app.engine.store(), &id).await, now) {
        (Ok(mut report), now) => {
            // What is stored says what was decided; what Flagger is told may rest on more.
            report.headline = now.map_or(report.headline, |now| now.headline);
            let place = here(&app, &report);
            html(&page(&report, place))
        }
        // Nothing but the first sentence is known without a store, but that is the one that says so.
        (Err(ReportError::Store(_)), Some(now)) => {
            html(&IndexPage { rollouts: vec![now], judged: Vec::new(), place: Vec::new() })
        }
        (Err(error), _) => not_told(&error),
    }
}

/// What stands in the regions, whatever runs there: freezes, and guards that hold.
fn place(app: &App) -> Vec<String> {
    let of_service = |service: &Service| {
        let policy = service.policy();
        let (state, looked) = look(service.published().state.clone(), &[], app.engine.clock().now());
        let regions = policy.regions.iter();
        let all = regions.flat_map(|region| standing(&looked, policy, &state.frozen, &region.name));
        all.map(|text| format!("{}: {text}", policy.service)).collect::<Vec<_>>()
    };
    app.engine.services().flat_map(of_service).collect()
}

/// The same of one rollout's region, while it is the current one there.
fn here(app: &App, report: &RolloutReport) -> Vec<String> {
    let Some(service) = app.engine.service(&report.service) else { return Vec::new() };
    let (state, looked) = look(service.published().state.clone(), &[], app.engine.clock().now());
    let is_current = state.rollouts.get(&report.region).is_some_and(|r| r.id.0 == report.id);
    if !is_current {
        return Vec::new();
    }
    standing(&looked, service.policy(), &state.frozen, &report.region)
}

/// Each service, in which regions, in which mode.
fn judged(app: &App) -> Vec<String> {
    let one = |policy: &Policy| {
        let regions: Vec<&str> = policy.regions.iter().map(|region| region.name.0.as_str()).collect();
        let mode = match policy.mode {
            Mode::Shadow => "shadow",
            Mode::Guard => "guard",
            Mode::Enforce => "enforce",
        };
        format!("{} in {}, mode {mode}", policy.service, regions.join(", "))
    };
    app.engine.services().map(|service| one(service.policy())).collect()
}

/// No script, no foreign origin: names in reports come from clusters.
pub(super) fn html(template: &impl Template) -> Response {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
    match template.render() {
        Ok(text) => ([(header::CONTENT_SECURITY_POLICY, policy)], Html(text)).into_response(),
        Err(error) => internal(&error),
    }
}
