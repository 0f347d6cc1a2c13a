//! Starts the world and the service, and watches through the public API until nothing more will happen.

use super::director::{concerns, direct};
use super::outcome::{self, Outcome, RegionOutcome};
use super::progress::Progress;
use super::stillness::Stillness;
use super::system::System;
use super::world::{NEW, Running, Stage, World};
use crate::engine::{Engine, EngineConfig, ScrapeSettings, SyntheticPast};
use crate::http::Server;
use crate::report::summary::RolloutSummary;
use anyhow::Context;
use haldane_clock::Clock;
use haldane_core::policy::Sources;
use haldane_core::time::{Span, Timestamp};
use haldane_pods::Scenario;
use haldane_store::Store;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Longer than every step of every region extended to its end, bakes included, in the demo's time.
const LONGEST: Span = Span::from_min(240);

/// How a demo is run.
#[derive(Clone, Debug)]
pub struct DemoConfig {
    /// Which reference system.
    pub system: System,
    /// What happens to the release.
    pub scenario: Scenario,
    /// Seed of all simulated traffic.
    pub seed: u64,
    /// Seconds of the demo per real second.
    pub speed: f64,
    /// Where the service listens.
    pub listen: SocketAddr,
    /// One line per change instead of live progress.
    pub headless: bool,
}

/// A running demo.
pub struct Demo {
    config: DemoConfig,
    clock: Clock,
    origin: Timestamp,
    regions: Vec<Running>,
    left_out: Vec<String>,
    director: JoinHandle<()>,
    engine: Engine,
    server: Server,
    stop: watch::Sender<bool>,
    client: reqwest::Client,
    _store: tempfile::TempDir,
}

/// Starts pods, service and Flaggers.
pub async fn start(config: DemoConfig) -> anyhow::Result<Demo> {
    let clock = Clock::accelerated(config.speed);
    let origin = clock.now();
    let DemoConfig { system, scenario, seed, .. } = config;
    let (policy, said, left_out) = system.shown()?;
    let mut worlds = Vec::new();
    let stage = Stage { system, policy: &policy, scenario, seed, origin, clock: &clock };
    for index in 0..policy.regions.len() {
        worlds.push(World::start(stage, index).await?);
    }
    let metrics = worlds.iter().map(|w| (w.region.clone(), w.source())).collect();
    let probes =
        worlds.iter().filter_map(|w| Some((w.region.clone(), w.probes(said.probes.get(&w.region)?))));
    let sources = Sources { metrics, probes: probes.collect(), guards: said.guards, ..Sources::default() };
    let synthetic = worlds.iter().map(|w| SyntheticPast {
        service: policy.service.clone(),
        region: w.region.clone(),
        past: w.past(),
    });
    let synthetic = synthetic.collect();
    let folder = tempfile::tempdir()?;
    let store = Store::open(&folder.path().join("demo.db")).await?;
    let scrape = ScrapeSettings::default();
    let policies = vec![(policy, sources)];
    let engine = Engine::start(EngineConfig {
        policies,
        store,
        clock: clock.clone(),
        scrape,
        public_url: None,
        synthetic,
    })
    .await?;
    let server = Server::start(config.listen, engine.clone()).await;
    let server = server.with_context(|| format!("cannot listen at {}", config.listen))?;
    let stop = watch::Sender::new(false);
    let base_url = format!("http://{}", server.address());
    let seats = worlds.iter().map(World::seat).collect();
    let regions = worlds.into_iter().map(|w| w.run(&base_url, stop.subscribe())).collect();
    let story = direct(system, scenario, seats, clock.clone());
    let mut stopping = stop.subscribe();
    let director = tokio::spawn(async move {
        let stopped = stopping.wait_for(|stop| *stop);
        tokio::select! {
            () = story, if concerns(scenario) => {}
            _ = stopped => {}
        }
    });
    let client = haldane_flagger_model::plain_http().timeout(Duration::from_secs(10)).build()?;
    Ok(Demo {
        config,
        clock,
        origin,
        regions,
        left_out,
        director,
        engine,
        server,
        stop,
        client,
        _store: folder,
    })
}

impl Demo {
    /// What is about to be seen.
    pub fn opening(&self) -> String {
        let DemoConfig { system, scenario, seed, speed, .. } = &self.config;
        let left_out = match self.left_out.as_slice() {
            [] => String::new(),
            names => format!("Left out, because no pod's page tells them: guards {}\n", names.join(", ")),
        };
        let unseen = match system.sees(*scenario) {
            true => "",
            false => {
                "No guard of this policy sees what happens here: the release goes on as if all were well.\n"
            }
        };
        format!(
            "Release {NEW} goes to {} regions of {system}; scenario {scenario}, seed {seed}, {speed:.0} times faster than life.\n\
             Policy {}, hooks and reports at {}\n{left_out}{unseen}",
            self.regions.len(),
            system.file(),
            self.address()
        )
    }

    /// Where hooks and reports are.
    pub fn address(&self) -> String {
        format!("http://{}/", self.server.address())
    }

    /// Watches through the API until nothing more will happen; `tell` gets lines where there is no terminal.
    pub async fn watch(&self, tell: &mut dyn FnMut(&str)) -> anyhow::Result<Outcome> {
        let names: Vec<String> = self.regions.iter().map(|r| r.region.to_string()).collect();
        let mut progress = Progress::new(&names, self.config.headless);
        let deadline = self.origin + LONGEST;
        let mut stillness = Stillness::from(self.origin);
        loop {
            self.clock.sleep(Span::from_us((self.config.speed * 200_000.0) as i64)).await;
            let summaries = self.newest().await?;
            progress.show(&summaries, tell);
            let still = stillness.look(&summaries, self.clock.now());
            if still || outcome::is_over(&summaries, self.regions.len()) || self.clock.now() > deadline {
                progress.finish();
                return Ok(self.outcome(&summaries, still));
            }
        }
    }

    /// The newest rollout of each region.
    async fn newest(&self) -> anyhow::Result<Vec<RolloutSummary>> {
        let url = format!("{}api/v1/rollouts", self.address());
        let all: Vec<RolloutSummary> = self.client.get(url).send().await?.error_for_status()?.json().await?;
        let mut newest = BTreeMap::new();
        for summary in all.into_iter().rev() {
            newest.insert(summary.region.clone(), summary);
        }
        let order = self.regions.iter().filter_map(|r| newest.remove(&r.region.0));
        Ok(order.collect())
    }

    fn outcome(&self, summaries: &[RolloutSummary], still: bool) -> Outcome {
        let end = |running: &Running| {
            let weight = running.cluster.live().borrow().canary_weight;
            let summary = summaries.iter().find(|s| s.region == running.region.0);
            let unheard = || RegionOutcome {
                outcome: "waiting".to_owned(),
                weight,
                reason: "Flagger has not asked yet".to_owned(),
                rollout: String::new(),
            };
            (running.region.to_string(), summary.map_or_else(unheard, |s| outcome::of(s, weight, still)))
        };
        Outcome {
            scenario: self.config.scenario.to_string(),
            seed: self.config.seed,
            regions: self.regions.iter().map(end).collect(),
            wall_seconds: (self.clock.now() - self.origin).as_s() / self.config.speed,
        }
    }

    /// Saves the release's page and each region's report; returns lines that say where.
    pub async fn save_reports(&self, outcome: &Outcome) -> anyhow::Result<Vec<String>> {
        let (system, scenario, seed) = (self.config.system.name(), &outcome.scenario, outcome.seed);
        let folder = std::env::temp_dir().join(format!("haldane-demo-{system}-{scenario}-{seed}"));
        std::fs::create_dir_all(&folder)?;
        let mut lines = Vec::new();
        let keep = async |path: String, name: &str| {
            let url = format!("{}{path}", self.address());
            let page = self.client.get(url).send().await?.error_for_status()?.text().await?;
            let file = folder.join(format!("{name}.html"));
            std::fs::write(&file, page)?;
            anyhow::Ok(format!("file://{}", file.display()))
        };
        let begun = || outcome.regions.iter().filter(|(_, end)| !end.rollout.is_empty());
        if begun().next().is_some() {
            let file = keep(format!("releases/{NEW}"), "release").await?;
            lines.push(format!("  release, all regions   {file}"));
        }
        for (region, end) in begun() {
            let file = keep(format!("rollouts/{}", end.rollout), region).await?;
            lines.push(format!("  report of {region:<12} {file}"));
        }
        Ok(lines)
    }

    /// Ends everything.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stop.send_replace(true);
        self.director.await?;
        for region in self.regions {
            region.stop().await?;
        }
        self.server.stop().await?;
        self.engine.stop().await?;
        Ok(())
    }
}
