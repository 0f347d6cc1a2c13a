//! What the pods of all canaries expose: the series that `metric-templates/plain` selects, two pods for each canary.
//!
//! Every value rises from scrape to scrape and none is zero, so that an answer of nothing can be told from an answer.

use std::fmt::Write as _;

/// A metric and the label sets of its series in one pod.
type Metric = (&'static str, &'static [&'static str]);

const METRICS: [Metric; 20] = [
    ("http_requests_total", &["code=\"200\"", "code=\"404\"", "code=\"500\""]),
    (
        "http_request_duration_seconds_bucket",
        &["le=\"0.05\"", "le=\"0.1\"", "le=\"0.2\"", "le=\"0.5\"", "le=\"1\"", "le=\"+Inf\""],
    ),
    ("log_messages_total", &["level=\"error\""]),
    ("panics_total", &[""]),
    ("kube_pod_container_status_restarts_total", &["container=\"app\""]),
    ("container_oom_events_total", &["container=\"app\""]),
    (
        "prober_probe_total",
        &["probe_type=\"Readiness\",result=\"successful\"", "probe_type=\"Readiness\",result=\"failed\""],
    ),
    ("http_client_requests_total", &["code=\"200\"", "code=\"error\""]),
    ("db_client_operation_duration_seconds_bucket", &["le=\"0.01\"", "le=\"0.1\"", "le=\"+Inf\""]),
    ("container_cpu_usage_seconds_total", &["container=\"app\""]),
    ("kube_pod_container_resource_requests", &["container=\"app\",resource=\"cpu\""]),
    ("container_cpu_cfs_throttled_periods_total", &["container=\"app\""]),
    ("container_cpu_cfs_periods_total", &["container=\"app\""]),
    ("container_memory_working_set_bytes", &["container=\"app\""]),
    ("kube_pod_container_resource_limits", &["container=\"app\",resource=\"memory\""]),
    ("http_requests_in_flight", &[""]),
    ("http_requests_in_flight_max", &[""]),
    ("queue_depth", &["queue=\"mail\""]),
    ("db_client_connection_count", &["state=\"used\""]),
    ("db_client_connection_max", &[""]),
];

/// Services in each namespace.
const SHARING: usize = 10;

/// How many series all canaries have: those of their pods, and one lag for each namespace.
pub(crate) fn series(canaries: usize) -> usize {
    let of_a_pod: usize = METRICS.iter().map(|(_, series)| series.len()).sum();
    canaries * 2 * of_a_pod + canaries.div_ceil(SHARING)
}

/// Namespace and name of a canary.
pub(crate) fn names(canary: usize) -> (String, String) {
    (format!("team-{}", canary / SHARING), format!("svc-{canary:04}"))
}

/// The page of all pods; `n` counts how often they were scraped.
pub(crate) fn page(canaries: usize, n: usize) -> String {
    let mut page = String::new();
    for (metric, series) in METRICS {
        for canary in 0..canaries {
            let (namespace, target) = names(canary);
            let pods = ["-7d9f8c6b5-x2k4q", "-primary-5c8d7f9b4-m7z9p"];
            for (arm, pod) in pods.into_iter().enumerate() {
                for (place, labels) in series.iter().enumerate() {
                    let value = (n + canary + 1) * (place + 1);
                    let comma = if labels.is_empty() { "" } else { "," };
                    // Writing to a String cannot fail.
                    let _ = writeln!(
                        page,
                        "{metric}{{namespace=\"{namespace}\",pod=\"{target}{pod}\",instance=\"10.{arm}.{}.{}:8080\"{comma}{labels}}} {value}",
                        canary / 250,
                        canary % 250
                    );
                }
            }
        }
    }
    for namespace in 0..canaries.div_ceil(SHARING) {
        let _ = writeln!(
            page,
            "pg_replication_lag_seconds{{namespace=\"team-{namespace}\",pod=\"db-0\",instance=\"10.9.0.{namespace}:9187\"}} {}",
            1 + n % 3
        );
    }
    page
}
