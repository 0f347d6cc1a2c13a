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

/// What a decision can be, as [`Decision::name`](haldane_core::report::Decision::name) calls it.
const DECISIONS: [&str; 3] = ["advance", "hold", "rollback"];

/// Every gauge about services and regions.
#[derive(Default)]
struct State {
    evidence: Family<Labels, Value>,
    threshold: Family<Labels, Value>,
    weight: Family<Labels, Value>,
    age: Family<Labels, Value>,
    age_limit: Family<Labels, Value>,
    opened: Family<Labels, Value>,
    standing: Family<Labels, Value>,
    decision: Family<Labels, Value>,
    decisions: Family<Labels, Counter>,
    holds: Family<Labels, Value>,
    not_counted: Family<Labels, Value>,
    policy: Family<Labels, Value>,
    recording: Family<Labels, Value>,
    place: Place,
}

/// Registers everything that `engine` knows of its services.
pub(super) fn register(engine: &Engine, registry: &mut Registry) {
    let state = State::default();
    let now = engine.clock().now();
    for service in engine.services() {
        state.service(service, now);
    }
    state.registered(registry);
}

impl State {
    fn service(&self, service: &Service, now: Timestamp) {
        let policy = service.policy();
        let name = || ("service", policy.service.clone());
        let mode = serde_json::to_value(policy.mode).ok().and_then(|mode| Some(mode.as_str()?.to_owned()));
        self.policy.get_or_create(&vec![name(), ("mode", mode.unwrap_or_default())]).set(1.0);
        self.age_limit.get_or_create(&vec![name()]).set(policy.max_age().as_s());
        let published = service.published();
        let failing = f64::from(u8::from(published.store_trouble.is_some()));
        self.recording.get_or_create(&vec![name()]).set(failing);
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
        &self,
        region: &[(&'static str, String); 2],
        look: &RegionLook,
        opened: Option<Timestamp>,
        now: Timestamp,
    ) {
        let set = |family: &Family<Labels, Value>, more: Option<(&'static str, &str)>, value: f64| {
            let more = more.map(|(name, value)| (name, value.to_owned()));
            let labels: Labels = region.iter().cloned().chain(more).collect();
            family.get_or_create(&labels).set(value);
        };
        set(&self.standing, Some(("standing", standing(look).name())), 1.0);
        if look.stage.ended().is_some() {
            // A run that is over is not polled for itself: its age would grow for ever, and its reasons hold nothing.
            return;
        }
        for stratum in &look.strata {
            let whose = match stratum.stratum {
                Stratum::Region => "region",
                Stratum::Pool => "pool",
            };
            set(&self.evidence, Some(("stratum", whose)), stratum.ln_e);
            set(&self.threshold, Some(("stratum", whose)), stratum.ln_threshold);
        }
        look.weight.into_iter().for_each(|percent| set(&self.weight, None, f64::from(percent) / 100.0));
        look.polled.into_iter().for_each(|polled| set(&self.age, None, (now - polled).as_s()));
        opened.into_iter().for_each(|opened| set(&self.opened, None, opened.as_us() as f64 / 1e6));
        set(&self.decision, Some(("decision", look.decision.name())), 1.0);
        for reason in look.decision.reasons() {
            set(&self.holds, Some(("reason", &kind(reason))), 1.0);
        }
        set(&self.not_counted, None, look.gates.iter().filter(|g| g.missing.is_some()).count() as f64);
    }

    fn registered(self, registry: &mut Registry) {
        let mut add = |name: &str, help: &str, family| registry.register(name, help, family);
        add("evidence_ln", "Natural logarithm of the evidence against the canary", self.evidence);
        add("evidence_threshold_ln", "What it must not cross, as a natural logarithm", self.threshold);
        add("canary_weight_ratio", "Weight of the canary as last reported, 0 to 1", self.weight);
        add("increment_age_seconds", "Age of the newest increment of an open rollout", self.age);
        let help = "Age of an increment beyond which a service rests nothing on it";
        add("increment_age_limit_seconds", help, self.age_limit);
        add("rollout_opened_timestamp_seconds", "When an open rollout was first heard of", self.opened);
        add("rollout_standing", "1 for how each region's current rollout stands", self.standing);
        add("rollout_decision", "1 for what is decided of each open rollout", self.decision);
        add("rollout_reason", "1 for each kind of reason why an open rollout does not advance", self.holds);
        add("gates_not_counted", "Comparisons of an open rollout whose signal is missing", self.not_counted);
        add("policy_info", "1 for the mode of each service's policy", self.policy);
        add("recording_failing", "1 while facts of a service cannot be recorded: it holds", self.recording);
        registry.register("decisions", "Changes of a decision, by what it became", self.decisions);
        self.place.registered(registry);
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
