//! The command line: one file per command, errors with their whole chain, exit codes that scripts can use.

mod bar;
mod check;
mod demo;
mod drill;
mod edge;
mod gate;
mod healthy;
mod init;
mod judge;
mod orders;
mod plan;
mod render;
mod replay;
mod report;
mod serve;
mod signals;
mod simulate;
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
    Init(init::Init),
    Check(check::Check),
    Plan(plan::Plan),
    Simulate(simulate::Simulate),
    Judge(judge::Judge),
    Render(render::Render),
    Demo(demo::Demo),
    Drill(drill::DrillArgs),
    Report(report::Report),
    Replay(replay::ReplayArgs),
    Approve(orders::Approve),
    Hold(orders::Hold),
    Resume(orders::Resume),
    Rollback(orders::Rollback),
    Gate(gate::Gate),
}

/// Runs a command; errors go to standard error.
pub async fn run(cli: Cli) -> ExitCode {
    let ended = match cli.command {
        Command::Serve(args) => serve::run(args).await,
        Command::Init(args) => init::run(args).await,
        Command::Check(args) => check::run(args).await,
        Command::Plan(args) => plan::run(args).await,
        Command::Simulate(args) => simulate::run(args).await,
        Command::Judge(args) => judge::run(args).await,
        Command::Render(args) => render::run(args).await,
        Command::Demo(args) => demo::run(args).await,
        Command::Drill(args) => drill::run(args).await,
        Command::Report(args) => report::run(args).await,
        Command::Replay(args) => replay::run(args).await,
        Command::Approve(args) => orders::approve(args).await,
        Command::Hold(args) => orders::hold(args).await,
        Command::Resume(args) => orders::resume(args).await,
        Command::Rollback(args) => orders::rollback(args).await,
        Command::Gate(args) => gate::run(args).await,
    };
    ended.unwrap_or_else(|error| {
        tell::error(&format!("haldane: {error:#}"));
        ExitCode::from(2)
    })
}
