//! `haldane drill`: a region is lost. What would have been held, and were RTO and RPO kept?

use super::tell;
use crate::drill::{self, Drill};
use crate::policy_file;
use anyhow::Context;
use clap::Args;
use haldane_core::increment::Region;
use haldane_core::policy::Policy;
use haldane_core::time::{Span, Timestamp};
use haldane_lab::drill::{MadeUp, Recording, Sample, UnderWay, made_up, standby};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Replay the loss of a region against a policy: what Haldane would have held, and whether RTO and RPO were kept
///
/// The loss is made up (--lose) or a recording of one that happened (--recorded). Its samples are
/// what the policy's guards see, poll by poll, through the same function that serves; each turn of
/// a decision or a guard is a line. Then RTO and RPO are measured from the samples and held against
/// the region that takes over.
///
///   haldane drill fnp.yaml --lose us-east                       # nothing under way: may any start?
///   haldane drill fnp.yaml --lose us-east --under-way eu-central --at-weight 50
///   haldane drill fnp.yaml --lose us-east --lag 9s --detect 1m  # ... a copy far behind, seen late?
///   haldane drill fnp.yaml --recorded game-day.jsonl --json     # a game day, or last night
///   haldane drill fnp.yaml --lose us-east --save example.jsonl  # what a recording looks like
///   haldane drill --schema                                      # what may stand in one
///
///   {"at": "2026-03-01T12:00:05Z", "region": "us-east", "signal": "up", "value": 0}
///   {"at": "2026-03-01T12:00:05Z", "region": "eu-central", "signal": "lag_s", "value": 3.1}
///   {"at": "2026-03-01T12:00:30Z", "region": "eu-central", "signal": "writer", "value": ["db-eu-1"]}
///   {"at": "2026-03-01T12:00:30Z", "region": "eu-central", "signal": "requests_per_s", "value": 512}
///
/// RTO: from the first sample that shows the loss to the first from which on the other region
/// serves for a minute: it answers, writes (where writers are recorded), its requests fail no more
/// often than its error-rate gate allows, and with the other regions it carries 80 % of the
/// requests of before. Between samples nobody looked, so it is told with what it may have been at
/// least and at most. RPO: the replication lag there at the last sample before the loss. Guards
/// that a recording does not tell are left out, by name, and so are freezes.
///
/// Exit code 0: every objective that was put to the test was met. 1: one was missed, or cannot be
/// told. 2: the policy, the recording or an option cannot be used.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct DrillArgs {
    /// The policy file
    #[arg(value_name = "POLICY", required_unless_present = "schema")]
    policy: Option<PathBuf>,
    /// A recording: JSON lines; - reads standard input
    #[arg(long, value_name = "FILE")]
    recorded: Option<PathBuf>,
    /// The region that is lost; of a recording only where it is not plain
    #[arg(long, value_name = "REGION")]
    lose: Option<String>,
    /// The region that takes over [default: who began to write, or by roles]
    #[arg(long, value_name = "REGION")]
    takes_over: Option<String>,
    /// Where a release is under way meanwhile [default: it waits to begin everywhere]
    #[arg(long, value_name = "REGION")]
    under_way: Option<String>,
    /// Its weight there, one of the policy's steps [default: the first]
    #[arg(long, value_name = "PERCENT", requires = "under_way")]
    at_weight: Option<u32>,
    /// Made up: how far the copies are behind at the loss
    #[arg(long, default_value = "1s", value_name = "TIME", value_parser = time, conflicts_with = "recorded")]
    lag: Span,
    /// Made up: from the loss until probes show it
    #[arg(long, default_value = "15s", value_name = "TIME", value_parser = time, conflicts_with = "recorded")]
    detect: Span,
    /// Made up: from then until the other region writes and serves
    #[arg(long, default_value = "10s", value_name = "TIME", value_parser = time, conflicts_with = "recorded")]
    takes: Span,
    /// Made up: from the loss until the region is back, as a reader
    #[arg(long, default_value = "15m", value_name = "TIME", value_parser = time, conflicts_with = "recorded")]
    back: Span,
    /// Made up: from the loss to the end
    #[arg(long, default_value = "30m", value_name = "TIME", value_parser = time, conflicts_with = "recorded")]
    lasts: Span,
    /// Made up: time between two samples
    #[arg(long, default_value = "5s", value_name = "TIME", value_parser = time, conflicts_with = "recorded")]
    every: Span,
    /// Of whatever is made up
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: u64,
    /// Save the made-up loss as a recording
    #[arg(long, value_name = "FILE", conflicts_with = "recorded")]
    save: Option<PathBuf>,
    /// Print one line of JSON instead of text
    #[arg(long)]
    json: bool,
    /// Print the JSON Schema (2020-12) of a recording's line, and end
    #[arg(long)]
    schema: bool,
}

/// The longest of any time that is given.
const LONGEST: Span = Span::from_min(12 * 60);

/// When a made-up loss happens: a readable instant.
const NOON: Timestamp = Timestamp::from_s(1_767_268_800);

fn time(text: &str) -> Result<Span, String> {
    let refused = || format!("{text:?} is no time; write one such as 500ms, 15s, 2m or 1h, up to 12h");
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let us = match unit {
        "ms" => 1e3,
        "s" => 1e6,
        "m" => 60e6,
        "h" => 3600e6,
        _ => return Err(refused()),
    };
    let number: f64 = number.parse().map_err(|_| refused())?;
    let within = (0.0..=LONGEST.as_us() as f64).contains(&(number * us));
    if within { Ok(Span::from_us((number * us) as i64)) } else { Err(refused()) }
}

pub(super) async fn run(args: DrillArgs) -> anyhow::Result<ExitCode> {
    let path = match &args.policy {
        Some(path) if !args.schema => path,
        Some(_) | None => {
            tell::line(&drill::schema()?);
            return Ok(ExitCode::SUCCESS);
        }
    };
    let (policy, _) = policy_file::read(path)?;
    let (recording, source) = match &args.recorded {
        Some(file) => recorded(&policy, file)?,
        None => invented(&policy, &args)?,
    };
    let region =
        |name: &Option<String>, option| name.as_deref().map(|n| named(&policy, n, option)).transpose();
    let conducted = drill::conduct(&Drill {
        policy: &policy,
        recording: &recording,
        lose: region(&args.lose, "--lose")?,
        takes_over: region(&args.takes_over, "--takes-over")?,
        under_way: under_way(&policy, &args)?,
        seed: args.seed,
    });
    let conducted = conducted.map_err(anyhow::Error::msg)?;
    if args.json {
        tell::line(&drill::told(&policy, &conducted, &source).to_string());
    } else {
        tell::line(drill::render(&policy, &conducted, &source).trim_end());
    }
    Ok(if conducted.met() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn named(policy: &Policy, name: &str, option: &str) -> anyhow::Result<Region> {
    let region = Region(name.to_owned());
    if policy.region(&region).is_some() {
        return Ok(region);
    }
    let names: Vec<&str> = policy.regions.iter().map(|r| r.name.0.as_str()).collect();
    anyhow::bail!("{option} {name:?}: the policy's regions are {}", names.join(", "))
}

fn under_way(policy: &Policy, args: &DrillArgs) -> anyhow::Result<Option<UnderWay>> {
    let Some(name) = &args.under_way else { return Ok(None) };
    let region = named(policy, name, "--under-way")?;
    let weights: Vec<u32> = policy.steps.iter().map(|s| s.weight).collect();
    let weight = args.at_weight.or(weights.first().copied()).context("the policy has no step")?;
    if !weights.contains(&weight) {
        let weights: Vec<String> = weights.iter().map(|w| format!("{w} %")).collect();
        anyhow::bail!("--at-weight {weight}: the policy's steps are {}", weights.join(", "));
    }
    Ok(Some(UnderWay { region, weight }))
}

fn recorded(policy: &Policy, file: &Path) -> anyhow::Result<(Recording, String)> {
    let name = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
    let mut bytes = Vec::new();
    let read = match file == Path::new("-") {
        true => std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ()),
        false => std::fs::read(file).map(|read| bytes = read),
    };
    read.with_context(|| format!("{name}: cannot be read; check the path and its permissions"))?;
    let text = String::from_utf8(bytes).map_err(|e| {
        anyhow::anyhow!("{name}: byte {} is no UTF-8; JSON is written in UTF-8", e.utf8_error().valid_up_to())
    })?;
    let recorded = drill::parse(&name, &text, policy).map_err(anyhow::Error::msg)?;
    let source = recorded.about.map_or_else(|| name.clone(), |about| format!("{name}: {about}"));
    Ok((recorded.recording, crate::printable::printable(&source)))
}

fn invented(policy: &Policy, args: &DrillArgs) -> anyhow::Result<(Recording, String)> {
    let lose = args.lose.as_deref().context(
        "say what is lost: --lose REGION makes a loss up, --recorded FILE reads one; `haldane drill --help` has examples",
    )?;
    let lost = named(policy, lose, "--lose")?;
    let taker = match &args.takes_over {
        Some(name) => named(policy, name, "--takes-over")?,
        None => standby(policy, &lost).context("the policy has no other region that could take over")?,
    };
    if args.every == Span::ZERO {
        anyhow::bail!("--every 0s: write the time between two samples, such as 5s");
    }
    if args.lasts.as_us() / args.every.as_us() > MOST_SAMPLES {
        anyhow::bail!(
            "--every {} over {}: that is too many samples; write a longer --every",
            args.every,
            args.lasts
        );
    }
    let (detect, takes, every) = (args.detect, args.takes, args.every);
    let back = (args.back < args.lasts).then_some(args.back);
    let loss = MadeUp {
        lost,
        taker,
        lag_s: args.lag.as_s(),
        detect,
        takes,
        back,
        every,
        lasts: args.lasts,
        seed: args.seed,
    };
    let (samples, _) = made_up(policy, &loss, NOON);
    let about = format!(
        "made up, seed {}: {} is lost, seen after {detect}; {} takes over {takes} later, {} behind; sampled every {every}",
        args.seed, loss.lost, loss.taker, args.lag
    );
    if let Some(file) = &args.save {
        save(file, &about, &samples)?;
    }
    Ok((Recording::new(samples), about))
}

/// Samples of one series, at most.
const MOST_SAMPLES: i64 = 100_000;

fn save(file: &Path, about: &str, samples: &[Sample]) -> anyhow::Result<()> {
    let text = drill::jsonl(&format!("{about}; no recording of a real loss"), samples);
    std::fs::write(file, text).with_context(|| format!("{}: cannot be written", file.display()))?;
    tell::error(&format!("saved to {}", file.display()));
    Ok(())
}
