//! `haldane report`: what was decided, and why.

use super::{store, tell};
use crate::report::{full, release_store, release_text, summary, text};
use clap::Args;
use haldane_store::{RolloutFilter, Store};
use std::path::PathBuf;
use std::process::ExitCode;

/// Rollouts that a list shows.
const MOST: u32 = 50;

/// Show what was decided about a rollout and why, from the store.
///
/// Without an id, lists the rollouts, newest first. While `haldane serve` runs it holds the store: ask its
/// /api/v1/rollouts/ID instead, or copy the file.
#[derive(Debug, Args)]
pub(super) struct Report {
    /// The rollout's id, or `latest`
    #[arg(conflicts_with = "release")]
    rollout: Option<String>,
    /// A release over all regions instead of one rollout
    #[arg(long, value_name = "NAME")]
    release: Option<String>,
    /// The store
    #[arg(long, default_value = "haldane.db", value_name = "FILE")]
    db: PathBuf,
    /// The full report as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Report) -> anyhow::Result<ExitCode> {
    let store = store::open_existing(&args.db).await?;
    if let Some(release) = &args.release {
        return of_release(&store, release, args.json).await;
    }
    let Some(rollout) = args.rollout.as_deref() else {
        let rollouts = store.rollouts(&RolloutFilter::default(), MOST).await?;
        if rollouts.is_empty() {
            tell::line("no rollout is recorded yet");
        }
        for record in rollouts {
            let s = summary::of_record(record);
            tell::line(&format!("{}  {}  {}", s.id, s.standing, s.headline));
        }
        return Ok(ExitCode::SUCCESS);
    };
    let id = store::named(&store, rollout).await?;
    let report = full::from_store(&store, &id).await?;
    if args.json {
        tell::line(&serde_json::to_string(&report)?)
    } else {
        tell::line(text::render(&report).trim_end())
    }
    store.close().await?;
    Ok(ExitCode::SUCCESS)
}

async fn of_release(store: &Store, release: &str, json: bool) -> anyhow::Result<ExitCode> {
    let mut reports = release_store::from_store(store).await?;
    let known: Vec<String> = reports.iter().map(|report| report.release.clone()).collect();
    reports.retain(|report| report.release == release);
    anyhow::ensure!(
        !reports.is_empty(),
        "no region's last rollout is of release {release:?}; those known are: {}",
        if known.is_empty() { "none".to_owned() } else { known.join(", ") }
    );
    if json {
        tell::line(&serde_json::to_string(&reports)?);
    } else {
        let texts: Vec<String> = reports.iter().map(release_text::render).collect();
        tell::line(texts.join("\n").trim_end());
    }
    Ok(ExitCode::SUCCESS)
}
