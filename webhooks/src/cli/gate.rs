//! `haldane gate freeze` and `haldane gate thaw`: a person stops a region or a whole service, over the API of a running one.
//!
//! Exit codes as for orders: 0 it stands, 1 it was refused, 2 nobody could be asked.

use super::orders::service::{Answer, Service};
use super::orders::token;
use super::tell;
use crate::http::FreezeAsked;
use clap::{Args, Subcommand};
use haldane_core::policy::is_kubernetes_name;
use std::path::PathBuf;
use std::process::ExitCode;

/// Stop a region or a whole service, whatever runs there, until somebody thaws it
///
///   haldane gate freeze fnp/api --reason "incident 4711" --token-file t
///   haldane gate thaw   fnp/api --region us-east --reason "it is over" --token-file t
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Gate {
    #[command(subcommand)]
    word: Word,
}

#[derive(Debug, Subcommand)]
enum Word {
    /// Nothing starts or advances there any more, of whatever release. A breach still rolls back
    Freeze(FreezeArgs),
    /// End a freeze
    Thaw(FreezeArgs),
}

#[derive(Debug, Args)]
struct FreezeArgs {
    /// The service, NAMESPACE/NAME
    #[arg(value_parser = service)]
    service: String,
    /// Only this region; without it, every region of the service
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
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

fn service(text: &str) -> Result<String, String> {
    let fits = text.split_once('/').is_some_and(|(a, b)| is_kubernetes_name(a) && is_kubernetes_name(b));
    if fits { Ok(text.to_owned()) } else { Err("write NAMESPACE/NAME, such as fnp/api".to_owned()) }
}

pub(super) async fn run(args: Gate) -> anyhow::Result<ExitCode> {
    let (word, args) = match args.word {
        Word::Freeze(args) => ("freeze", args),
        Word::Thaw(args) => ("thaw", args),
    };
    let server = Service::new(&args.server, &token(args.token_file)?)?;
    let asked = FreezeAsked { by: None, reason: args.reason, region: args.region };
    match server.freeze(&args.service, word, &asked).await? {
        Answer::Stands(now) => {
            if now.frozen.is_empty() {
                tell::line(&format!("{}: nothing is frozen", now.service));
            }
            now.frozen.iter().for_each(|frozen| tell::line(&format!("{}: {frozen}", now.service)));
            Ok(ExitCode::SUCCESS)
        }
        Answer::Refused(why) => {
            tell::error(&format!("{}: {word} is refused: {why}", args.service));
            Ok(ExitCode::from(1))
        }
    }
}
