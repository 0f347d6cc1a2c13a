//! `haldane serve` as a process, and its API as its users see it.

use haldane::report::summary::RolloutSummary;
use haldane_clock::Clock;
use haldane_core::time::Span;
use reqwest::Client;
use serde_json::Value;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// A machine under load may be slow; one that takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `haldane serve`, killed when it is dropped.
pub(crate) struct Haldane {
    _process: Child,
    client: Client,
    base_url: String,
    log: PathBuf,
    // Read no further, but kept: a closed pipe would be the service's trouble.
    _stdout: Lines<BufReader<ChildStdout>>,
}

impl Haldane {
    /// Starts it in `folder`, with `policy` (YAML) and a clock that is `ahead` of everybody else's; returns when it
    /// listens.
    pub(crate) async fn start(folder: &Path, policy: &str, ahead: Span) -> Self {
        let (file, log) = (folder.join("policy.yaml"), folder.join("haldane.log"));
        std::fs::write(&file, policy).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_haldane"));
        command.arg("serve").arg("--policy").arg(&file).arg("--db").arg(folder.join("haldane.db"));
        if ahead != Span::ZERO {
            let now = Clock::real().now();
            let origin = format!("{},{},1", now.as_us(), (now + ahead).as_us());
            command.arg("--accelerated-clock").arg(origin);
        }
        command.args(["--listen", "127.0.0.1:0"]).env_remove("RUST_LOG").stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(File::create(&log).unwrap()).kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = timeout(PATIENCE, stdout.next_line()).await.expect("it does not start").unwrap();
        let line = line.unwrap_or_else(|| panic!("{}", std::fs::read_to_string(&log).unwrap()));
        let base_url = line.strip_prefix("haldane serves at ").expect(&line).to_owned();
        let client = haldane_flagger_model::plain_http().timeout(PATIENCE).build().unwrap();
        Self { _process: process, client, base_url, log, _stdout: stdout }
    }

    /// `http://address:port`.
    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// What it logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// The newest rollout that it knows, if there is one.
    pub(crate) async fn newest(&self) -> Option<RolloutSummary> {
        let all: Vec<RolloutSummary> = serde_json::from_str(&self.get("api/v1/rollouts").await).unwrap();
        all.into_iter().next()
    }

    /// The whole account of the newest rollout.
    pub(crate) async fn report(&self) -> Value {
        let id = self.newest().await.expect("there is a rollout").id;
        serde_json::from_str(&self.get(&format!("api/v1/rollouts/{id}")).await).unwrap()
    }

    /// A sample of its own metrics by name and labels, as they are written.
    pub(crate) async fn metric(&self, series: &str) -> f64 {
        let page = self.get("metrics").await;
        let line = page.lines().find_map(|line| line.strip_prefix(series));
        line.unwrap_or_else(|| panic!("no {series} in\n{page}")).trim().parse().unwrap()
    }

    async fn get(&self, path: &str) -> String {
        let response = self.client.get(format!("{}/{path}", self.base_url)).send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert_eq!(status, 200, "{path}: {text}");
        text
    }
}
