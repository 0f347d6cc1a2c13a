//! `haldane approve`, `hold`, `resume` and `rollback`: a person overrules, over the API of a running service.
//!
//! Exit codes: 0 it stands, 1 it was refused, 2 nobody could be asked. The token never stands on the command line,
//! where every user of the machine could read it.

pub(super) mod service;

use super::tell;
use crate::http::{Asked, Word};
use crate::report::summary::RolloutSummary;
use anyhow::Context;
use clap::Args;
use service::{Answer, Service};
use std::path::PathBuf;
use std::process::ExitCode;

/// The variable that a token is read from where there is no file.
const TOKEN: &str = "HALDANE_TOKEN";

/// Let a rollout leave the weight it is at, whatever it still waits for
///
/// It overrules the window, missing proof and missing data, and at 0 % the order
/// of regions, for this one weight. It does not overrule a breach, an ordered
/// rollback, or a hold: resume first. It lapses when the weight moves.
///
///   haldane approve us-east --reason "only the metrics are down" --token-file t
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Approve {
    #[command(flatten)]
    order: OrderArgs,
    /// Refuse unless this is the weight in percent; without it, the one reported now is approved
    #[arg(long, value_name = "PERCENT")]
    weight: Option<u32>,
}

/// Keep a rollout where it is until somebody resumes it. A breach still rolls back.
///
///   haldane hold fnp/api@us-east --reason "sale until 18:00" --token-file t
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Hold {
    #[command(flatten)]
    order: OrderArgs,
}

/// End a hold
///
///   haldane resume us-east --reason "the sale is over" --token-file t
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Resume {
    #[command(flatten)]
    order: OrderArgs,
}

/// Roll a run back, at Flagger's next tick. Final for this run; in mode guard, too.
///
///   haldane rollback us-east --reason "customers see wrong prices" --token-file t
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Rollback {
    #[command(flatten)]
    order: OrderArgs,
}

#[derive(Debug, Args)]
struct OrderArgs {
    /// The rollout's id, SERVICE@REGION such as fnp/api@us-east, or REGION where only one service has a run there
    rollout: String,
    /// Why, in one line; it is recorded and shown
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The service to ask
    #[arg(long, default_value = "http://127.0.0.1:8080", value_name = "URL")]
    server: String,
    /// Where your token is; else it is read from HALDANE_TOKEN
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

pub(super) async fn approve(args: Approve) -> anyhow::Result<ExitCode> {
    give(args.order, Word::Approve, args.weight).await
}

pub(super) async fn hold(args: Hold) -> anyhow::Result<ExitCode> {
    give(args.order, Word::Hold, None).await
}

pub(super) async fn resume(args: Resume) -> anyhow::Result<ExitCode> {
    give(args.order, Word::Resume, None).await
}

pub(super) async fn rollback(args: Rollback) -> anyhow::Result<ExitCode> {
    give(args.order, Word::Rollback, None).await
}

async fn give(args: OrderArgs, order: Word, weight: Option<u32>) -> anyhow::Result<ExitCode> {
    let service = Service::new(&args.server, &token(args.token_file)?)?;
    let meant = meant(&service.rollouts().await?, &args.rollout)?;
    let weight = match (order, weight) {
        (Word::Approve, None) => {
            let nobody =
                || format!("nobody has said which weight {} is at, so none can be approved", meant.region);
            Some(meant.weight_percent.with_context(nobody)?)
        }
        (_, weight) => weight,
    };
    let asked = Asked { order, weight, reason: args.reason };
    match service.order(&meant.id, &asked).await? {
        Answer::Stands(now) => {
            let at = weight.map(|w| format!(" at {w} %")).unwrap_or_default();
            tell::line(&format!("{}: {}{at} stands\n{}", now.id, word(order), now.headline));
            Ok(ExitCode::SUCCESS)
        }
        Answer::Refused(why) => {
            tell::error(&format!("{}: {} is refused: {why}", meant.id, word(order)));
            Ok(ExitCode::from(1))
        }
    }
}

const fn word(order: Word) -> &'static str {
    match order {
        Word::Approve => "approve",
        Word::Hold => "hold",
        Word::Resume => "resume",
        Word::Rollback => "rollback",
    }
}

pub(super) fn token(file: Option<PathBuf>) -> anyhow::Result<String> {
    let text = match file {
        Some(file) => std::fs::read_to_string(&file).with_context(|| {
            format!("{}: cannot be read; --token-file is a file with your token", file.display())
        })?,
        None => std::env::var(TOKEN)
            .ok()
            .with_context(|| format!("no token: give --token-file FILE, or set {TOKEN}"))?,
    };
    Ok(text.trim().to_owned())
}

/// The rollout that is meant. An id may be an old run's (the service then says which is current); a place means the
/// run under way there.
fn meant(rollouts: &[RolloutSummary], named: &str) -> anyhow::Result<RolloutSummary> {
    if let Some(same) = rollouts.iter().find(|r| r.id == named) {
        return Ok(same.clone());
    }
    let (service, region) = named.split_once('@').map_or((None, named), |(s, r)| (Some(s), r));
    let here = |r: &&RolloutSummary| r.region == region && service.is_none_or(|s| s == r.service);
    let open: Vec<&RolloutSummary> = rollouts.iter().filter(|r| r.closed_us.is_none()).filter(here).collect();
    match open.as_slice() {
        [only] => Ok((*only).clone()),
        [] => anyhow::bail!("no rollout is under way at {named:?}; write an id, SERVICE@REGION or REGION"),
        several => {
            let names: Vec<String> = several.iter().map(|r| format!("{}@{}", r.service, r.region)).collect();
            anyhow::bail!("{named:?} may mean {}; write one of them", names.join(" or "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rollout(id: &str, service: &str, region: &str, closed_us: Option<i64>) -> RolloutSummary {
        let rest = serde_json::json!({
            "id": id, "service": service, "region": region, "release": null, "opened_us": 1, "closed_us": closed_us,
            "standing": "progressing", "headline": "", "decision": null, "reasons": [], "weight_percent": 5,
            "step": null, "against": null, "proved": 0, "to_prove": 0,
        });
        serde_json::from_value(rest).unwrap()
    }

    #[test]
    fn a_rollout_is_named_by_id_or_by_an_unambiguous_place() {
        let known = [
            rollout("new", "fnp/api", "us-east", None),
            rollout("old", "fnp/api", "us-east", Some(2)),
            rollout("web", "fnp/web", "apac", None),
            rollout("api", "fnp/api", "apac", None),
        ];
        let id = |named: &str| meant(&known, named).map(|r| r.id).map_err(|e| e.to_string());
        for (named, expected) in [("us-east", "new"), ("old", "old"), ("fnp/web@apac", "web")] {
            assert_eq!(id(named).as_deref(), Ok(expected), "{named}");
        }
        assert_eq!(
            id("apac").unwrap_err(),
            "\"apac\" may mean fnp/web@apac or fnp/api@apac; write one of them"
        );
        assert!(id("mars").unwrap_err().starts_with("no rollout is under way at \"mars\""));
    }
}
