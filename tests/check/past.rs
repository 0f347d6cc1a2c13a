//! A fresh start reads the primary's past from the region's Prometheus, once, and a restart only what it missed.

use crate::fake::{Fake, Reply};
use crate::policy;
use crate::program::{PATIENCE, haldane};
use crate::source::{each, with_canary};
use haldane_core::time::Span;
use haldane_world::until;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr};
use tokio::time::timeout;

/// Requests of both pods of the primary in a second, and failed ones.
const PER_SCRAPE: (f64, f64) = (202.0, 2.0);

/// `haldane serve`, which logs to us.
struct Service {
    process: Child,
    log: Lines<BufReader<ChildStderr>>,
    base_url: String,
    client: reqwest::Client,
}

impl Service {
    async fn start(folder: &Path) -> Self {
        let mut command = haldane();
        command.arg("serve").arg("--policy").arg(folder.join("policy.yaml"));
        command.arg("--db").arg(folder.join("haldane.db")).args(["--listen", "127.0.0.1:0"]);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap()).lines();
        let log = BufReader::new(process.stderr.take().unwrap()).lines();
        let line = timeout(PATIENCE, stdout.next_line()).await.expect("it does not start").unwrap().unwrap();
        let base_url = line.strip_prefix("haldane serves at ").expect(&line).to_owned();
        let client = haldane_flagger_model::plain_http().timeout(PATIENCE).build().unwrap();
        Self { process, log, base_url, client }
    }

    /// Reads the log up to a line with `text`.
    async fn says(&mut self, text: &str) -> String {
        let line = async {
            loop {
                let line = self.log.next_line().await.unwrap().expect("it goes on");
                if line.contains(text) {
                    return line;
                }
            }
        };
        timeout(PATIENCE, line).await.expect(text)
    }

    /// Begins a rollout of `release` and gives its whole account.
    async fn rollout(&self, release: &str) -> Value {
        let metadata = json!({"release": release});
        let payload =
            json!({"name": "api", "namespace": "fnp", "phase": "Initialized", "metadata": metadata});
        self.hook("confirm-rollout", &payload).await;
        self.newest().await
    }

    /// Flagger says that the canary has 5 %, and its gates are judged.
    async fn first_gates(&self, release: &str) -> Vec<Value> {
        let metadata = json!({"release": release, "eventMessage": "Advance api.fnp canary weight 5"});
        let payload =
            json!({"name": "api", "namespace": "fnp", "phase": "Progressing", "metadata": metadata});
        self.hook("event", &payload).await;
        let gates = async || {
            let report = self.newest().await;
            let gates =
                report["looks"].as_array().unwrap().last().unwrap()["gates"].as_array().unwrap().clone();
            Ok((!gates.is_empty()).then_some(gates))
        };
        until("gates", Span::from_s(60), gates).await.unwrap()
    }

    async fn hook(&self, hook: &str, payload: &Value) {
        let url = format!("{}/hooks/us-east/{hook}", self.base_url);
        let response = self.client.post(url).json(payload).send().await.unwrap();
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    }

    async fn newest(&self) -> Value {
        let get = async |path: &str| {
            let url = format!("{}/api/v1/{path}", self.base_url);
            self.client.get(url).send().await.unwrap().json::<Value>().await.unwrap()
        };
        let rollouts = get("rollouts").await;
        get(&format!("rollouts/{}", rollouts[0]["id"].as_str().unwrap())).await
    }

    async fn stop(mut self) {
        let pid = self.process.id().expect("it runs").to_string();
        let sent = tokio::process::Command::new("sh").args(["-c", "kill -TERM \"$0\"", &pid]).status().await;
        assert!(sent.unwrap().success());
        let status = timeout(PATIENCE, self.process.wait()).await.expect("it stops").unwrap();
        assert_eq!(status.code(), Some(0));
    }
}

/// The history that a rollout was opened with: minutes, all requests, failed ones.
fn opened_with(report: &Value) -> (f64, f64, f64) {
    let opened = report["facts"].as_array().unwrap().iter().find(|entry| entry["fact"]["fact"] == "opened");
    let opened = opened.unwrap_or_else(|| panic!("{report:#}"));
    let history = &opened["fact"]["history"]["error-rate"];
    let number =
        |name: &str| history[name].as_f64().unwrap_or_else(|| panic!("{name} in {history}: {opened:?}"));
    (number("covers") / 60e6, number("total"), number("bad"))
}

/// Asserts that so many minutes of history hold each scrape exactly once.
#[track_caller]
fn assert_counted_once((minutes, total, bad): (f64, f64, f64)) {
    let scrapes = minutes * 60.0;
    assert_eq!((total, bad), (scrapes * PER_SCRAPE.0, scrapes * PER_SCRAPE.1), "of {minutes} minutes");
    assert!((118.0..=121.0).contains(&minutes), "{minutes}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_read_at_the_start_and_after_a_restart_only_what_was_missed() {
    let fake = Fake::start(each(with_canary(), |s| s.interval_s = 1)).await;
    let folder = tempfile::tempdir().unwrap();
    let policy = policy::at(&fake.url()).replace("scrapeInterval: 15s", "scrapeInterval: 1s");
    std::fs::write(folder.path().join("policy.yaml"), policy).unwrap();

    let mut first = Service::start(folder.path()).await;
    first.says("the primary's past was read from the source").await;
    let mut asked = past_questions(&fake);
    let count = asked.len();
    asked.dedup();
    assert_eq!((asked.len(), count), (22, 22), "eleven pieces of two queries, once each: {asked:?}");
    assert_counted_once(opened_with(&first.rollout("1").await));
    let gates = first.first_gates("1").await;
    assert!(gates.iter().all(|gate| gate["noise"] == "history"), "{gates:#?}");
    first.stop().await;

    fake.lock().asked.clear();
    let second = Service::start(folder.path()).await;
    polled(&fake).await;
    assert_eq!(past_questions(&fake), [], "the past is in the store");
    assert_counted_once(opened_with(&second.rollout("2").await));
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_was_away_at_the_start_is_asked_for_its_past_when_it_is_back() {
    let fake = Fake::start(each(with_canary(), |s| s.interval_s = 1)).await;
    fake.lock().reply = Reply::Text(503, "no healthy upstream");
    let folder = tempfile::tempdir().unwrap();
    let policy = policy::at(&fake.url()).replace("scrapeInterval: 15s", "scrapeInterval: 1s");
    std::fs::write(folder.path().join("policy.yaml"), policy).unwrap();
    let mut service = Service::start(folder.path()).await;
    service.says("past cannot be read whole").await;
    fake.lock().reply = Reply::Data;
    service.says("the primary's past was read from the source").await;
    let (minutes, ..) = opened_with(&service.rollout("1").await);
    assert!((118.0..=121.0).contains(&minutes), "{minutes}");
    service.stop().await;
}

/// Questions about more than five minutes ago, sorted.
fn past_questions(fake: &Fake) -> Vec<(String, i64)> {
    let inner = fake.lock();
    let past = inner.asked.iter().filter(|(query, age_s)| query != "time()" && *age_s > 300.0);
    let mut past: Vec<_> =
        past.map(|(query, age_s)| (query.clone(), (age_s / 60.0).round() as i64)).collect();
    past.sort();
    past
}

/// Waits for the first poll, which asks for five minutes: by then the past has been handed over.
async fn polled(fake: &Fake) {
    let asked =
        async || Ok(fake.lock().asked.iter().any(|(query, _)| query.ends_with("[300s]")).then_some(()));
    until("a poll", Span::from_s(60), asked).await.unwrap();
}
