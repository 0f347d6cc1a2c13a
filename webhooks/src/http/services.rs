//! `GET /api/v1/services` and `GET /api/v1/services/{namespace}/{name}`: what is judged, where, what stands in its way.
//!
//! Guards and freezes are of places, not of runs: they stand where nothing is rolled out, too, and here they are seen then.

use super::server::App;
use super::wire::line;
use crate::engine::Service;
use crate::report::place::{FrozenBy, GuardSummary, frozen, guards};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use haldane_core::fold::look;
use haldane_core::increment::Region;
use haldane_core::order::Signed;
use haldane_core::policy::{Mode, Policy, Role};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is frozen after a freeze or a thaw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenNow {
    /// `namespace/name`.
    pub service: String,
    /// Every frozen region, in the policy's order.
    pub frozen: Vec<FrozenBy>,
}

impl FrozenNow {
    pub(super) fn of(policy: &Policy, standing: &BTreeMap<Region, Signed>) -> Self {
        Self { service: policy.service.clone(), frozen: frozen(policy, standing) }
    }
}

/// One service.
#[derive(Serialize)]
struct Summary {
    service: String,
    policy: String,
    mode: Mode,
    regions: Vec<RegionSummary>,
}

#[derive(Serialize)]
struct RegionSummary {
    region: Region,
    role: Role,
    /// What the Canary is called here.
    canary: String,
    after: Vec<Region>,
    frozen: Option<FrozenBy>,
    guards: Vec<GuardSummary>,
}

pub(super) async fn list(State(app): State<App>) -> Response {
    let all: Vec<Summary> = app.engine.services().map(|service| summary(&app, service)).collect();
    Json(all).into_response()
}

pub(super) async fn get(State(app): State<App>, Path((namespace, name)): Path<(String, String)>) -> Response {
    match app.engine.service(&format!("{namespace}/{name}")) {
        Some(service) => Json(summary(&app, service)).into_response(),
        None => line(StatusCode::NOT_FOUND, "no such service"),
    }
}

fn summary(app: &App, service: &Service) -> Summary {
    let (policy, published) = (service.policy(), service.published());
    let (state, looked) = look(published.state.clone(), &[], app.engine.clock().now());
    let frozen = frozen(policy, &state.frozen);
    let region = |own: &haldane_core::policy::RegionPolicy| RegionSummary {
        region: own.name.clone(),
        role: own.role,
        canary: policy.service_in(&own.name).to_owned(),
        after: own.after.clone(),
        frozen: frozen.iter().find(|f| f.region == own.name).cloned(),
        guards: guards(&looked, &own.name),
    };
    Summary {
        service: policy.service.clone(),
        policy: policy.name.clone(),
        mode: policy.mode,
        regions: policy.regions.iter().map(region).collect(),
    }
}
