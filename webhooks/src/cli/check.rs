//! `haldane check`: is this policy what I meant, and do its queries find anything?

use super::tell;
use crate::check;
use crate::policy_file;
use crate::sources::ScrapeSettings;
use clap::Args;
use haldane_clock::Clock;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Say what a policy means; with --live, ask its sources every query once.
///
/// Everything wrong in a file is told at once, with its line and what to write instead. --live tells for each query
/// what it finds: series, targets, scrape interval, present value, bucket edges against the limit, history, or what is
/// wrong, with the query to paste into Prometheus.
///
/// Exit code 0: all is well. 1: a rollout would be held by something that was found. 2: the policy is refused.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// A policy file; give the option once per service
    #[arg(long, required = true, value_name = "FILE")]
    policy: Vec<PathBuf>,
    /// Ask every query once
    #[arg(long)]
    live: bool,
    /// How long a source may take to answer, in milliseconds
    #[arg(long, default_value_t = 5000, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..))]
    deadline_ms: u64,
    /// Print the findings of --live as JSON
    #[arg(long, requires = "live")]
    json: bool,
}

pub(super) async fn run(args: Check) -> anyhow::Result<ExitCode> {
    let settings =
        ScrapeSettings { deadline: Duration::from_millis(args.deadline_ms), ..ScrapeSettings::default() };
    let mut is_well = true;
    for file in &args.policy {
        let (policy, sources) = policy_file::read(file)?;
        if !args.json {
            tell::line(&format!("{} is valid\n\n{}", file.display(), check::meaning(&policy, &sources)));
        }
        if args.live {
            let found = check::live(&policy, &sources, settings, &Clock::real()).await;
            let found = found.map_err(anyhow::Error::msg)?;
            is_well &= found.iter().all(check::RegionFindings::is_well);
            tell::line(&if args.json { serde_json::to_string(&found)? } else { check::text(&found) });
        }
    }
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
