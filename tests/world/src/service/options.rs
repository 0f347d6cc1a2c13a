//! A pod's command line.

use super::behaviour::Behaviour;
use super::metrics::Carried;
use clap::Parser;
use serde::de::DeserializeOwned;
use std::net::SocketAddr;
use std::path::PathBuf;

/// One pod of the service under test.
#[derive(Debug, Parser)]
#[command(name = "world-service")]
pub struct Options {
    /// The version that it says it is, in the header `x-version`
    #[arg(long)]
    pub(crate) version: String,
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Seed of its latencies and failures
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// JSON: `median_ms`, `p99_ms`, `slow_share`, `slow_extra_ms`, `error_share`
    #[arg(long, value_parser = json::<Behaviour>)]
    pub(crate) behaviour: Option<Behaviour>,
    /// A file that holds, after every request, what was served
    #[arg(long)]
    pub(crate) truth_file: Option<PathBuf>,
    /// JSON: counts that its metrics begin with
    #[arg(long, value_parser = json::<Carried>)]
    pub(crate) carried: Option<Carried>,
}

fn json<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(text)
}
