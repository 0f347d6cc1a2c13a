//! `haldane replay`: fold a stored rollout again and compare, bit for bit; or decide it under another policy.

use super::{store, tell};
use crate::policy_file;
use crate::report::full;
use crate::report::replay::replay;
use crate::report::text::instant;
use crate::report::under::{Row, Under, under};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Fold a stored rollout's facts again and compare every look with what was written, bit for bit
///
/// With --policy, fold them with that policy instead, and tell where it would have decided
/// otherwise. The facts stay what they were: the weights are those that really happened. Service
/// and regions have to be the same, and so have latency limits, because they decided which requests
/// were counted as slow.
///
///   haldane replay latest
///   haldane replay latest --policy stricter.yaml
///   haldane replay fnp.api.us-east.1767225600000000 --db copy.db --policy stricter.yaml --json
///
/// Exit code 0: it agrees, or the other policy decides the same throughout. 1: it does not agree
/// (another version wrote the store, or the store was changed). 3: the other policy decides
/// otherwise. 2: it cannot be told.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct ReplayArgs {
    /// The rollout's id (`haldane report` lists them), or `latest`
    rollout: String,
    /// The store
    #[arg(long, default_value = "haldane.db", value_name = "FILE")]
    db: PathBuf,
    /// Decide under the policy in this file instead
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Print JSON: the replayed report, or with --policy the comparison
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: ReplayArgs) -> anyhow::Result<ExitCode> {
    // Refused before the store is opened: a policy with a mistake in it is the more likely trouble.
    let policy = args.policy.as_deref().map(policy_file::read).transpose()?;
    let store = store::open_existing(&args.db).await?;
    let id = store::named(&store, &args.rollout).await?;
    if let Some((policy, _)) = policy {
        let compared = under(&store, &id, &policy).await;
        store.close().await?;
        return tell_under(&compared?, args.json);
    }
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

fn tell_under(compared: &Under, json: bool) -> anyhow::Result<ExitCode> {
    if compared.not_reproduced > 0 {
        let (not, of) = (compared.not_reproduced, compared.looks);
        tell::error(&format!(
            "haldane: this version folds {not} of the {of} recorded looks to another decision, so a difference may be the version's; \
             `haldane replay` without --policy says more"
        ));
    }
    if json {
        tell::line(&serde_json::to_string(compared)?);
    } else {
        tell::line(text(compared).trim_end());
    }
    Ok(if compared.differing == 0 { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

fn text(compared: &Under) -> String {
    let Under { rollout, recorded_policy, other_policy, looks, differing, .. } = compared;
    let mut lines =
        vec![format!("{rollout}: recorded under {recorded_policy}, folded again under {other_policy}")];
    lines.push(match &compared.first {
        None => format!("the other policy decides the same at all {looks} looks"),
        Some(Row { at, recorded, other, reason, .. }) => format!(
            "{differing} of {looks} looks are decided otherwise, the first at {}: {recorded} recorded, {other} under the other policy\n\
             ({reason})",
            instant(*at)
        ),
    });
    lines.push(format!("{}\n", compared.note));
    lines.push(format!("{:<19}  {:>6}  {:<8}  {:<8}  reason", "time (UTC)", "weight", "recorded", "other"));
    lines.extend(compared.changes.iter().map(|row| {
        let weight = row.weight.map_or_else(|| "?".to_owned(), |w| format!("{w} %"));
        let mark = if row.recorded == row.other { ' ' } else { '*' };
        format!(
            "{}  {weight:>6}  {:<8}  {:<8}{mark} {}",
            instant(row.at),
            row.recorded,
            row.other,
            row.reason
        )
    }));
    lines.push(format!("\nrecorded  {}\nother     {}", compared.recorded_end, compared.other_end));
    lines.join("\n")
}
