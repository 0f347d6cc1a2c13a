//! `GET /` and `GET /rollouts/{id}`: the same for people.

use super::rollouts::{current, not_told, summaries};
use super::server::App;
use super::wire::internal;
use crate::report::full::{self, ReportError};
use crate::report::page::{IndexPage, page};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use haldane_core::policy::{Mode, Policy};

pub(super) async fn index(State(app): State<App>) -> Response {
    match summaries(&app).await {
        Ok(rollouts) => html(&IndexPage { rollouts, judged: judged(&app) }),
        Err(error) => internal(&error),
    }
}

pub(super) async fn rollout(State(app): State<App>, Path(id): Path<String>) -> Response {
    let now = current(&app).remove(&id);
    match (full::from_store(app.engine.store(), &id).await, now) {
        (Ok(mut report), now) => {
            // What is stored says what was decided; what Flagger is told may rest on more.
            report.headline = now.map_or(report.headline, |now| now.headline);
            html(&page(&report))
        }
        // Nothing but the first sentence is known without a store, but that is the one that says so.
        (Err(ReportError::Store(_)), Some(now)) => {
            html(&IndexPage { rollouts: vec![now], judged: Vec::new() })
        }
        (Err(error), _) => not_told(&error),
    }
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
fn html(template: &impl Template) -> Response {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
    match template.render() {
        Ok(text) => ([(header::CONTENT_SECURITY_POLICY, policy)], Html(text)).into_response(),
        Err(error) => internal(&error),
    }
}
