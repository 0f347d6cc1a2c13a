//! `haldane serve`: the service.

use super::edge::EdgeArgs;
use super::{signals, tell};
use crate::engine::{Engine, EngineConfig, ScrapeSettings};
use crate::http::Server;
use crate::policy_file;
use anyhow::Context;
use clap::{Args, ValueEnum};
use haldane_clock::{Acceleration, Clock};
use haldane_core::time::Timestamp;
use haldane_store::Store;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Answer Flagger's hooks and show reports, until told to stop.
///
/// Each --policy names one service and its regions. Point the Canary's webhooks at
/// http://HOST:PORT/hooks/REGION/HOOK; add the event hook, or Haldane will not know the weight.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// A policy file; give the option once per service
    #[arg(long, required = true, value_name = "FILE")]
    policy: Vec<PathBuf>,
    /// Where everything is recorded (SQLite; created if it does not exist)
    #[arg(long, default_value = "haldane.db", value_name = "FILE")]
    db: PathBuf,
    /// Where to listen; 0.0.0.0:8080 is every address of this machine
    #[arg(long, default_value = "127.0.0.1:8080", value_parser = address, value_name = "IP:PORT")]
    listen: SocketAddr,
    /// Where people reach the pages of this service: written beside each Canary of a region with a cluster
    #[arg(long, value_parser = public_url, value_name = "URL")]
    public_url: Option<String>,
    #[command(flatten)]
    edge: EdgeArgs,
    /// How long one poll of a Prometheus, or one /metrics page, may take, in milliseconds
    #[arg(long, default_value_t = 5000, value_parser = deadline_ms, value_name = "MS")]
    scrape_deadline_ms: u64,
    /// How to log
    #[arg(long, value_enum, default_value = "text")]
    log: LogFormat,
    /// Live on another clock than the machine's: REAL_US,SHOWN_US,FACTOR. For drills; never in production
    #[arg(long, hide = true, value_parser = acceleration, value_name = "REAL_US,SHOWN_US,FACTOR")]
    accelerated_clock: Option<Acceleration>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "write IP:PORT, such as 127.0.0.1:8080 or 0.0.0.0:8080".to_owned())
}

fn public_url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.unwrap_or_default().split('/').next().unwrap_or_default();
    let fits = !host.is_empty()
        && !host.contains('@')
        && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    if fits {
        Ok(text.to_owned())
    } else {
        Err("write it like https://haldane.example.org, without credentials".to_owned())
    }
}

fn deadline_ms(text: &str) -> Result<u64, String> {
    let ms: u64 = text.parse().map_err(|_| format!("{text:?} is no whole number of milliseconds"))?;
    let cure = "no page can be read in that time; write at least 1, better some thousand";
    if ms == 0 { Err(cure.to_owned()) } else { Ok(ms) }
}

fn acceleration(text: &str) -> Result<Acceleration, String> {
    let wrong = || format!("{text:?} is not REAL_US,SHOWN_US,FACTOR");
    let parts: Vec<&str> = text.split(',').collect();
    let [real, shown, factor] = parts.as_slice() else {
        return Err(wrong());
    };
    let instant = |t: &str| t.parse().map(Timestamp::from_us).map_err(|_| wrong());
    let factor: f64 = factor.parse().map_err(|_| wrong())?;
    if !(1.0..=10_000.0).contains(&factor) {
        return Err(wrong());
    }
    Ok(Acceleration { real_origin: instant(real)?, shows: instant(shown)?, factor })
}

pub(super) async fn run(args: Serve) -> anyhow::Result<ExitCode> {
    log(args.log)?;
    let policies = args.policy.iter().map(|p| policy_file::read(p)).collect::<Result<Vec<_>, _>>()?;
    let clock = args.accelerated_clock.map_or_else(Clock::real, Clock::with_acceleration);
    if let Some(acceleration) = clock.acceleration() {
        tracing::warn!(factor = acceleration.factor, "time is accelerated: this is a drill, not production");
    }
    let edge = args.edge.open(args.listen, &policies, &clock)?;
    let scheme = if edge.tls.is_some() { "https" } else { "http" };
    let store = Store::open(&args.db).await?;
    let scrape =
        ScrapeSettings { deadline: Duration::from_millis(args.scrape_deadline_ms), ..Default::default() };
    let engine = Engine::start(EngineConfig {
        policies,
        store,
        clock,
        scrape,
        public_url: args.public_url,
        synthetic: Vec::new(),
    })
    .await?;
    let told_to_stop = signals::told_to_stop()?;
    let server = Server::behind(edge, args.listen, engine.clone()).await;
    let server = server.with_context(|| {
        let address = args.listen;
        format!("cannot listen at {address}: choose another --listen, or end what listens there")
    })?;
    tell::line(&format!("haldane serves at {scheme}://{}", server.address()));
    tracing::info!(address = %server.address(), db = %args.db.display(), "serving");
    told_to_stop.await;
    tracing::info!("stopping: open answers finish, everything is recorded");
    server.stop().await?;
    engine.stop().await?;
    Ok(ExitCode::SUCCESS)
}

/// Without RUST_LOG. The client of Kubernetes would tell the same trouble every second and without its region; the engine
/// tells it once.
const LOGGED: &str = "info,kube_client=off,kube_runtime=off";

fn log(format: LogFormat) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(LOGGED));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let set = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    set.map_err(|e| anyhow::anyhow!("logging cannot be set up: {e}"))
}
