//! One release of one service under Haldane: a scenario, its policy, and what both sides say of it.

mod policy;

use crate::{CanaryNow, Conduct, Haldane, Place, Plane, Scenario, Setup};
use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use haldane_core::time::Span;
use serde_json::{Value, json};
use std::sync::Arc;

/// What is special about a story; [`Story::new`] is the usual one.
#[derive(Clone, Debug)]
pub struct Story {
    /// Its namespace.
    pub name: String,
    /// The policy's mode.
    pub mode: &'static str,
    /// `canary`, `blue-green` or `ab-testing`.
    pub strategy: &'static str,
    /// The steps of a canary, in percent; the other strategies have one, with all traffic.
    pub weights: &'static [u32],
    /// How long each step is observed.
    pub observe: &'static str,
    /// The error rate's limit: what is lax is proved with few requests.
    pub error_limit: &'static str,
    /// To prove a latency takes minutes at 5 % of so few requests, and most stories are not about that.
    pub latency_is_only_reported: bool,
    /// The policy's budget: how fast a breach is found depends on it, and on the pods.
    pub false_rollback: &'static str,
    /// Pods of each version.
    pub replicas: u32,
    /// How long a region runs the release before the next one may start.
    pub bake: &'static str,
    /// Whether Haldane may read the cluster; hooks alone must do where it may not.
    pub clustered: bool,
    /// After how many seconds without a move a Deployment has failed.
    pub progress_deadline_s: u32,
    /// Users' requests per second.
    pub requests_per_s: u32,
}

/// A story that is being told.
pub struct Told {
    /// Flagger's side, and the users'.
    pub scenario: Scenario,
    /// Haldane's side.
    pub haldane: Haldane,
}

impl Story {
    /// In the namespace `asks-NAME`: weights of 5, 50 and 100 %, each observed for twelve seconds and proved with few requests.
    pub fn new(name: &str) -> Self {
        Self {
            name: format!("asks-{name}"),
            mode: "enforce",
            strategy: "canary",
            weights: &[5, 50, 100],
            observe: "12s",
            error_limit: "5%",
            latency_is_only_reported: true,
            false_rollback: "1%",
            replicas: 1,
            bake: "10s",
            clustered: true,
            progress_deadline_s: 600,
            requests_per_s: 80,
        }
    }

    /// Installs the service with the Canary's analysis as `haldane render` makes it, and waits until Haldane counts it.
    ///
    /// # Errors
    /// Something of it does not start.
    pub async fn begin(self, plane: &Arc<Plane>) -> Result<Told> {
        let (mut scenarios, haldane) = self.begin_in(&[plane]).await?;
        let scenario = scenarios.pop().context("one plane has one scenario")?;
        Ok(Told { scenario, haldane })
    }

    /// The same in several regions, each after the one before it, under one Haldane.
    ///
    /// # Errors
    /// Something of it does not start.
    pub async fn begin_in(self, planes: &[&Arc<Plane>]) -> Result<(Vec<Scenario>, Haldane)> {
        let scenarios = try_join_all(planes.iter().map(|plane| Scenario::start(plane, self.setup()))).await?;
        // Now, and not a minute before: whoever asks for a free port meanwhile may be given the same.
        let place = Place::new()?;
        let haldane = Haldane::start(planes, place, &self.name, &self.policy(planes)).await?;
        for plane in planes {
            // Of the Canary only what is rendered changes: its strategy and its target stay as they were.
            let patch = haldane.rendered(plane.region()).await?;
            let how = ["patch", "canary", "api", "--type", "merge", "--patch-file", "/dev/stdin"];
            let whose = ["--namespace", &self.name];
            plane.kubectl(&[&whose[..], &how].concat(), &patch).await?;
        }
        Ok((scenarios, haldane))
    }

    /// What there is in each region before Haldane is asked.
    fn setup(&self) -> Setup {
        let Self { requests_per_s, progress_deadline_s, replicas, .. } = *self;
        let spec = json!({"provider": "nginx"});
        let usual = Setup::new(&self.name, self.analysis());
        Setup { requests_per_s, progress_deadline_s, replicas, spec, ..usual }
    }

    /// The Canary before it is told to ask Haldane.
    fn analysis(&self) -> Value {
        let mut analysis = json!({"interval": "10s", "threshold": 2});
        match self.strategy {
            // As many have it; the patch has to take it away in the request that brings the policy's weights.
            "canary" => {
                analysis["stepWeight"] = json!(10);
                analysis["maxWeight"] = json!(50);
            }
            "ab-testing" => {
                analysis["iterations"] = json!(2);
                analysis["match"] = json!([{"headers": {"x-canary": {"exact": "always"}}}]);
            }
            _ => analysis["iterations"] = json!(2),
        }
        analysis
    }
}

impl Told {
    /// Deploys a version.
    ///
    /// # Errors
    /// The API server refuses it.
    pub async fn deploy(&self, version: &str, conduct: Conduct) -> Result<()> {
        self.scenario.deploy(version, conduct).await
    }

    /// Waits until Haldane sees the run at this weight.
    ///
    /// # Errors
    /// It does not come.
    pub async fn at(&self, weight: u32) -> Result<Value> {
        let what = format!("{weight} %");
        let step = |r: &Value| r["weight_percent"] == weight && r["step"].is_object();
        self.haldane.reaches(&what, PATIENCE, step).await
    }

    /// Waits until Haldane says that the run stands so.
    ///
    /// # Errors
    /// It does not come.
    pub async fn stands(&self, standing: &str) -> Result<Value> {
        self.haldane.reaches(standing, PATIENCE, |r| r["standing"] == standing).await
    }

    /// Waits until Haldane holds and this stands among its reasons.
    ///
    /// # Errors
    /// It does not come.
    pub async fn holds(&self, why: &str) -> Result<Value> {
        let named = |r: &Value| r["decision"] == "hold" && r["reasons"].to_string().contains(why);
        self.haldane.reaches(why, PATIENCE, named).await
    }

    /// Waits until Flagger says that the Canary is in this phase.
    ///
    /// # Errors
    /// It does not come; the account of Haldane is told, too.
    pub async fn phase(&self, phase: &str) -> Result<CanaryNow> {
        let reached = self.scenario.reaches(phase, PATIENCE, |c| c.phase == phase).await;
        match reached {
            Ok(canary) => Ok(canary),
            Err(error) => {
                let newest = self.haldane.newest().await.unwrap_or(Value::Null);
                Err(error.context(format!("{newest:#}\n{}", self.haldane.log())))
            }
        }
    }

    /// Lets Flagger tick so many times.
    ///
    /// # Errors
    /// It does not tick.
    pub async fn ticks(&self, ticks: i64) -> Result<()> {
        haldane_clock::Clock::real().sleep(Span::from_s(10 * ticks)).await;
        Ok(())
    }

    /// The weights that were allowed to be left, in order, of the newest rollout.
    ///
    /// # Errors
    /// Haldane does not answer.
    pub async fn permitted(&self) -> Result<Vec<u64>> {
        let report = self.haldane.report(&self.haldane.newest().await?).await?;
        let facts = report["facts"].as_array().context("a report has facts")?;
        let facts = facts.iter().map(|entry| &entry["fact"]);
        Ok(facts
            .filter(|fact| fact["fact"] == "permitted")
            .filter_map(|fact| fact["weight"].as_u64())
            .collect())
    }
}

/// Many scenarios share two processors, and Flagger takes ten seconds for each thought.
const PATIENCE: Span = Span::from_min(6);
