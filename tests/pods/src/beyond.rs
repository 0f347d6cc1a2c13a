//! What else is scraped about a pod: its logs, its container, its database, its probes and its place.
//!
//! In a cluster cAdvisor, kube-state-metrics and the kubelet tell most of this; a simulated pod has it on its own page, under
//! the names that they use. All of it follows from the requests that the pod has counted and the time that it has run, so
//! that nothing has to be drawn for it.

use crate::{Behaviour, Place, Pod};
use haldane_core::time::Timestamp;
use std::fmt::{self, Write};

/// Upper edges of the database's histogram in seconds, and the share of operations below each.
const DB_EDGES: [(&str, f64); 4] = [("0.005", 0.5), ("0.01", 0.9), ("0.05", 0.999), ("0.1", 1.0)];

/// Seconds of an operation, on average.
const DB_MEAN_S: f64 = 0.006;

/// Operations of the database per request.
const DB_PER_REQUEST: f64 = 2.0;

/// CPU seconds of a request, and of a second of doing nothing.
const CPU_S: (f64, f64) = (0.002, 0.05);

/// Series whose value is always the same, with what they are about.
const CONSTANT: [(&str, f64); 11] = [
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
];

/// Adds everything to the page of a pod that behaves so at `now`.
pub(crate) fn write(
    text: &mut String,
    pod: &Pod,
    behaviour: &Behaviour,
    place: &Place,
    now: Timestamp,
) -> fmt::Result {
    let mut page = Page { text, family: String::new() };
    let up_s = (now - pod.started_at).as_s().max(0.0);
    let requests = pod.counts.requests as f64;
    let events = |share: f64| (requests * share).floor();
    page.add("log_messages_total{level=\"info\"}", requests)?;
    page.add("log_messages_total{level=\"error\"}", pod.counts.errors as f64 + events(behaviour.log_ratio))?;
    page.add("http_client_requests_total{code=\"200\"}", requests)?;
    page.add("prober_probe_total{probe_type=\"Readiness\",result=\"successful\"}", (up_s / 10.0).floor())?;
    let operations = events(DB_PER_REQUEST);
    for (le, share) in DB_EDGES {
        let series = format!("db_client_operation_duration_seconds_bucket{{le=\"{le}\"}}");
        page.add(&series, (operations * share).floor())?;
    }
    page.add("db_client_operation_duration_seconds_bucket{le=\"+Inf\"}", operations)?;
    page.add("db_client_operation_duration_seconds_sum", operations * DB_MEAN_S)?;
    page.add("db_client_operation_duration_seconds_count", operations)?;
    page.add("container_cpu_usage_seconds_total{container=\"app\"}", requests * CPU_S.0 + up_s * CPU_S.1)?;
    let periods = (up_s * 10.0).floor();
    page.add("container_cpu_cfs_periods_total{container=\"app\"}", periods)?;
    page.add("container_cpu_cfs_throttled_periods_total{container=\"app\"}", (periods / 100.0).floor())?;
    let synced = now.as_us() as f64 / 1e6 - place.synced_s;
    beside(&mut page, place, synced)?;
    page.add("last_success_timestamp_seconds{job_name=\"sync\"}", synced)?;
    CONSTANT.iter().try_for_each(|(series, value)| page.add(series, *value))
}

/// What exporters of the place would tell: it is on every page alike, under the database's own name.
fn beside(page: &mut Page<'_>, place: &Place, synced: f64) -> fmt::Result {
    let (truth, database) = (|is: bool| f64::from(u8::from(is)), place.database());
    let mut of_database =
        |series: &str, value| page.add(&format!("{series}{{target=\"{database}\"}}"), value);
    of_database("pg_replication_lag_seconds", if place.writes { 0.0 } else { place.lag_s })?;
    of_database("pg_replication_is_replica", truth(!place.writes))?;
    of_database("subscription_lag_seconds", place.lag_s)?;
    page.add("probe_success", truth(place.up))?;
    page.add("edge_probe_success", truth(place.up))?;
    page.add("model_last_sync_timestamp_seconds", synced)?;
    page.add("cache_last_replication_timestamp_seconds", synced)?;
    page.add("cross_region_latency_seconds", 0.2)
}

/// A page on which each family is announced before its first series.
struct Page<'a> {
    text: &'a mut String,
    family: String,
}

impl Page<'_> {
    fn add(&mut self, series: &str, value: f64) -> fmt::Result {
        let name = series.split('{').next().unwrap_or(series);
        let parts = ["_bucket", "_sum", "_count"];
        let histogram = parts
            .iter()
            .find_map(|part| name.strip_suffix(part))
            .filter(|n| n.ends_with("_duration_seconds"));
        let (family, kind) = match histogram {
            Some(family) => (family, "histogram"),
            None if name.ends_with("_total") => (name, "counter"),
            None => (name, "gauge"),
        };
        if family != self.family {
            writeln!(self.text, "# TYPE {family} {kind}")?;
            family.clone_into(&mut self.family);
        }
        writeln!(self.text, "{series} {value}")
    }
}
