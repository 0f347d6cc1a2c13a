//! Canaries as `metric-templates/` sees them: what their pods expose, and what each of twenty signals asks.

use haldane_core::time::Span;
use haldane_signals::prometheus::hub::Question;
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
    ("kube_pod_container_status_restarts_total", &[""]),
    ("container_oom_events_total", &[""]),
    ("prober_probe_total", &["result=\"successful\"", "result=\"failed\""]),
    ("dependency_requests_total", &["outcome=\"ok\"", "outcome=\"error\""]),
    ("db_query_duration_seconds_bucket", &["le=\"0.01\"", "le=\"0.1\"", "le=\"+Inf\""]),
    ("container_cpu_usage_seconds_total", &[""]),
    ("kube_pod_container_resource_requests", &["resource=\"cpu\""]),
    ("container_cpu_cfs_throttled_periods_total", &[""]),
    ("container_cpu_cfs_periods_total", &[""]),
    ("container_memory_working_set_bytes", &[""]),
    ("kube_pod_container_resource_limits", &["resource=\"memory\""]),
    ("http_requests_in_flight", &[""]),
    ("http_requests_in_flight_limit", &[""]),
    ("queue_entries", &[""]),
    ("db_pool_connections_in_use", &[""]),
    ("db_pool_connections_limit", &[""]),
];

/// Each signal and the metrics it rests on, for canary and primary.
pub(crate) const SIGNALS: [(&str, &[&str]); 20] = [
    ("error-rate", &["http_requests_total"]),
    ("http-4xx", &["http_requests_total"]),
    ("http-5xx", &["http_requests_total"]),
    ("traffic-share", &["http_requests_total"]),
    ("p50-latency", &["http_request_duration_seconds_bucket"]),
    ("p95-latency", &["http_request_duration_seconds_bucket"]),
    ("p99-latency", &["http_request_duration_seconds_bucket"]),
    ("error-logs", &["log_messages_total", "http_requests_total"]),
    ("panics", &["panics_total", "http_requests_total"]),
    ("restarts", &["kube_pod_container_status_restarts_total"]),
    ("oom-kills", &["container_oom_events_total"]),
    ("readiness-failures", &["prober_probe_total"]),
    ("dependency-errors", &["dependency_requests_total"]),
    ("db-latency", &["db_query_duration_seconds_bucket"]),
    ("cpu", &["container_cpu_usage_seconds_total", "kube_pod_container_resource_requests"]),
    ("cpu-throttling", &["container_cpu_cfs_throttled_periods_total", "container_cpu_cfs_periods_total"]),
    ("memory", &["container_memory_working_set_bytes", "kube_pod_container_resource_limits"]),
    ("in-flight", &["http_requests_in_flight", "http_requests_in_flight_limit"]),
    ("queue-depth", &["queue_entries"]),
    ("db-pool", &["db_pool_connections_in_use", "db_pool_connections_limit"]),
];

/// What one poll of 15 s looks back: a bin, and four scrapes.
const RANGE: Span = Span::from_s(90);

pub(crate) fn series_of_a_pod() -> usize {
    METRICS.iter().map(|(_, series)| series.len()).sum()
}

/// Ten services in each namespace.
fn names(canary: usize) -> (String, String) {
    (format!("team-{}", canary / 10), format!("svc-{canary:04}"))
}

fn selector(metric: &str, canary: usize, arm: &str) -> String {
    let (namespace, target) = names(canary);
    format!("{metric}{{namespace=\"{namespace}\",pod=~\"{target}{arm}-[0-9a-zA-Z]+-[0-9a-zA-Z]+\"}}")
}

/// The page of all pods; `n` counts how often they were scraped.
pub(crate) fn page(canaries: usize, n: usize) -> String {
    let mut page = String::new();
    for (metric, series) in METRICS {
        for canary in 0..canaries {
            let (namespace, target) = names(canary);
            for pod in [format!("{target}-7d9f8c6b5-x2k4q"), format!("{target}-primary-5c8d7f9b4-m7z9p")] {
                for (place, labels) in series.iter().enumerate() {
                    let value = (n + canary) * (place + 1);
                    let comma = if labels.is_empty() { "" } else { "," };
                    // Writing to a String cannot fail.
                    let _ = writeln!(
                        page,
                        "{metric}{{namespace=\"{namespace}\",pod=\"{pod}\",instance=\"10.0.{}.{}:8080\"{comma}{labels}}} {value}",
                        canary / 250,
                        canary % 250
                    );
                }
            }
        }
    }
    page
}

/// Everything that the signals of one canary ask, signal by signal: what two of them need stands there twice.
pub(crate) fn questions(canary: usize) -> Vec<Question> {
    let metrics = SIGNALS.iter().flat_map(|(_, metrics)| metrics.iter());
    let arms = metrics.flat_map(|metric| ["", "-primary"].map(|arm| selector(metric, canary, arm)));
    arms.map(|text| Question::new(&text, RANGE).unwrap()).collect()
}

/// What Flagger asks for one canary: one number for each metric.
pub(crate) fn flagger_queries(canary: usize) -> Vec<String> {
    let one = |(signal, metrics): &(&str, &[&str])| {
        let of = |metric: &str| selector(metric, canary, "");
        let rise = |metric: &str| format!("sum(rate({}[1m]))", of(metric));
        match (*signal, *metrics) {
            ("error-rate" | "http-4xx", [metric]) => {
                let code = if *signal == "http-4xx" { "4.." } else { "5.." };
                let bad = of(metric).replace('}', &format!(",code=~\"{code}\"}}"));
                format!("100 * sum(rate({bad}[1m])) / {}", rise(metric))
            }
            (_, [metric]) if metric.ends_with("_bucket") => {
                let quantile = signal.strip_prefix('p').and_then(|s| s.get(..2)).unwrap_or("99");
                format!("1000 * histogram_quantile(0.{quantile}, sum by (le) (rate({}[1m])))", of(metric))
            }
            (_, [metric]) if metric.ends_with("_total") => format!("60 * {}", rise(metric)),
            (_, [one, other]) if other.ends_with("_total") => format!("{} / {}", rise(one), rise(other)),
            ("cpu", [one, other]) => format!("{} / sum({})", rise(one), of(other)),
            (_, [one, other]) => format!("max({}) / max({})", of(one), of(other)),
            (_, metrics) => format!("max({})", of(metrics.first().unwrap())),
        }
    };
    SIGNALS.iter().map(one).collect()
}
