//! What is known of every service now, as gauges: who stands how, what is decided and why, how old the counts are.
//!
//! Labels are names that a policy or the code has: services, regions, standings, decisions, kinds of reasons. What
//! callers or metrics choose (releases, pods, ids) is in no label, or one bad client would fill somebody's Prometheus.

use super::place::Place;
use super::{Labels, Value};
use crate::engine::{Engine, Service};
use haldane_core::headline::standing;
use haldane_core::reason::{Reason, Stratum};
use haldane_core::report::RegionLook;
use haldane_core::time::Timestamp;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use std::collections::BTreeMap;

/// What a decision can be, as [`Decision::name`](haldane_core::report::Decision::name) calls it.
const DECISIONS: [&str; 3] = ["advance", "hold", "rollback"];

/// A gauge: its name, and what it tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Gauge(&'static str, &'static str);

const EVIDENCE: Gauge = Gauge("evidence_ln", "Natural logarithm of the evidence against the canary");
const THRESHOLD: Gauge = Gauge("evidence_threshold_ln", "What it must not cross, as a natural logarithm");
const WEIGHT: Gauge = Gauge("canary_weight_ratio", "Weight of the canary as last reported, 0 to 1");
const AGE: Gauge = Gauge("increment_age_seconds", "Age of the newest increment of an open rollout");
const AGE_LIMIT: Gauge =
    Gauge("increment_age_limit_seconds", "Age of an increment beyond which a service rests nothing on it");
const OPENED: Gauge = Gauge("rollout_opened_timestamp_seconds", "When an open rollout was first heard of");
const STANDING: Gauge = Gauge("rollout_standing", "1 for how each region's current rollout stands");
const DECISION: Gauge = Gauge("rollout_decision", "1 for what is decided of each open rollout");
const HOLDS: Gauge =
    Gauge("rollout_reason", "1 for each kind of reason why an open rollout does not advance");
const NOT_COUNTED: Gauge =
    Gauge("gates_not_counted", "Comparisons of an open rollout whose signal is missing");
const POLICY: Gauge = Gauge("policy_info", "1 for the mode of each service's policy");
const RECORDING: Gauge =
    Gauge("recording_failing", "1 while facts of a service cannot be recorded: it holds");

/// In the order in which they are told; each also where it has no value yet.
const ALL: [Gauge; 12] = [
    EVIDENCE,
    THRESHOLD,
    WEIGHT,
    AGE,
    AGE_LIMIT,
    OPENED,
    STANDING,
    DECISION,
    HOLDS,
    NOT_COUNTED,
    POLICY,
    RECORDING,
];

/// What is known about services and regions.
#[derive(Default)]
struct State {
    gauges: BTreeMap<Gauge, Family<Labels, Value>>,
    decisions: Family<Labels, Counter>,
    place: Place,
}

/// Registers everything that `engine` knows of its services.
pub(super) fn register(engine: &Engine, registry: &mut Registry) {
    let mut state = State::default();
    let now = engine.clock().now();
    for service in engine.services() {
        state.service(service, now);
    }
    state.registered(registry);
}

impl State {
    fn set(&mut self, gauge: Gauge, labels: &Labels, value: f64) {
        self.gauges.entry(gauge).or_default().get_or_create(labels).set(value);
    }

    fn service(&mut self, service: &Service, now: Timestamp) {
        let policy = service.policy();
        let name = || ("service", policy.service.clone());
        let mode = serde_json::to_value(policy.mode).ok().and_then(|mode| Some(mode.as_str()?.to_owned()));
        self.set(POLICY, &vec![name(), ("mode", mode.unwrap_or_default())], 1.0);
        self.set(AGE_LIMIT, &vec![name()], policy.max_age().as_s());
        let published = service.published();
        let failing = f64::from(u8::from(published.store_trouble.is_some()));
        self.set(RECORDING, &vec![name()], failing);
        for region in &policy.regions {
            for decision in DECISIONS {
                let changes = published.decided.get(&(region.name.clone(), decision)).copied().unwrap_or(0);
                let labels =
                    vec![name(), ("region", region.name.to_string()), ("decision", decision.to_owned())];
                self.decisions.get_or_create(&labels).inc_by(changes);
            }
        }
        self.place.service(service, &published, now);
        for look in &published.look.regions {
            let opened = published.state.rollouts.get(&look.region).map(|rollout| rollout.opened);
            self.region(&[name(), ("region", look.region.to_string())], look, opened, now);
        }
    }

    fn region(
        &mut self,
        region: &[(&'static str, String); 2],
        look: &RegionLook,
        opened: Option<Timestamp>,
        now: Timestamp,
    ) {
        let mut set = |gauge: Gauge, more: Option<(&'static str, &str)>, value: f64| {
            let more = more.map(|(name, value)| (name, value.to_owned()));
            let labels: Labels = region.iter().cloned().chain(more).collect();
            self.set(gauge, &labels, value);
        };
        set(STANDING, Some(("standing", standing(look).name())), 1.0);
        if look.stage.ended().is_some() {
            // A run that is over is not polled for itself: its age would grow for ever, and its reasons hold nothing.
            return;
        }
        for stratum in &look.strata {
            let whose = match stratum.stratum {
                Stratum::Region => "region",
                Stratum::Pool => "pool",
            };
            set(EVIDENCE, Some(("stratum", whose)), stratum.ln_e);
            set(THRESHOLD, Some(("stratum", whose)), stratum.ln_threshold);
        }
        look.weight.into_iter().for_each(|percent| set(WEIGHT, None, f64::from(percent) / 100.0));
        look.polled.into_iter().for_each(|polled| set(AGE, None, (now - polled).as_s()));
        opened.into_iter().for_each(|opened| set(OPENED, None, opened.as_us() as f64 / 1e6));
        set(DECISION, Some(("decision", look.decision.name())), 1.0);
        for reason in look.decision.reasons() {
            set(HOLDS, Some(("reason", &kind(reason))), 1.0);
        }
        set(NOT_COUNTED, None, look.gates.iter().filter(|g| g.missing.is_some()).count() as f64);
    }

    fn registered(self, registry: &mut Registry) {
        let Self { mut gauges, decisions, place } = self;
        for gauge in ALL {
            let Gauge(name, help) = gauge;
            registry.register(name, help, gauges.remove(&gauge).unwrap_or_default());
        }
        registry.register("decisions", "Changes of a decision, by what it became", decisions);
        place.registered(registry);
    }
}

/// The reason's word in reports: they have one list of them, and this must not become a second.
fn kind(reason: &Reason) -> String {
    let tagged = serde_json::to_value(reason).ok();
    let word = tagged.as_ref().and_then(|tagged| tagged["reason"].as_str());
    word.unwrap_or("unknown").to_owned()
}

/// Registers what the store tells of itself, the time, and what runs here.
pub(super) fn register_process(engine: &Engine, started: Timestamp, registry: &mut Registry) {
    let stats = engine.store().stats();
    let gauge = |registry: &mut Registry, name: &str, help: &str, value: f64| {
        let gauge = Value::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    };
    let counter = |registry: &mut Registry, name: &str, help: &str, value: u64| {
        registry.register(name, help, ConstCounter::new(value));
    };
    counter(registry, "store_dropped_hook_records", "Hook records lost to a full queue", stats.hooks_dropped);
    counter(registry, "store_commits", "Transactions that are on the disk", stats.commits);
    counter(registry, "store_failed_writes", "Writes to the disk that failed", stats.groups_failed);
    let queued = (stats.commits_queued + stats.hooks_queued) as f64;
    gauge(registry, "store_queue_length", "Writes waiting for the next group", queued);
    let failing = f64::from(u8::from(stats.last_error.is_some()));
    gauge(registry, "store_failing", "1 when the last write to the disk failed", failing);
    let seconds = |at: Timestamp| at.as_us() as f64 / 1e6;
    gauge(registry, "start_timestamp_seconds", "When this process began to answer", seconds(started));
    let help = "Present time of this process: alert when it stands still";
    gauge(registry, "heartbeat_timestamp_seconds", help, seconds(engine.clock().now()));
    let build = Family::<Labels, Value>::default();
    build.get_or_create(&vec![("version", env!("CARGO_PKG_VERSION").to_owned())]).set(1.0);
    registry.register("build_info", "1 for the version that runs", build);
}

#[cfg(test)]
mod tests {
    use super::*;
    use haldane_core::time::Span;

    #[test]
    fn a_reason_is_called_what_reports_call_it() {
        let observing = Reason::Observing { elapsed: Span::ZERO, observe: Span::from_min(5) };
        let cluster = Reason::Cluster(haldane_core::reason::ClusterHold::Lost { why: "x".into() });
        assert_eq!(
            [observing, cluster, Reason::WeightUnknown].map(|r| kind(&r)),
            ["observing", "cluster", "weight-unknown"]
        );
    }
}
