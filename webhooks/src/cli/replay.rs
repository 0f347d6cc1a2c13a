//! `haldane replay`: fold a stored rollout again and compare, bit for bit.

use super::{store, tell};
use crate::report::full;
use crate::report::replay::replay;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Fold a stored rollout's facts again and compare every look with what was written, bit for bit.
///
/// Exit code 0: it agrees. 1: it does not (another version wrote the store, or the store was changed).
#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// The rollout's id (`haldane report` lists them), or `latest`
    rollout: String,
    /// The store
    #[arg(long, default_value = "haldane.db", value_name = "FILE")]
    db: PathBuf,
    /// Print the replayed report as JSON instead of one sentence
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: ReplayArgs) -> anyhow::Result<ExitCode> {
    let store = store::open_existing(&args.db).await?;
    let id = store::named(&store, &args.rollout).await?;
    let replayed = replay(&store, &id).await?;
    let written = full::from_store(&store, &id).await;
    store.close().await?;
    let same_report = match &written {
        Ok(written) => serde_json::to_string(written)? == serde_json::to_string(&replayed.report)?,
        Err(_) => false,
    };
    let agrees = replayed.agrees() && same_report;
    if args.json {
        tell::line(&serde_json::to_string(&replayed.report)?);
    } else if agrees {
        let (facts, looks) = (replayed.facts, replayed.looks);
        tell::line(&format!(
            "{facts} facts folded again: all {looks} looks and the report agree, bit for bit"
        ));
    } else {
        let (differing, looks) = (replayed.differing.len(), replayed.looks);
        let first = replayed.differing.first();
        tell::line(&format!("{differing} of {looks} looks differ, the first at position {first:?}"));
    }
    Ok(if agrees { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
