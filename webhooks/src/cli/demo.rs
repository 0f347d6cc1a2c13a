//! `haldane demo`: simulated regions of a reference system take a release from step to step.

use super::{signals, tell};
use crate::demo::{self, DemoConfig, Outcome, System};
use clap::Args;
use haldane_pods::Scenario;
use std::net::SocketAddr;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::LazyLock;

/// Watch Haldane judge a release in simulated regions: real HTTP, real decisions, faster time.
///
/// Simulated pods serve real /metrics pages, a model of Flagger calls the real hooks, and everything lives on a
/// clock that runs --speed times faster; the policy is the system's in policies/, unscaled. The hour of history before the
/// release is synthetic, and the report says so.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Which reference system.
    ///
    /// fnp: an active region, a warm standby, a cold one. fingerprint-api: three active regions with targets of their own.
    /// bookstore: one region writes, two read; the writer goes last. nfyio: two active regions that both write, one at a time.
    #[arg(long, default_value = "fnp", value_name = SYSTEMS.as_str())]
    system: System,
    /// What happens to the release.
    ///
    /// healthy: all is well. errors: the canary fails 1 % of its requests. latency: the canary's P99 is 250 ms.
    /// bursty: healthy, but errors come in clusters. incident: both versions fail together, longer than any step
    /// lasts. blind: all metrics vanish. subtle: the canary fails 0.3 % where 0.1 % are allowed and 0.05 % usual.
    /// late: the canary fails 1 %, but only with more than half of the traffic. slow-leak: the canary's P99 grows by
    /// 4 ms a minute. region-down: every pod of eu-central dies under its canary. no-traffic: nobody calls apac.
    /// error-logs: the canary serves as well as ever, and writes twenty times as many errors into its log.
    /// Of the place, while a release is under way, so that it holds and then goes on: region-lost: us-east is gone for 12
    /// minutes. lag: the copy of the data beside the release falls behind. failover: the writer moves away from us-east; of
    /// two writers one stops for 4 minutes. stale: what is synchronised into the region is not.
    #[arg(long, default_value = "healthy", value_name = SCENARIOS.as_str())]
    scenario: Scenario,
    /// Seed of all simulated traffic
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Seconds of the demo per real second
    #[arg(long, default_value_t = 120.0, value_parser = speed)]
    speed: f64,
    /// No live progress: one line per change, for logs
    #[arg(long)]
    headless: bool,
    /// Close with one line of JSON
    #[arg(long)]
    json: bool,
    /// Keep serving the reports until interrupted
    #[arg(long)]
    keep: bool,
    /// Where the demo's service listens
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    listen: SocketAddr,
}

static SYSTEMS: LazyLock<String> = LazyLock::new(|| System::ALL.map(System::name).join("|"));

static SCENARIOS: LazyLock<String> = LazyLock::new(|| Scenario::ALL.map(Scenario::name).join("|"));

/// What a shell reports of a program that SIGINT ended.
const INTERRUPTED: u8 = 130;

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|s| (1.0..=1000.0).contains(s));
    speed.ok_or_else(|| format!("{text:?} is no speed; write a number from 1 to 1000"))
}

pub(super) async fn run(args: Demo) -> anyhow::Result<ExitCode> {
    let (headless, json) = (args.headless, args.json);
    let config = DemoConfig {
        system: args.system,
        scenario: args.scenario,
        seed: args.seed,
        speed: args.speed,
        listen: args.listen,
        headless,
    };
    // Heard before anything is started, so that whatever was started is also ended, temporary files included.
    let mut told_to_stop = pin!(signals::told_to_stop()?);
    let demo = demo::start(config).await?;
    if !json {
        tell::line(&demo.opening());
    }
    let mut tell_change = |line: &str| tell::error(line);
    let watched = tokio::select! {
        outcome = demo.watch(&mut tell_change) => Some(outcome?),
        () = &mut told_to_stop => None,
    };
    let Some(outcome) = watched else {
        demo.stop().await?;
        tell::error("haldane: stopped before the release had come to an end");
        return Ok(ExitCode::from(INTERRUPTED));
    };
    conclude(&demo, &outcome, json).await?;
    if args.keep {
        tell::error(&format!("the reports stay at {} until you press Ctrl-C", demo.address()));
        told_to_stop.await;
    }
    demo.stop().await?;
    if json {
        tell::line(&serde_json::to_string(&outcome)?);
    }
    Ok(ExitCode::SUCCESS)
}

/// Saves the reports; people are told how it ended and where they are.
async fn conclude(demo: &demo::Demo, outcome: &Outcome, json: bool) -> anyhow::Result<()> {
    let reports = demo.save_reports(outcome).await?;
    if !json {
        tell::line(&outcome.text());
        reports.iter().for_each(|report| tell::line(report));
    }
    Ok(())
}
