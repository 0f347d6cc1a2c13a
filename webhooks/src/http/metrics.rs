//! `/metrics`: Haldane's own, in the Prometheus text format. What is known is read when it is asked for.

mod place;
mod state;

use super::credentials::Cause;
use super::server::App;
use crate::engine::Engine;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use haldane_core::answer::Hook;
use haldane_core::increment::Region;
use haldane_signals::prometheus::hub::SourceState;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;

type Labels = Vec<(&'static str, String)>;
type Value = Gauge<f64, AtomicU64>;
type Parts = Counter<f64, AtomicU64>;

/// Counters that live as long as the process.
#[derive(Clone, Default)]
pub struct Metrics {
    answers: Family<Labels, Counter>,
    refusals: Family<Labels, Counter>,
    order_refusals: Family<Labels, Counter>,
    unauthorised: Family<Labels, Counter>,
    over_rate: Family<Labels, Counter>,
    connections: Gauge,
}

/// Counts a connection while it lives.
pub(super) struct Connected(Gauge);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// Counters of `engine`'s regions, each at nothing: a counter that appears with its first event shows no increase,
    /// and an alert on it would miss that one.
    pub(super) fn of(engine: &Engine) -> Self {
        let metrics = Self::default();
        let regions: BTreeSet<&Region> =
            engine.services().flat_map(|s| &s.policy().regions).map(|r| &r.name).collect();
        for (region, hook) in regions.iter().flat_map(|region| Hook::ALL.map(|hook| (*region, hook))) {
            for status in [200, 403] {
                drop(metrics.answers.get_or_create(&answer(region, hook, status)));
            }
            drop(metrics.over_rate.get_or_create(&over_rate(region, hook)));
        }
        for region in regions.into_iter().map(Some).chain([None]) {
            for cause in Cause::ALL {
                drop(metrics.unauthorised.get_or_create(&unauthorised(region, cause)));
            }
        }
        for status in [400, 404, 413] {
            drop(metrics.refusals.get_or_create(&of_status(status)));
        }
        for status in [400, 401, 403, 404, 409, 413, 503] {
            drop(metrics.order_refusals.get_or_create(&of_status(status)));
        }
        metrics
    }

    /// A hook was answered.
    pub(super) fn answered(&self, region: &Region, hook: Hook, status: u16) {
        self.answers.get_or_create(&answer(region, hook, status)).inc();
    }

    /// A person's order was refused.
    pub(super) fn order_refused(&self, status: u16) {
        self.order_refusals.get_or_create(&of_status(status)).inc();
    }

    /// A call could not be used.
    pub(super) fn refused(&self, status: u16) {
        self.refusals.get_or_create(&of_status(status)).inc();
    }

    /// A call had no valid credential. `region` only if a policy has it: callers choose the others.
    pub(super) fn unauthorised(&self, region: Option<&Region>, cause: Cause) {
        self.unauthorised.get_or_create(&unauthorised(region, cause)).inc();
    }

    /// A hook was answered without being read: too many calls.
    pub(super) fn over_rate(&self, region: &Region, hook: Hook) {
        self.over_rate.get_or_create(&over_rate(region, hook)).inc();
    }

    /// A connection was accepted; it is open as long as what is returned lives.
    pub(super) fn connected(&self) -> Connected {
        self.connections.inc();
        Connected(self.connections.clone())
    }
}

fn answer(region: &Region, hook: Hook, status: u16) -> Labels {
    let (region, hook) = (region.to_string(), hook.name().to_owned());
    vec![("region", region), ("hook", hook), ("status", status.to_string())]
}

fn over_rate(region: &Region, hook: Hook) -> Labels {
    vec![("region", region.to_string()), ("hook", hook.name().to_owned())]
}

fn unauthorised(region: Option<&Region>, cause: Cause) -> Labels {
    let region = region.map(ToString::to_string).unwrap_or_default();
    vec![("region", region), ("cause", cause.name().to_owned())]
}

fn of_status(status: u16) -> Labels {
    vec![("status", status.to_string())]
}

pub(super) async fn get(State(app): State<App>) -> Response {
    let mut text = String::new();
    match encode(&mut text, &registry(&app)) {
        Ok(()) => {
            ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
                .into_response()
        }
        Err(error) => super::wire::internal(&error),
    }
}

fn registry(app: &App) -> Registry {
    let mut registry = Registry::with_prefix("haldane");
    registry.register("hook_answers", "Answers given to Flagger", app.metrics.answers.clone());
    registry.register("hook_refusals", "Hook calls that could not be used", app.metrics.refusals.clone());
    let refused = app.metrics.order_refusals.clone();
    registry.register("order_refusals", "Orders of people that were refused", refused);
    let unauthorised = app.metrics.unauthorised.clone();
    registry.register("hook_unauthorised", "Hook and gate calls without a valid credential", unauthorised);
    let over_rate = app.metrics.over_rate.clone();
    registry.register("hook_over_rate", "Hook calls held unread, because there were too many", over_rate);
    registry.register("connections_open", "Connections open now", app.metrics.connections.clone());
    state::register(&app.engine, &mut registry);
    state::register_process(&app.engine, app.started, &mut registry);
    sources(app, &mut registry);
    registry
}

fn sources(app: &App, registry: &mut Registry) {
    let (bytes, resting) = (Family::<Labels, Counter>::default(), Family::<Labels, Value>::default());
    // Parts, where one question served several regions.
    let (queries, failures) = (Family::<Labels, Parts>::default(), Family::<Labels, Parts>::default());
    for SourceState { region, source, traffic, is_resting } in app.engine.source_states() {
        let region = ("region", region.to_string());
        for (direction, moved) in [("sent", traffic.sent_bytes), ("received", traffic.received_bytes)] {
            let labels = vec![region.clone(), ("direction", direction.to_owned())];
            bytes.get_or_create(&labels).inc_by(moved);
        }
        queries.get_or_create(&vec![region.clone()]).inc_by(traffic.queries);
        failures.get_or_create(&vec![region.clone()]).inc_by(traffic.failures);
        resting.get_or_create(&vec![region, ("source", source)]).set(f64::from(u8::from(is_resting)));
    }
    registry.register("source_bytes", "Bodies sent to and received from Prometheus", bytes);
    registry.register("source_queries", "Questions sent to Prometheus", queries);
    registry.register("source_failures", "Questions to Prometheus without a usable answer", failures);
    let help = "1 while a Prometheus that failed too often is left alone or on trial";
    registry.register("source_resting", help, resting);
}
