//! What else is scraped about a pod: its logs, its container, its database, its probes and its place.
//!
//! In a cluster cAdvisor, kube-state-metrics and the kubelet tell most of this; a simulated pod has it on its own page, under
//! the names that they use. All of it follows from the requests that the pod has counted and the time that it has run, so
//! that nothing has to be drawn for it.

use crate::{Behaviour, Pod};
use haldane_core::time::Timestamp;
use std::fmt::{self, Write};

/// Upper edges of the database's histogram in seconds, and the share of operations below each.
const DB_EDGES: [(&str, f64); 4] = [("0.005", 0.5), ("0.01", 0.9), ("0.05", 0.999), ("0.1", 1.0)];

/// Operations of the database per request.
const DB_PER_REQUEST: f64 = 2.0;

/// CPU seconds of a request, and of a second of doing nothing.
const CPU_S: (f64, f64) = (0.002, 0.05);

/// Series whose value is always the same, with what they are about.
const CONSTANT: [(&str, f64); 13] = [
    ("panics_total", 0.0),
    ("kube_pod_container_status_restarts_total{container=\"app\"}", 0.0),
    ("container_oom_events_total{container=\"app\"}", 0.0),
    ("kube_pod_container_resource_requests{container=\"app\",resource=\"cpu\"}", 1.0),
    ("kube_pod_container_resource_limits{container=\"app\",resource=\"memory\"}", 536_870_912.0),
    ("container_memory_working_set_bytes{container=\"app\"}", 230_686_720.0),
    ("http_requests_in_flight", 3.0),
    ("http_requests_in_flight_max", 200.0),
    ("queue_depth{queue=\"mail\"}", 4.0),
    ("db_client_connection_count{state=\"used\"}", 6.0),
    ("db_client_connection_max", 20.0),
    ("pg_replication_lag_seconds", 0.3),
    ("probe_success", 1.0),
];

/// Adds everything to the page of a pod that behaves so at `now`.
pub(crate) fn write(text: &mut String, pod: &Pod, behaviour: &Behaviour, now: Timestamp) -> fmt::Result {
    let up_s = (now - pod.started_at).as_s().max(0.0);
    let requests = pod.counts.requests as f64;
    let events = |share: f64| (requests * share).floor();
    let errors = pod.counts.errors as f64 + events(behaviour.log_ratio);
    writeln!(text, "log_messages_total{{level=\"info\"}} {requests}")?;
    writeln!(text, "log_messages_total{{level=\"error\"}} {errors}")?;
    writeln!(text, "http_client_requests_total{{code=\"200\"}} {requests}")?;
    let probes = (up_s / 10.0).floor();
    writeln!(text, "prober_probe_total{{probe_type=\"Readiness\",result=\"successful\"}} {probes}")?;
    let operations = events(DB_PER_REQUEST);
    for (le, share) in DB_EDGES {
        let below = (operations * share).floor();
        writeln!(text, "db_client_operation_duration_seconds_bucket{{le=\"{le}\"}} {below}")?;
    }
    writeln!(text, "db_client_operation_duration_seconds_bucket{{le=\"+Inf\"}} {operations}")?;
    let cpu_s = requests * CPU_S.0 + up_s * CPU_S.1;
    writeln!(text, "container_cpu_usage_seconds_total{{container=\"app\"}} {cpu_s}")?;
    let periods = (up_s * 10.0).floor();
    writeln!(text, "container_cpu_cfs_periods_total{{container=\"app\"}} {periods}")?;
    writeln!(
        text,
        "container_cpu_cfs_throttled_periods_total{{container=\"app\"}} {}",
        (periods / 100.0).floor()
    )?;
    let synced = now.as_us() as f64 / 1e6 - 20.0;
    writeln!(text, "last_success_timestamp_seconds{{job_name=\"sync\"}} {synced}")?;
    CONSTANT.iter().try_for_each(|(series, value)| writeln!(text, "{series} {value}"))
}
