//! A Prometheus that scrapes the canaries every 15 s, and has done so for a while.

use crate::account;
use haldane_clock::Clock;
use haldane_core::time::Span;
use haldane_world::parts::{Leash, Part, free_port};
use std::path::Path;

/// With what comes after it before a poll is measured (the idle time, the warm-up), more than the five minutes for which
/// levels are asked: so that a poll finds as many samples as it will an hour later.
const FILL: Span = Span::from_s(210);

/// How long it is watched with nobody asking.
const IDLE: Span = Span::from_s(30);

/// All of it goes when this is dropped.
pub(crate) struct Stage {
    pub(crate) url: String,
    prometheus: Part,
    _exporter: Part,
    _directory: tempfile::TempDir,
    pub(crate) clock: Clock,
}

impl Stage {
    /// With what scraping alone costs it, in processor seconds per second.
    pub(crate) async fn start(canaries: usize) -> (Self, f64) {
        let directory = tempfile::tempdir().unwrap();
        let (leash, clock) = (Leash::default(), Clock::real());
        let (target, port) = (free_port().unwrap(), free_port().unwrap());
        let ours = std::env::current_exe().unwrap();
        let arguments = ["--exporter".to_owned(), target.to_string(), canaries.to_string()];
        let exporter = Part::start("exporter", &ours, arguments, &[], directory.path(), &leash).unwrap();
        let text = format!(
            "global: {{scrape_interval: 15s, scrape_timeout: 15s}}\nscrape_configs:\n\
             - {{job_name: pods, honor_labels: true, static_configs: [{{targets: ['127.0.0.1:{target}']}}]}}\n"
        );
        std::fs::write(directory.path().join("prometheus.yml"), text).unwrap();
        let arguments = [
            format!("--config.file={}", directory.path().join("prometheus.yml").display()),
            format!("--storage.tsdb.path={}", directory.path().join("tsdb").display()),
            format!("--web.listen-address=127.0.0.1:{port}"),
            "--log.level=warn".to_owned(),
        ];
        let program = Path::new("prometheus");
        let prometheus =
            Part::start("prometheus", program, arguments, &[], directory.path(), &leash).unwrap();
        clock.sleep(FILL).await;
        let url = format!("http://127.0.0.1:{port}");
        let stage = Self { url, prometheus, _exporter: exporter, _directory: directory, clock };
        let idle = stage.idle().await;
        (stage, idle)
    }

    pub(crate) fn source_cpu_s(&self) -> f64 {
        account::cpu_s(self.prometheus.pid())
    }

    pub(crate) fn source_rss_mib(&self) -> f64 {
        account::rss_mib(self.prometheus.pid())
    }

    async fn idle(&self) -> f64 {
        let before = self.source_cpu_s();
        self.clock.sleep(IDLE).await;
        (self.source_cpu_s() - before) / IDLE.as_s()
    }
}
