//! `haldane simulate`: what comes of a thousand releases under this policy?
//!
//! The work is the lab's; here is what a person writes and reads. The healthy service is described as for `plan`, and
//! assumed as there where nothing is said, so that both speak of one service.

mod text;

use super::bar::Bar;
use super::healthy::HealthyArgs;
use super::tell;
use crate::plan::{self, Given};
use crate::policy_file;
use clap::Args;
use haldane_core::policy::Policy;
use haldane_lab::fault::{Fault, Kind};
use haldane_lab::noise::Noise;
use haldane_lab::traffic::Traffic;
use haldane_lab::{Simulation, Summary, simulate};
use haldane_outlook::{Assumed, Healthy};
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Say what comes of many made-up releases under a policy: rolled back, promoted or held, when and why; it asks nobody
///
/// Each release goes through all regions and steps of the policy, on made-up traffic, and is judged
/// by what judges rollouts. Without a fault every rollback is a false one, and stands beside the
/// promise (`falseRollback`); with a fault the rollbacks are how often, and how soon, it is found.
///
///   haldane simulate fnp.yaml                             # how often is one rolled back?
///   haldane simulate fnp.yaml --noise mixed --runs 10000  # ... where errors burst, wander and blip?
///   haldane simulate fnp.yaml --fault error=0.5%          # how soon is one error in 200 found?
///   haldane simulate fnp.yaml --fault 'latency=250ms@8m>5%' --rps 50 --p99 150ms --json
///
/// NOISE: iid (events come one by one), bursty (in clusters), drift (each version's rate wanders by
/// itself), shared (both wander together) or mixed (bursts, wandering and blips); shared-everywhere
/// and mixed-everywhere wander in all regions at once. FAULT: none, error=0.5%, latency=250ms (the
/// P99) or 5xx=10/min; then @8m where it begins so long after a region's first canary traffic; then
/// >50% where it shows above that weight only. Quote a >.
///
/// The same seed gives the same answer, on any machine. Exit code 0: it has been said, whatever it
/// is. 2: the policy or an option is refused.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Simulate {
    /// The policy file
    #[arg(value_name = "POLICY")]
    policy: PathBuf,
    /// How bad events scatter around their rate
    #[arg(long, default_value = "iid", value_name = "NOISE")]
    noise: Noise,
    /// What is wrong with the new version
    #[arg(long, default_value = "none", value_name = "FAULT")]
    fault: Fault,
    /// How many releases
    #[arg(long, default_value_t = 1000, value_name = "N", value_parser = runs)]
    runs: usize,
    /// Another seed gives other releases
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: u64,
    /// Requests per second of canary and primary together, in every region
    #[arg(long, default_value = "400", value_name = "N")]
    rps: Vec<Given>,
    #[command(flatten)]
    healthy: HealthyArgs,
    /// Print one line of JSON instead of text
    #[arg(long)]
    json: bool,
}

fn runs(text: &str) -> Result<usize, String> {
    let runs = text.parse().ok().filter(|runs| (1..=1_000_000).contains(runs));
    runs.ok_or_else(|| format!("{text:?} is no number of releases; write one from 1 to 1000000"))
}

/// What was simulated and what came of it, as one object.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    regions: Vec<&'a str>,
    healthy: Healthy,
    /// Absent with a fault: the promise is about releases without one.
    promised_false_rollback: Option<f64>,
    #[serde(flatten)]
    summary: &'a Summary,
}

pub(super) async fn run(args: Simulate) -> anyhow::Result<ExitCode> {
    let (policy, _) = policy_file::read(&args.policy)?;
    let rps = requests_per_s(&policy, &args.rps)?;
    let healthy = healthy(&policy, rps, &args.healthy.assumed(1.0));
    let traffic = Traffic {
        rps,
        errors: healthy.error_rate,
        p99_ms: healthy.p99_ms.unwrap_or(Traffic::default().p99_ms),
        http_5xx_per_min: healthy.http_5xx_per_min,
        ..Traffic::default()
    };
    let Simulate { noise, fault, runs, seed, json, .. } = args;
    let simulation = Simulation { policy: &policy, traffic, noise, fault, runs, seed };
    let bar = Bar::of("releases");
    let summary = simulate(&simulation, &|done| bar.show(done, runs));
    bar.end();
    if json {
        let regions = policy.regions.iter().map(|r| r.name.0.as_str()).collect();
        let promised_false_rollback = (fault.kind == Kind::None).then_some(policy.false_rollback);
        let told = Told { regions, healthy, promised_false_rollback, summary: &summary };
        tell::line(&serde_json::to_string(&told)?);
    } else {
        tell::line(text::render(&simulation, &healthy, &summary).trim_end());
    }
    Ok(ExitCode::SUCCESS)
}

/// The lab has one traffic for all regions, so regions that are given unequal ones are refused instead of misread.
fn requests_per_s(policy: &Policy, given: &[Given]) -> anyhow::Result<f64> {
    let traffic = plan::traffic(policy, given).map_err(anyhow::Error::msg)?;
    let mut each = traffic.into_values();
    let first = each.next().unwrap_or_default();
    if each.any(|other| other != first) {
        anyhow::bail!("every simulated region gets the same traffic; write one --rps N for all of them");
    }
    Ok(first)
}

/// What the service is like where it is healthiest: a region with tighter limits than the others must not be over them.
fn healthy(policy: &Policy, rps: f64, assumed: &Assumed) -> Healthy {
    let mut regions = policy.regions.iter().map(|r| Healthy::of(policy, &r.name, rps, assumed));
    let nothing = Healthy { error_rate: 0.0, p99_ms: None, slow: 0.0, http_5xx_per_min: 0.0 };
    let first = regions.next().unwrap_or(nothing);
    regions.fold(first, |a, b| Healthy {
        error_rate: a.error_rate.min(b.error_rate),
        p99_ms: a.p99_ms.into_iter().chain(b.p99_ms).reduce(f64::min),
        slow: a.slow.min(b.slow),
        http_5xx_per_min: a.http_5xx_per_min.min(b.http_5xx_per_min),
    })
}
