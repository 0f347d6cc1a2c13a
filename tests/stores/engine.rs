//! A real store that scrapes the pages every second.

use haldane_clock::Clock;
use haldane_core::increment::Region;
use haldane_core::policy::Dialect;
use haldane_core::signal::Signal;
use haldane_core::time::Span;
use haldane_signals::prometheus::{ArmQueries, LeUnit, PrometheusConfig, PrometheusRegion, RegionQueries};
use haldane_world::parts::{Leash, Part, free_port, get, pool, program};
use haldane_world::until;
use std::fmt::Write as _;
use std::path::Path;

/// A running store; killed when it is dropped.
pub(crate) struct Engine {
    pub(crate) dialect: Dialect,
    url: String,
    _part: Part,
    _folder: tempfile::TempDir,
}

impl Engine {
    /// Starts the store of a dialect, which scrapes the pages of these pods, `(app, pod)`, at `pages`.
    pub(crate) async fn start(dialect: Dialect, pages: &str, pods: &[(&str, &str)], leash: &Leash) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (port, file) = (free_port().unwrap(), folder.path().join("scrape.yml"));
        std::fs::write(&file, configuration(pages, pods)).unwrap();
        let (name, arguments, health) = command(dialect, folder.path(), &file, port);
        let program = program(name).unwrap();
        let mut part = Part::start(name, &program, arguments, &[], folder.path(), leash).unwrap();
        let (url, http) = (format!("http://127.0.0.1:{port}"), pool());
        let ready = format!("{url}{health}");
        let started = until("the store is ready", Span::from_s(60), async || {
            part.still_runs()?;
            Ok(get(&http, &ready).await.ok())
        });
        started.await.unwrap();
        Self { dialect, url, _part: part, _folder: folder }
    }

    /// A region that reads it; requests slower than `limit_ms` are slow.
    pub(crate) fn region(&self, limit_ms: f64) -> PrometheusRegion {
        let arm = |app: &str| ArmQueries {
            requests: format!("http_requests_total{{app=\"{app}\"}}"),
            buckets: format!("http_request_duration_seconds_bucket{{app=\"{app}\"}}"),
        };
        let queries = RegionQueries {
            canary: arm("canary"),
            primary: arm("primary"),
            bad: "code=~\"5..\"".to_owned(),
            le_unit: LeUnit::Seconds,
        };
        let config = PrometheusConfig {
            dialect: self.dialect,
            latency_limit_ms: Some(limit_ms),
            signals: vec![Signal::ErrorRate, Signal::P99Latency],
            scrape_interval: Span::from_s(1),
            bin: Span::from_s(2),
            ..PrometheusConfig::new(Region::from("us-east"), &self.url, queries)
        };
        PrometheusRegion::new(config, Clock::real()).unwrap()
    }
}

fn configuration(pages: &str, pods: &[(&str, &str)]) -> String {
    let mut text =
        "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n- job_name: pods\n  static_configs:\n".to_owned();
    for (app, pod) in pods {
        let labels = format!("{{__metrics_path__: /{pod}, app: {app}, pod: {pod}, instance: {pod}}}");
        writeln!(text, "  - {{targets: [{pages:?}], labels: {labels}}}").unwrap();
    }
    text
}

fn command(
    dialect: Dialect,
    folder: &Path,
    file: &Path,
    port: u16,
) -> (&'static str, Vec<String>, &'static str) {
    let (file, data) = (file.display(), folder.join("data"));
    match dialect {
        Dialect::Prometheus => {
            let arguments = [
                format!("--config.file={file}"),
                format!("--storage.tsdb.path={}", data.display()),
                format!("--web.listen-address=127.0.0.1:{port}"),
                "--enable-feature=native-histograms".to_owned(),
                "--log.level=warn".to_owned(),
            ];
            ("prometheus", arguments.into(), "/-/ready")
        }
        Dialect::VictoriaMetrics => {
            let arguments = [
                format!("-promscrape.config={file}"),
                format!("-storageDataPath={}", data.display()),
                format!("-httpListenAddr=127.0.0.1:{port}"),
                "-loggerLevel=WARN".to_owned(),
            ];
            ("victoria-metrics", arguments.into(), "/health")
        }
        Dialect::Thanos | Dialect::Mimir => panic!("{dialect} is no package of Debian's"),
    }
}
