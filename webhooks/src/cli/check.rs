//! `haldane check`: is this policy what I meant, and do its queries find anything?

use super::tell;
use crate::check::{self, RegionFindings};
use crate::policy_file;
use crate::sources::{RegionSource, ScrapeSettings};
use clap::Args;
use haldane_clock::Clock;
use haldane_core::increment::Region;
use haldane_core::policy::{Policy, Sources};
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Say what a policy means; with --live, ask its sources every query once.
///
/// Everything wrong in a file is told at once, with its line and what to write instead. --live tells for each query
/// what it finds: series, targets, scrape interval, counts of the last minutes, bucket edges against the limit,
/// history; or what is wrong, what to do, and the query to paste into Prometheus. It only reads.
///
/// Exit code 0: all is well. 1: something was found that would hold a rollout. 2: a policy is refused.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Policy files, one per service
    #[arg(required = true, value_name = "POLICY")]
    policies: Vec<PathBuf>,
    /// Ask every query once
    #[arg(long)]
    live: bool,
    /// How long a source may take to answer, in milliseconds
    #[arg(long, default_value_t = 5000, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..))]
    deadline_ms: u64,
    /// Print one line of JSON instead of text
    #[arg(long)]
    json: bool,
}

/// One policy that is not refused.
struct Valid {
    file: String,
    policy: Policy,
    sources: Sources,
    made: Vec<(Region, RegionSource)>,
}

/// One policy's line of JSON.
#[derive(Serialize)]
struct Checked {
    file: String,
    service: String,
    /// Absent without --live.
    #[serde(skip_serializing_if = "Option::is_none")]
    regions: Option<Vec<RegionFindings>>,
}

pub(super) async fn run(args: Check) -> anyhow::Result<ExitCode> {
    let clock = Clock::real();
    let settings =
        ScrapeSettings { deadline: Duration::from_millis(args.deadline_ms), ..ScrapeSettings::default() };
    let (mut valid, mut refused) = (Vec::new(), Vec::new());
    for file in &args.policies {
        match read(file, settings, &clock) {
            Ok(policy) => valid.push(policy),
            Err(error) => refused.push(format!("{error:#}")),
        }
    }
    anyhow::ensure!(refused.is_empty(), refused.join("\n"));
    let (mut all, mut wrong) = (Vec::new(), 0);
    for Valid { file, policy, sources, made } in valid {
        if !args.json {
            tell::line(&format!("{file} is valid\n\n{}", check::meaning(&policy, &sources)));
        }
        let mut regions = None;
        if args.live {
            let found = check::live(&policy, made, &clock, tell::error).await;
            wrong += found.iter().map(RegionFindings::wrong).sum::<usize>();
            if !args.json {
                tell::line(&check::text(&found));
            }
            regions = Some(found);
        }
        all.push(Checked { file, service: policy.service, regions });
    }
    if args.json {
        tell::line(&serde_json::to_string(&all)?);
    }
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn read(file: &std::path::Path, settings: ScrapeSettings, clock: &Clock) -> anyhow::Result<Valid> {
    let (policy, sources) = policy_file::read(file)?;
    let file = file.display().to_string();
    let made = check::sources(&policy, &sources, settings, clock);
    let made = made.map_err(|problem| anyhow::anyhow!("{file}: {problem}"))?;
    Ok(Valid { file, policy, sources, made })
}
