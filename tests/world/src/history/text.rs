//! The past as OpenMetrics text, for `promtool tsdb create-blocks-from openmetrics`.
//!
//! The labels are those that Prometheus would have given, so that the pods' own series continue these.

use super::PodPast;
use crate::Arm;
use crate::prometheus::NAMESPACE;
use crate::service::{Carried, EDGES_S, INSIDE_1024THS};
use std::io::{self, Write};

type Value<'a> = Box<dyn Fn(&Carried) -> f64 + 'a>;

pub(super) fn write(out: &mut impl Write, pods: &[PodPast]) -> io::Result<()> {
    writeln!(out, "# TYPE up gauge")?;
    series(out, pods, &[("up", String::new(), Box::new(|_| 1.0))])?;
    writeln!(out, "# TYPE http_requests counter")?;
    let requests = |c: &Carried| c.buckets.iter().sum::<u64>();
    let name = "http_requests_total";
    series(
        out,
        pods,
        &[
            (name, ",code=\"200\"".to_owned(), Box::new(move |c| (requests(c) - c.failed) as f64)),
            (name, ",code=\"500\"".to_owned(), Box::new(|c| c.failed as f64)),
        ],
    )?;
    writeln!(out, "# TYPE http_request_duration_seconds histogram")?;
    let mut durations: Vec<(&str, String, Value<'_>)> = Vec::new();
    for i in 0..=EDGES_S.len() {
        let le = EDGES_S.get(i).map_or("+Inf".to_owned(), |edge_s| format!("{edge_s:?}"));
        let value = move |c: &Carried| c.buckets[..=i].iter().sum::<u64>() as f64;
        durations.push(("http_request_duration_seconds_bucket", format!(",le=\"{le}\""), Box::new(value)));
    }
    durations.push((
        "http_request_duration_seconds_count",
        String::new(),
        Box::new(move |c| requests(c) as f64),
    ));
    durations.push(("http_request_duration_seconds_sum", String::new(), Box::new(sum_s)));
    series(out, pods, &durations)?;
    writeln!(out, "# EOF")?;
    out.flush()
}

/// As the pod will have it when it has observed what it carries.
fn sum_s(counted: &Carried) -> f64 {
    counted.buckets.iter().zip(INSIDE_1024THS).map(|(n, inside)| *n as f64 * f64::from(inside) / 1024.0).sum()
}

fn series(out: &mut impl Write, pods: &[PodPast], all: &[(&str, String, Value<'_>)]) -> io::Result<()> {
    for PodPast { pod, port, scrapes } in pods {
        for (name, label, value) in all {
            let labels = format!(
                "job=\"{}\",instance=\"127.0.0.1:{port}\",namespace=\"{NAMESPACE}\",pod=\"{pod}\"{label}",
                Arm::Primary.name()
            );
            // A labelled series appears with its first event.
            let counted = scrapes.iter().map(|(at, c)| (at, value(c)));
            for (at, value) in counted.skip_while(|(_, v)| label.starts_with(",code") && *v == 0.0) {
                let ms = at.as_us() / 1000;
                writeln!(out, "{name}{{{labels}}} {value} {}.{:03}", ms / 1000, ms % 1000)?;
            }
        }
    }
    Ok(())
}
