//! `haldane plan`: what can this policy prove and find at this traffic, and when?

use super::bar::Bar;
use super::healthy::HealthyArgs;
use super::tell;
use crate::plan::{self, Given};
use crate::policy_file;
use clap::Args;
use haldane_outlook::outlook;
use std::path::PathBuf;
use std::process::ExitCode;

/// Say what a policy can prove and find at a given traffic, and when; it asks nobody
///
/// For each step, region and gate: whether the health of a canary can be proved, below which
/// multiple of the limit, and how many requests and minutes that takes; the smallest worsening that
/// is found with 80 and 95 % probability by the end of `observe` and of `extendUpTo`; the median
/// time to find 2, 5 and 10 times the healthy rate. What is found is simulated with the evidence
/// that judges rollouts, from a fixed seed. Then, in sentences, what this traffic cannot do and
/// what would help.
///
///   haldane plan fnp.yaml --rps 400
///   haldane plan fnp.yaml --rps 400 --rps apac=3 --error-rate 0.05% --p99 150ms
///   haldane plan fnp.yaml --rps 400 --fano 5 --json
///
/// Exit code 0: it has been said, whatever it is. 2: the policy or an option is refused.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Plan {
    /// The policy file
    #[arg(value_name = "POLICY")]
    policy: PathBuf,
    /// Requests per second of canary and primary together; for one region: us-east=400. May be repeated
    #[arg(long, required = true, value_name = "[REGION=]N")]
    rps: Vec<Given>,
    #[command(flatten)]
    healthy: HealthyArgs,
    /// How clustered bad events are: their variance over their mean, per increment. 1 is Poisson
    #[arg(long, default_value_t = 1.0, value_name = "F", value_parser = fano)]
    fano: f64,
    /// Print one line of JSON instead of tables
    #[arg(long)]
    json: bool,
}

fn fano(text: &str) -> Result<f64, String> {
    let fano = text.parse().ok().filter(|f| (1.0..=1000.0).contains(f));
    fano.ok_or_else(|| format!("{text:?} is no dispersion; write a number from 1 (Poisson) to 1000"))
}

pub(super) async fn run(args: Plan) -> anyhow::Result<ExitCode> {
    let (policy, _) = policy_file::read(&args.policy)?;
    let traffic = plan::traffic(&policy, &args.rps).map_err(anyhow::Error::msg)?;
    let assumed = args.healthy.assumed(args.fano);
    let bar = Bar::of("gates");
    let outlook = outlook(&policy, &traffic, &assumed, &|done, of| bar.show(done, of));
    bar.end();
    if args.json {
        tell::line(&serde_json::to_string(&outlook)?);
    } else {
        tell::line(plan::render(&outlook, &policy, &assumed).trim_end());
    }
    Ok(ExitCode::SUCCESS)
}
