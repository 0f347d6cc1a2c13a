//! Signals beyond requests: `check --live` asks what each gate would ask, an author's own template among them.

use crate::fake::{Fake, Series};
use crate::policy;
use crate::program::live;
use crate::source::with_canary;
use std::io::Write as _;

fn series(name: &str, track: &str, from_min: f64, to_min: Option<f64>) -> Series {
    let labels = [
        ("__name__", name),
        ("track", track),
        ("pod", "api-1"),
        ("instance", "10.0.0.9:1"),
        ("level", "info"),
    ];
    let labels = labels.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    Series { labels, per_scrape: 1, interval_s: 15, from_min, to_min }
}

fn with_gates(url: &str, gates: &str) -> String {
    policy::at(url).replace("  gates:\n", &format!("  gates:\n{gates}"))
}

#[tokio::test]
async fn what_is_there_and_what_is_not_is_told_signal_by_signal() {
    let mut all = with_canary();
    all.extend([
        series("log_messages_total", "stable", 60.0, None),
        series("log_messages_total", "canary", 5.0, None),
    ]);
    all.push(series("queue_depth", "stable", 60.0, Some(3.0)));
    let fake = Fake::start(all).await;
    let gates = "    - {signals: [error-logs, queue-depth, panics], tolerate: 2x}\n    - {signal: replication-lag, limit: 5s}\n";
    let said = live(&with_gates(&fake.url(), gates)).await;
    assert!(said.about("ok", "canary error-logs")[0].contains("1 series, the newest sample"), "{}", said.out);
    assert!(said.about("ok", "primary error-logs")[0].contains("1 series"), "{}", said.out);
    assert!(
        said.about("WRONG", "primary queue-depth")[0].contains("nothing new of the primary"),
        "{}",
        said.out
    );
    assert!(said.about("note", "canary queue-depth")[0].contains("nothing new"), "{}", said.out);
    assert!(said.about("WRONG", "primary panics")[0].contains("has no series panics"), "{}", said.out);
    assert!(
        said.about("WRONG", "replication-lag")[0].contains("no series replication-lag of this place"),
        "{}",
        said.out
    );
    assert_eq!(said.code, Some(1));
}

#[tokio::test]
async fn an_author_s_own_template_is_read_from_its_file_and_asked() {
    let mut file = tempfile::NamedTempFile::with_suffix(".yaml").unwrap();
    let template = r#"
apiVersion: flagger.app/v1beta1
kind: MetricTemplate
metadata:
  name: jobs
  annotations:
    haldane.dev/signal: jobs-waiting
    haldane.dev/value-canary: 'jobs_waiting{track="canary"}'
    haldane.dev/value-primary: 'jobs_waiting{track="stable"}'
    haldane.dev/kind: gauge
spec:
  provider: {type: prometheus, address: "http://prometheus:9090"}
  query: sum(jobs_waiting{track="canary"})
"#;
    file.write_all(template.as_bytes()).unwrap();
    let mut all = with_canary();
    all.extend([series("jobs_waiting", "stable", 60.0, None), series("jobs_waiting", "canary", 5.0, None)]);
    let fake = Fake::start(all).await;
    let gate = |more: &str| {
        format!("    - {{signal: jobs-waiting, template: \"{}\", limit: 200{more}}}\n", file.path().display())
    };
    let said = live(&with_gates(&fake.url(), &gate(""))).await;
    assert!(said.about("ok", "canary jobs-waiting")[0].contains("1 series"), "{}", said.out);
    let refused =
        live(&with_gates(&fake.url(), &gate(", kind: ratio").replace("limit: 200", "limit: 2%"))).await;
    assert!(refused.err.contains("is a gauge, and the gate of jobs-waiting says ratio"), "{refused:?}");
    let gone = live(&with_gates(&fake.url(), "    - {signal: x, template: /nowhere.yaml, limit: 2}\n")).await;
    assert!(gone.err.contains("the template /nowhere.yaml cannot be read"), "{gone:?}");
}
