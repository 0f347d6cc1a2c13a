//! The binary `haldane`. Everything it can do is in the library; this only reports how it ended.

use clap::Parser;
use haldane::cli::Cli;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    haldane::cli::run(Cli::parse()).await
}
