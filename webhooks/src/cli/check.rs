//! `haldane check`: is this policy what I meant, and do its queries find anything?

use super::tell;
use crate::canary::{CanaryFile, Found};
use crate::check::{self, GivenFile, RegionFindings};
use crate::policy_file;
use crate::sources::{RegionSource, ScrapeSettings};
use clap::Args;
use haldane_clock::Clock;
use haldane_core::increment::Region;
use haldane_core::policy::{Policy, Sources, is_kubernetes_name};
use haldane_signals::probe::Probes;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Say what a policy means; with --live, ask its sources every query once, and compare it with the live Canaries.
///
/// Everything wrong in a file is told at once, with its line and what to write instead. --live tells for each query
/// what it finds: series, targets, scrape interval, counts of the last minutes, bucket edges against the limit,
/// history; or what is wrong, what to do, and the query to paste into Prometheus. Of each region with a cluster it reads
/// the live Canary: hooks that are missing or ask the wrong question, weights, timeouts, Flagger's own checks. --canary
/// does that with a file. It only reads.
///
/// Exit code 0: all is well. 1: something was found that would hold or harm a rollout. 2: a policy is refused.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Policy files, one per service
    #[arg(required = true, value_name = "POLICY")]
    policies: Vec<PathBuf>,
    /// Ask every query once, and read the Canary of every region that has a cluster
    #[arg(long)]
    live: bool,
    /// Compare with the Canary in this YAML file instead of a live one; may be repeated
    ///
    /// The region is the one that the Canary's hooks name, or write it before the file: us-east=canary.yaml
    #[arg(long, value_name = "[REGION=]FILE")]
    canary: Vec<String>,
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
    probes: Vec<(Region, Probes)>,
    canaries: BTreeMap<Region, Found>,
}

/// One policy's line of JSON.
#[derive(Serialize)]
struct Checked {
    file: String,
    service: String,
    /// Absent without --live and --canary where the policy itself gives no reason to wonder.
    #[serde(skip_serializing_if = "Option::is_none")]
    regions: Option<Vec<RegionFindings>>,
}

pub(super) async fn run(args: Check) -> anyhow::Result<ExitCode> {
    let clock = Clock::real();
    let settings =
        ScrapeSettings { deadline: Duration::from_millis(args.deadline_ms), ..ScrapeSettings::default() };
    let (mut valid, mut refused) = (Vec::new(), Vec::new());
    let files = args.canary.iter().map(|given| file(given)).collect::<Result<Vec<_>, _>>()?;
    for file in &args.policies {
        match read(file, settings, &clock, &files).await {
            Ok(policy) => valid.push(policy),
            Err(error) => refused.push(format!("{error:#}")),
        }
    }
    anyhow::ensure!(refused.is_empty(), refused.join("\n"));
    unused(&files, &valid)?;
    let (mut all, mut wrong) = (Vec::new(), 0);
    for Valid { file, policy, sources, made, probes, canaries } in valid {
        if !args.json {
            tell::line(&format!("{file} is valid\n\n{}", check::meaning(&policy, &sources, clock.now())));
        }
        let mut regions = None;
        let said = check::together(check::aims(&policy), check::twins(&sources));
        if args.live || !canaries.is_empty() || !said.is_empty() {
            let found = match args.live {
                true => {
                    let live = check::live(&policy, made, &clock, tell::error);
                    let (live, probed) = tokio::join!(live, check::probed(probes));
                    check::together(check::together(live, probed), check::shared(&sources))
                }
                false => Vec::new(),
            };
            let mut found = check::together(found, said);
            if args.live || !canaries.is_empty() {
                let ask = args.live.then_some(settings.deadline);
                found = check::together(found, check::canaries(&policy, &sources, &canaries, ask).await);
            }
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

async fn read(
    file: &Path,
    settings: ScrapeSettings,
    clock: &Clock,
    canaries: &[GivenFile],
) -> anyhow::Result<Valid> {
    let (policy, sources) = policy_file::read(file)?;
    let file = file.display().to_string();
    let made = check::sources(&policy, &sources, settings, clock).await;
    let made = made.map_err(|problem| anyhow::anyhow!("{file}: {problem}"))?;
    let probes = check::probes(&policy, &sources, clock);
    let probes = probes.map_err(|problem| anyhow::anyhow!("{file}: {problem}"))?;
    let canaries = check::given(&policy, canaries).map_err(|problem| anyhow::anyhow!("{problem}"))?;
    Ok(Valid { file, policy, sources, made, probes, canaries })
}

/// `FILE`, or `REGION=FILE`.
fn file(given: &str) -> anyhow::Result<GivenFile> {
    let (region, path) = match given.split_once('=').filter(|(region, _)| is_kubernetes_name(region)) {
        Some((region, path)) => (Some(Region::from(region)), path),
        None => (None, given),
    };
    Ok(GivenFile { region, file: CanaryFile::read(Path::new(path))? })
}

/// A file whose Canaries belong to no policy was given by mistake, and comparing nothing would look like a good end.
fn unused(files: &[GivenFile], valid: &[Valid]) -> anyhow::Result<()> {
    for GivenFile { file, .. } in files {
        let belongs =
            file.canaries.iter().any(|canary| valid.iter().any(|v| check::is_of(&v.policy, canary)));
        let services: Vec<&str> = valid.iter().map(|v| v.policy.service.as_str()).collect();
        anyhow::ensure!(
            belongs,
            "{}: no Canary in it is {}; compare its metadata with spec.service of the policy",
            file.file,
            services.join(" or ")
        );
    }
    Ok(())
}
