//! The options of `haldane serve` that say who may call it, how much, and behind which certificate.

use crate::http::{Edge, Limits, Tls};
use crate::secrets::SecretDir;
use anyhow::bail;
use clap::Args;
use haldane_clock::Clock;
use haldane_core::policy::{Policy, Sources};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Connections that may be allowed. With less than 16 a platform's own probes could take all the room.
const CONNECTIONS: std::ops::RangeInclusive<u64> = 16..=65_536;

#[derive(Debug, Args)]
#[command(next_help_heading = "Who may call")]
pub(super) struct EdgeArgs {
    /// A directory with one secret per region: the hooks then ask for it
    ///
    /// The file DIR/REGION holds REGION's secret (16 characters or more: openssl rand -hex 32). Flagger presents it as
    /// http://flagger:SECRET@HOST/hooks/REGION/HOOK (any user name) or as metadata.token of the webhook. To rotate it
    /// add DIR/REGION.next, change the Canary, then move REGION.next over REGION: files are read again as they change.
    #[arg(long, value_name = "DIR")]
    hook_secrets: Option<PathBuf>,
    /// A directory with one token per person: they may then give orders (haldane approve, hold, resume, rollback)
    ///
    /// The file DIR/NAME holds NAME's token (16 characters or more: openssl rand -hex 32); NAME is recorded with every
    /// order. Tokens are no credentials of hooks, and hooks' secrets give no orders. Without this nobody can.
    #[arg(long, value_name = "DIR")]
    operator_tokens: Option<PathBuf>,
    /// Serve HTTPS with this certificate chain (PEM); read again when it changes
    ///
    /// Flagger trusts the system's roots only; a Canary's webhook has disableTLS for any other certificate.
    #[arg(long, requires = "tls_key", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// The private key of --tls-cert (PEM, not encrypted)
    #[arg(long, requires = "tls_cert", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Connections open at once; more wait. Keep it well below this process's limit of open files
    #[arg(long, default_value_t = Limits::default().connections as u64, value_parser = connections, value_name = "N")]
    max_connections: u64,
    /// Hook calls per second read from one region (one peer address without --hook-secrets)
    ///
    /// Ten seconds' worth may come at once, four times as many of the hooks that tell (event, post-rollout). More are
    /// answered hold without being read.
    #[arg(long, default_value_t = Limits::default().calls_per_s, value_parser = clap::value_parser!(u32).range(1..=1_000_000), value_name = "N")]
    calls_per_second: u32,
}

fn connections(text: &str) -> Result<u64, String> {
    let (least, most) = (CONNECTIONS.start(), CONNECTIONS.end());
    let number = text.parse().ok().filter(|n| CONNECTIONS.contains(n));
    number.ok_or_else(|| {
        format!("write a number from {least} to {most}: Flagger opens one connection per call")
    })
}

/// One directory for both would make every region's secret, which stands in a Canary, the token of a person.
fn apart(hooks: &Path, people: &Path) -> anyhow::Result<()> {
    let same = |a: &Path, b: &Path| a.canonicalize().ok().is_some_and(|a| b.canonicalize().ok() == Some(a));
    if same(hooks, people) {
        bail!(
            "{}: --hook-secrets and --operator-tokens name the same directory, so hooks' secrets would give orders; \
             give each its own",
            people.display()
        );
    }
    Ok(())
}

impl EdgeArgs {
    /// Opens what the options name; says on the log what stays open to everybody.
    pub(super) fn open(
        &self,
        listen: SocketAddr,
        policies: &[(Policy, Sources)],
        clock: &Clock,
    ) -> anyhow::Result<Edge> {
        let hook_secrets =
            self.hook_secrets.as_ref().map(|place| SecretDir::open(place, clock.clone())).transpose()?;
        if let (Some(secrets), Some(place)) = (&hook_secrets, &self.hook_secrets) {
            covers(secrets, place, policies)?;
        }
        if let (Some(hooks), Some(people)) = (&self.hook_secrets, &self.operator_tokens) {
            apart(hooks, people)?;
        }
        let operators =
            self.operator_tokens.as_ref().map(|place| SecretDir::open(place, clock.clone())).transpose()?;
        let tls = match (&self.tls_cert, &self.tls_key) {
            (Some(cert), Some(key)) => Some(Tls::open(cert, key, clock.clone())?),
            (_, _) => None,
        };
        if !listen.ip().is_loopback() {
            warn(listen, hook_secrets.is_some(), tls.is_some());
        }
        let limits = Limits {
            connections: usize::try_from(self.max_connections)?,
            calls_per_s: self.calls_per_second,
            ..Limits::default()
        };
        Ok(Edge { hook_secrets, operators, limits, tls })
    }
}

fn warn(listen: SocketAddr, credentials: bool, tls: bool) {
    if !credentials {
        tracing::warn!(
            address = %listen,
            "everybody who reaches this address can ask hooks in Flagger's name: give --hook-secrets, or listen on a \
             network that only Flagger reaches"
        );
    } else if !tls {
        tracing::warn!(
            address = %listen,
            "credentials cross the network in the clear: give --tls-cert and --tls-key, or put TLS in front"
        );
    }
}

/// Every region of every policy has a secret, and no file's name can be read in two ways.
fn covers(
    secrets: &SecretDir,
    place: &std::path::Path,
    policies: &[(Policy, Sources)],
) -> anyhow::Result<()> {
    let place = place.display();
    let mut strangers = secrets.owners();
    for (policy, _) in policies {
        for region in &policy.regions {
            let name = &region.name.0;
            if name.ends_with(".next") {
                bail!(
                    "{place}: region {name} of {}: with --hook-secrets \".next\" ends the name of a second secret; rename the region",
                    policy.service
                );
            }
            if !secrets.owners().contains(name) {
                bail!(
                    "{place}: no secret of region {name} (of {}); write {place}/{name}, for example with: openssl rand -hex 32",
                    policy.service
                );
            }
            strangers.remove(name);
        }
    }
    if !strangers.is_empty() {
        tracing::warn!(place = %place, files = ?strangers, "secrets of no policy's region: is a name misspelt?");
    }
    Ok(())
}
