//! `/metrics`: Haldane's own, in the Prometheus text format. What is known is read when it is asked for.

use super::credentials::Cause;
use super::server::App;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use haldane_core::answer::Hook;
use haldane_core::headline::standing;
use haldane_core::increment::Region;
use haldane_signals::prometheus::hub::SourceState;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
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
    /// A hook was answered.
    pub(super) fn answered(&self, region: &Region, hook: Hook, status: u16) {
        let labels = vec![
            ("region", region.to_string()),
            ("hook", hook.name().to_owned()),
            ("status", status.to_string()),
        ];
        self.answers.get_or_create(&labels).inc();
    }

    /// A person's order was refused.
    pub(super) fn order_refused(&self, status: u16) {
        self.order_refusals.get_or_create(&vec![("status", status.to_string())]).inc();
    }

    /// A call could not be used.
    pub(super) fn refused(&self, status: u16) {
        self.refusals.get_or_create(&vec![("status", status.to_string())]).inc();
    }

    /// A call had no valid credential. `region` only if a policy has it: callers choose the others.
    pub(super) fn unauthorised(&self, region: Option<&Region>, cause: Cause) {
        let region = region.map(ToString::to_string).unwrap_or_default();
        let labels = vec![("region", region), ("cause", cause.name().to_owned())];
        self.unauthorised.get_or_create(&labels).inc();
    }

    /// A hook was answered without being read: too many calls.
    pub(super) fn over_rate(&self, region: &Region, hook: Hook) {
        let labels = vec![("region", region.to_string()), ("hook", hook.name().to_owned())];
        self.over_rate.get_or_create(&labels).inc();
    }

    /// A connection was accepted; it is open as long as what is returned lives.
    pub(super) fn connected(&self) -> Connected {
        self.connections.inc();
        Connected(self.connections.clone())
    }
}

pub(super) async fn get(State(app): State<App>) -> Response {
    let mut text = String::new();
    match encode(&mut text, &registry(&app)) {
        Ok(()) => {
            ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0")], text).into_response()
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
    let (evidence, weight, age, info) = (
        Family::<Labels, Value>::default(),
        Family::<Labels, Value>::default(),
        Family::<Labels, Value>::default(),
        Family::<Labels, Value>::default(),
    );
    let now = app.engine.clock().now();
    for service in app.engine.services() {
        for look in &service.published().look.regions {
            let labels = [("service", service.policy().service.clone()), ("region", look.region.to_string())];
            let set = |family: &Family<Labels, Value>, more: Option<(&'static str, String)>, value: f64| {
                let labels: Labels = labels.iter().cloned().chain(more).collect();
                family.get_or_create(&labels).set(value);
            };
            for stratum in &look.strata {
                set(&evidence, Some(("stratum", stratum.stratum.to_string())), stratum.ln_e);
            }
            if let Some(step) = look.weight {
                set(&weight, None, f64::from(step));
            }
            if let Some(polled) = look.polled {
                set(&age, None, (now - polled).as_s());
            }
            set(&info, Some(("standing", standing(look).name().to_owned())), 1.0);
        }
    }
    registry.register("evidence_ln", "Natural logarithm of the evidence against the canary", evidence);
    registry.register("canary_weight_percent", "Weight of the canary as last reported", weight);
    registry.register("increment_age_seconds", "Age of the newest increment of an open rollout", age);
    registry.register("rollout_standing", "1 for how each region's current rollout stands", info);
    store(app, &mut registry);
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

fn store(app: &App, registry: &mut Registry) {
    let stats = app.engine.store().stats();
    let gauge = |registry: &mut Registry, name: &str, help: &str, value: f64| {
        let gauge = Value::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    };
    gauge(
        registry,
        "store_dropped_hook_records",
        "Hook records lost to a full queue",
        stats.hooks_dropped as f64,
    );
    gauge(
        registry,
        "store_queue",
        "Writes waiting for the next group",
        (stats.commits_queued + stats.hooks_queued) as f64,
    );
    let heartbeat = app.engine.clock().now().as_us() as f64 / 1e6;
    gauge(
        registry,
        "heartbeat_timestamp_seconds",
        "Present time of this process: alert when it stands still",
        heartbeat,
    );
}
