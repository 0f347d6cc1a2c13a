//! How Prometheus is configured and called.

use haldane_core::time::Span;
use std::ffi::OsString;
use std::path::Path;

/// The configuration: one job per entry of `jobs`, each with a file of targets.
pub(super) fn text(targets: &Path, region: &str, scrape_interval: Span, jobs: &[&str]) -> String {
    let ms = scrape_interval.as_us() / 1000;
    let mut text = format!(
        "global:\n  scrape_interval: {ms}ms\n  scrape_timeout: {ms}ms\n  external_labels: {{region: {region:?}}}\n\
         scrape_configs:\n"
    );
    for job in jobs {
        let file = targets.join(format!("{job}.json"));
        text += &format!("- job_name: {job}\n  file_sd_configs:\n  - files: [{file:?}]\n");
    }
    text
}

/// The command line. The hidden flag halves the time until a new target is scraped, from ten seconds to five.
pub(super) fn arguments(directory: &Path, store: &Path, port: u16) -> Vec<OsString> {
    let with = |flag: &str, path: &Path| {
        let mut argument = OsString::from(flag);
        argument.push(path);
        argument
    };
    vec![
        with("--config.file=", &directory.join("prometheus.yml")),
        with("--storage.tsdb.path=", store),
        format!("--web.listen-address=127.0.0.1:{port}").into(),
        "--scrape.discovery-reload-interval=100ms".into(),
        "--storage.tsdb.retention.time=30d".into(),
        "--log.level=warn".into(),
    ]
}
