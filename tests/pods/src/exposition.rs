//! A pod's counters in the Prometheus text format, version 0.0.4.
//!
//! Written out by hand: client libraries expose counters that live in the process, and these are computed ones. It
//! behaves as they do where a reader could notice: a labelled series appears with its first event and not before,
//! and a histogram without labels is there from the start.

use crate::{Behaviour, Counts, EDGES_S, Place, Pod, beyond};
use haldane_core::time::Timestamp;
use std::fmt::{self, Write};

/// The `Content-Type` that goes with it.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The text that a pod of `revision` answers at `now`, behaving so.
pub(crate) fn exposition(
    pod: &Pod,
    revision: &str,
    behaviour: &Behaviour,
    place: &Place,
    now: Timestamp,
) -> String {
    let mut text = String::with_capacity(4096);
    let written = write_all(&mut text, pod, revision)
        .and_then(|()| beyond::write(&mut text, pod, behaviour, place, now));
    debug_assert!(written.is_ok(), "a String takes whatever is written to it");
    text
}

fn write_all(text: &mut String, pod: &Pod, revision: &str) -> fmt::Result {
    requests(text, &pod.counts)?;
    durations(text, &pod.counts)?;
    let started_s = pod.started_at.as_us() as f64 / 1e6;
    head(
        text,
        "process_start_time_seconds",
        "gauge",
        "Start time of the process since unix epoch in seconds.",
    )?;
    writeln!(text, "process_start_time_seconds {started_s}")?;
    head(text, "process_open_fds", "gauge", "Number of open file descriptors.")?;
    writeln!(text, "process_open_fds 23")?;
    head(text, "app_build_info", "gauge", "What this process was built from; always 1.")?;
    writeln!(text, "app_build_info{{revision=\"{}\"}} 1", escaped(revision))
}

fn requests(text: &mut String, counts: &Counts) -> fmt::Result {
    let name = "http_requests_total";
    let by_code = [("200", counts.requests - counts.errors), ("500", counts.errors)];
    let seen: Vec<_> = by_code.into_iter().filter(|(_, n)| *n > 0).collect();
    if seen.is_empty() {
        return Ok(());
    }
    head(text, name, "counter", "Requests answered, by status code.")?;
    seen.into_iter().try_for_each(|(code, n)| writeln!(text, "{name}{{code=\"{code}\"}} {n}"))
}

fn durations(text: &mut String, counts: &Counts) -> fmt::Result {
    let name = "http_request_duration_seconds";
    head(text, name, "histogram", "Time to answer a request.")?;
    let mut cumulated = 0;
    for (edge_s, n) in EDGES_S.iter().zip(counts.buckets) {
        cumulated += n;
        writeln!(text, "{name}_bucket{{le=\"{edge_s}\"}} {cumulated}")?;
    }
    writeln!(text, "{name}_bucket{{le=\"+Inf\"}} {}", counts.requests)?;
    writeln!(text, "{name}_sum {}", counts.duration_s)?;
    writeln!(text, "{name}_count {}", counts.requests)
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) -> fmt::Result {
    writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    fn pod(requests: u64, errors: u64) -> Pod {
        let mut counts =
            Counts { requests, errors, duration_s: requests as f64 * 0.0375, ..Counts::default() };
        counts.buckets[3] = requests;
        Pod { started_at: Timestamp::from_us(1_790_000_000_250_000), counts }
    }

    fn text(requests: u64, errors: u64, revision: &str) -> String {
        let now = Timestamp::from_us(1_790_000_060_250_000);
        exposition(&pod(requests, errors), revision, &Behaviour::HEALTHY, &Place::default(), now)
    }

    #[test]
    fn a_series_appears_with_its_first_event() {
        assert!(!text(0, 0, "v1").contains("http_requests_total"));
        let healthy = text(7, 0, "v1");
        assert!(healthy.contains("http_requests_total{code=\"200\"} 7\n"), "{healthy}");
        assert!(!healthy.contains("500"), "{healthy}");
        assert!(text(7, 2, "v1").contains("http_requests_total{code=\"500\"} 2\n"));
    }

    #[test]
    fn numbers_and_labels_are_written_as_the_format_wants_them() {
        let text = text(8, 0, "v1\"\\\n");
        for line in [
            "http_request_duration_seconds_bucket{le=\"0.025\"} 0",
            "http_request_duration_seconds_bucket{le=\"0.05\"} 8",
            "http_request_duration_seconds_bucket{le=\"1\"} 8",
            "http_request_duration_seconds_bucket{le=\"+Inf\"} 8",
            "http_request_duration_seconds_sum 0.3",
            "process_start_time_seconds 1790000000.25",
            "app_build_info{revision=\"v1\\\"\\\\\\n\"} 1",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in:\n{text}");
        }
        assert!(text.ends_with('\n'));
    }
}
