//! `haldane demo`: three simulated regions take a release through 5 %, 50 % and 100 %.

use super::tell;
use crate::demo::{self, DemoConfig};
use clap::Args;
use haldane_pods::Scenario;
use std::net::SocketAddr;
use std::process::ExitCode;

/// Watch Haldane judge a release in three simulated regions: real HTTP, real decisions, faster time.
///
/// Simulated pods serve real /metrics pages, a model of Flagger calls the real hooks, and everything lives on a
/// clock that runs --speed times faster; the policy is policies/fnp.yaml, unscaled. The hour of history before the
/// release is synthetic, and the report says so.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// What happens to the release.
    ///
    /// healthy: all is well. errors: the canary fails 1 % of its requests. latency: the canary's P99 is 250 ms.
    /// bursty: healthy, but errors come in clusters. incident: both versions fail together, longer than any step
    /// lasts. blind: all metrics vanish.
    #[arg(long, default_value = "healthy", value_name = "healthy|errors|latency|bursty|incident|blind")]
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

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|s| (1.0..=1000.0).contains(s));
    speed.ok_or_else(|| format!("{text:?} is no speed; write a number from 1 to 1000"))
}

pub(super) async fn run(args: Demo) -> anyhow::Result<ExitCode> {
    let (headless, json) = (args.headless, args.json);
    let config = DemoConfig {
        scenario: args.scenario,
        seed: args.seed,
        speed: args.speed,
        listen: args.listen,
        headless,
    };
    let demo = demo::start(config).await?;
    if !json {
        tell::line(&demo.opening());
    }
    let outcome = demo.watch(&mut |line: &str| tell::error(line)).await?;
    if !json {
        tell::line(&outcome.text());
    }
    for report in demo.save_reports(&outcome).await? {
        if !json {
            tell::line(&report);
        }
    }
    if args.keep {
        tell::error(&format!("the reports stay at {} until you press Ctrl-C", demo.address()));
        tokio::signal::ctrl_c().await?;
    }
    demo.stop().await?;
    if json {
        tell::line(&serde_json::to_string(&outcome)?);
    }
    Ok(ExitCode::SUCCESS)
}
