//! `POST /api/v1/rollouts/{id}/orders`: a person approves, holds, resumes or rolls back one run.
//!
//! Who orders is known by a token of their own, which is no credential of a hook: Flagger must not be able to approve
//! what it asks about. Every refusal is one sentence of JSON.

use super::credentials::NoOperator;
use super::server::App;
use super::wire;
use crate::engine::{NotOrdered, Service, Stands};
use crate::report::summary;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use haldane_core::fact::RolloutId;
use haldane_core::increment::Region;
use haldane_core::order::{Line, Order, Ordered};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The longest body that is read, in bytes.
const LONGEST_BODY: usize = 4 * 1024;

/// An order as it is asked for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// approve, hold, resume or rollback.
    pub order: Word,
    /// Percent; what is approved is the weight that the person saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    /// Why, in one line.
    pub reason: String,
}

/// Which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// Leave this weight.
    Approve,
    /// Stay.
    Hold,
    /// End a hold.
    Resume,
    /// Go back.
    Rollback,
}

/// A no with one sentence.
pub(super) struct No(pub(super) StatusCode, pub(super) String);

impl No {
    pub(super) fn bad(text: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, text.into())
    }

    /// As it is answered, and counted.
    pub(super) fn told(self, app: &App) -> Response {
        let Self(status, error) = self;
        app.metrics.order_refused(status.as_u16());
        let body = Json(serde_json::json!({ "error": error }));
        if status == StatusCode::UNAUTHORIZED {
            return (status, [(header::WWW_AUTHENTICATE, "Bearer")], body).into_response();
        }
        (status, body).into_response()
    }
}

pub(super) async fn post(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match ordered(&app, id, &headers, body).await {
        Ok(stands) => {
            let Stands { rollout, look } = stands;
            Json(summary::of_look(&look, &rollout.policy, rollout.opened.as_us())).into_response()
        }
        Err(no) => no.told(&app),
    }
}

async fn ordered(app: &App, id: String, headers: &HeaderMap, body: Body) -> Result<Stands, No> {
    let by = who(app, headers)?;
    let asked: Asked = read(body).await?;
    let order = order(&asked)?;
    let reason = Line::reason(&asked.reason).map_err(|unusable| No::bad(unusable.to_string()))?;
    let (service, region) = place(app, &id).await?;
    let ordered = Ordered { region, rollout: RolloutId(id), order, by, reason };
    service.order(ordered, app.engine.clock().now()).await.map_err(|not| {
        let status = match not {
            NotOrdered::Refused(_) | NotOrdered::NoRollout => StatusCode::CONFLICT,
            NotOrdered::Unrecorded => StatusCode::SERVICE_UNAVAILABLE,
        };
        No(status, not.to_string())
    })
}

/// What is asked for.
pub(super) async fn read<T: DeserializeOwned>(body: Body) -> Result<T, No> {
    let Some(body) = wire::body(body, LONGEST_BODY).await else {
        let text = format!("the body is longer than {LONGEST_BODY} bytes, was cut off, or came too slowly");
        return Err(No(StatusCode::PAYLOAD_TOO_LARGE, text));
    };
    serde_json::from_slice(&body).map_err(|error| No::bad(format!("this is no order: {error}")))
}

/// Whose token this is. It is asked first: whoever may not order learns nothing else.
pub(super) fn who(app: &App, headers: &HeaderMap) -> Result<Line, No> {
    let unknown = || {
        let text = "no operator has this token; send yours as Authorization: Bearer TOKEN";
        No(StatusCode::UNAUTHORIZED, text.to_owned())
    };
    let operator = app.credentials.operator(headers).map_err(|why| match why {
        NoOperator::Nobody => {
            let text = "orders are not taken; start haldane with --operator-tokens";
            No(StatusCode::FORBIDDEN, text.to_owned())
        }
        NoOperator::Unknown => unknown(),
    })?;
    Line::name(operator.name()).map_err(|_| unknown())
}

fn order(asked: &Asked) -> Result<Order, No> {
    match (asked.order, asked.weight) {
        (Word::Approve, Some(weight)) => Ok(Order::Approve { weight }),
        (Word::Approve, None) => {
            Err(No::bad("an approval is for one weight; add the weight that you saw, in percent"))
        }
        (Word::Hold, None) => Ok(Order::Hold),
        (Word::Resume, None) => Ok(Order::Resume),
        (Word::Rollback, None) => Ok(Order::Rollback),
        (Word::Hold | Word::Resume | Word::Rollback, Some(_)) => {
            Err(No::bad("only an approval is for a weight; leave it out"))
        }
    }
}

/// Where rollout `id` is, or was: the keeper says whether it is still the current one.
async fn place(app: &App, id: &str) -> Result<(Service, Region), No> {
    for service in app.engine.services() {
        let published = service.published();
        if let Some(rollout) = published.state.rollouts.values().find(|r| r.id.0 == id) {
            return Ok((service.clone(), rollout.region.clone()));
        }
    }
    let unknown = || No(StatusCode::NOT_FOUND, "no such rollout; /api/v1/rollouts lists them".to_owned());
    let stored = app.engine.store().rollout(id).await.map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "an order's rollout cannot be looked up");
        No(StatusCode::SERVICE_UNAVAILABLE, NotOrdered::Unrecorded.to_string())
    })?;
    let record = stored.ok_or_else(unknown)?;
    let service = app.engine.service(&record.service).ok_or_else(unknown)?;
    Ok((service.clone(), record.region))
}
