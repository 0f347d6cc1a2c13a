//! The command line: one file per command, errors with their whole chain, exit codes that scripts can use.

mod demo;
mod replay;
mod report;
mod serve;
mod signals;
mod store;
mod tell;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Haldane watches a canary and decides: promote, hold or roll back. Flagger moves the traffic.
///
/// Try `haldane demo` first: three simulated regions, real HTTP, real decisions, about a minute.
#[derive(Debug, Parser)]
#[command(name = "haldane", version, max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Demo(demo::Demo),
    Report(report::Report),
    Replay(replay::ReplayArgs),
}

/// Runs a command; errors go to standard error.
pub async fn run(cli: Cli) -> ExitCode {
    let ended = match cli.command {
        Command::Serve(args) => serve::run(args).await,
        Command::Demo(args) => demo::run(args).await,
        Command::Report(args) => report::run(args).await,
        Command::Replay(args) => replay::run(args).await,
    };
    ended.unwrap_or_else(|error| {
        tell::error(&format!("haldane: {error:#}"));
        ExitCode::from(2)
    })
}
