//! `haldane judge`: a verdict on recorded data, offline.

use super::tell::{self, Out};
use crate::judge::{self, Cases, Judged, in_json, in_words};
use anyhow::Context;
use clap::Args;
use haldane_core::recorded::Finding;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Judge recorded data: healthy, breached or inconclusive, and why; it asks nobody
///
/// FILE is JSON: one case, or a list of cases that are judged one by one. A case is counts, poll by
/// poll (`signals`), judged as a rollout is, or short series of measurements (`metrics`), judged
/// once. `haldane judge --schema` documents both.
///
///   haldane judge recorded.json
///   haldane judge cases.json --json > verdicts.jsonl      # one line per case, in order
///   kubectl logs recorder | haldane judge -
///   haldane judge --schema > judge.schema.json
///
///   {"intervalSeconds": 15, "signals": [{"name": "error-rate", "kind": "ratio", "limit": 0.001,
///     "canary":   {"bad": [0, 1, 0], "total": [750, 741, 760]},
///     "baseline": {"bad": [7, 6, 8], "total": [14250, 14190, 14310]}}]}
///   {"metrics": [{"name": "latency", "control": [10.1, 9.8, 10.4], "experiment": [12.0, 12.4, 11.9]}]}
///
/// Exit code 0: healthy. 3: breached. 4: inconclusive; of a list, the worst of breached,
/// inconclusive and healthy. 2: a case (or the file) cannot be used; its place and what is wrong
/// are on standard error, and the others are judged all the same. Cases and polls are counted from
/// 0.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Judge {
    /// The file; - reads standard input
    #[arg(value_name = "FILE", required_unless_present = "schema")]
    file: Option<PathBuf>,
    /// Print one line of JSON per case instead of text
    #[arg(long)]
    json: bool,
    /// Print the JSON Schema (2020-12) of the file, and end
    #[arg(long)]
    schema: bool,
}

pub(super) async fn run(args: Judge) -> anyhow::Result<ExitCode> {
    let file = match args.file {
        Some(file) if !args.schema => file,
        Some(_) | None => {
            tell::line(&judge::schema()?);
            return Ok(ExitCode::SUCCESS);
        }
    };
    let name = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
    let text = read(&file, &name)?;
    let cases = judge::cases(&text).with_context(|| name.clone())?;
    told(&cases, args.json)
}

fn read(file: &Path, name: &str) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let read = match file == Path::new("-") {
        true => std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ()),
        false => std::fs::read(file).map(|read| bytes = read),
    };
    read.with_context(|| format!("{name}: cannot be read; check the path and its permissions"))?;
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        anyhow::anyhow!("{name}: this is no text: byte {at} is no UTF-8; JSON is written in UTF-8")
    })
}

/// One case's lines, and what it adds to the exit code.
struct Told {
    out: Option<String>,
    wrong: Option<String>,
    finding: Option<Finding>,
}

fn told(cases: &Cases<'_>, json: bool) -> anyhow::Result<ExitCode> {
    let say = |i: usize, judged: Judged| {
        let case = cases.listed.then_some(i);
        let wrong = judged.as_ref().err().map(|wrong| {
            let which = case.map(|i| format!("case {i}: ")).unwrap_or_default();
            let place = if wrong.place.is_empty() { String::new() } else { format!("{}: ", wrong.place) };
            format!("haldane: {which}{place}{}", wrong.problem)
        });
        let out = if json { Some(in_json(&judged)) } else { in_words(&judged, case) };
        Told { out, wrong, finding: judged.ok().map(|v| v.verdict) }
    };
    let (mut out, mut worst, mut unusable) = (Out::new(), Finding::Healthy, false);
    judge::judge_all(&cases.raw, &say, &mut |told: Told| {
        told.out.iter().for_each(|line| out.line(line));
        if let Some(wrong) = &told.wrong {
            // In the order in which it happened, should both go to one place.
            out.flush();
            tell::error(wrong);
        }
        unusable |= told.wrong.is_some();
        worst = worst.max(told.finding.unwrap_or(Finding::Healthy));
    });
    out.end()?;
    Ok(match (unusable, worst) {
        (true, _) => ExitCode::from(2),
        (false, Finding::Healthy) => ExitCode::SUCCESS,
        (false, Finding::Breached) => ExitCode::from(3),
        (false, Finding::Inconclusive) => ExitCode::from(4),
    })
}
