//! A made-up past of the primary: Prometheus' store is filled before it starts, as if it had scraped for an hour.
//!
//! Counts are drawn bucket by bucket (a Poisson stream that is split is Poisson in each part), so an hour at a
//! thousand requests per second costs milliseconds. The pods then begin with the counts at which the past ended:
//! their series go on without a reset, and only the few seconds until the first scrape are missing.

mod shape;
mod text;

use crate::service::{Behaviour, Carried, EDGES_S};
use crate::{WorldError, programs};
use haldane_clock::Clock;
use haldane_core::time::{Span, Timestamp};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution, Poisson};
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use tokio::process::Command;

/// A past to be made up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct History {
    /// How far back it goes, at the interval of the scrapes.
    pub span: Span,
    /// How the primary behaved.
    pub behaviour: Behaviour,
}

/// What all pods of the past have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Past {
    pub(crate) history: History,
    pub(crate) interval: Span,
    pub(crate) requests_per_s: f64,
    pub(crate) seed: u64,
}

/// One pod's counters at each scrape, cumulated over time, not over buckets.
pub(crate) struct PodPast {
    pub(crate) pod: String,
    pub(crate) port: u16,
    pub(crate) scrapes: Vec<(Timestamp, Carried)>,
}

/// Writes blocks into `store` with `promtool`; what each pod had counted at the end, in the order of `pods`.
pub(crate) async fn fill(
    store: &Path,
    directory: &Path,
    past: &Past,
    pods: &[(String, u16)],
) -> Result<Vec<Carried>, WorldError> {
    let promtool = programs::find("promtool")?;
    let end = Clock::real().now().aligned(past.interval);
    let pasts: Vec<PodPast> =
        pods.iter().enumerate().map(|(i, (pod, port))| drawn(past, end, i, pods.len(), pod, *port)).collect();
    let file = directory.join("history.om");
    text::write(&mut BufWriter::new(File::create(&file)?), &pasts)?;
    let mut command = Command::new(promtool);
    command.args(["tsdb", "create-blocks-from", "openmetrics", "--quiet"]).arg(&file).arg(store);
    let output = command.kill_on_drop(true).output().await?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(WorldError::Refused(format!("promtool could not write the history: {said}")));
    }
    Ok(pasts.into_iter().map(|p| p.scrapes.last().map(|(_, c)| c.clone()).unwrap_or_default()).collect())
}

fn drawn(past: &Past, end: Timestamp, index: usize, pods: usize, pod: &str, port: u16) -> PodPast {
    let mut rng = ChaCha8Rng::seed_from_u64(past.seed.wrapping_add(index as u64 + 1));
    let mean = past.requests_per_s * past.interval.as_s() / pods as f64;
    let shares: [f64; EDGES_S.len() + 1] = shape::shares(&past.history.behaviour, &EDGES_S);
    let count = past.history.span.as_us() / past.interval.as_us().max(1);
    let mut counted = Carried::default();
    let mut scrapes = Vec::new();
    for ago in (0..=count).rev() {
        scrapes.push((end - Span::from_us(past.interval.as_us() * ago), counted.clone()));
        let mut requests = 0;
        for (bucket, share) in counted.buckets.iter_mut().zip(shares) {
            let n = if mean * share > 0.0 { poisson(&mut rng, mean * share) } else { 0 };
            *bucket += n;
            requests += n;
        }
        counted.failed += binomial(&mut rng, requests, past.history.behaviour.error_share);
    }
    PodPast { pod: pod.to_owned(), port, scrapes }
}

fn poisson(rng: &mut ChaCha8Rng, mean: f64) -> u64 {
    Poisson::new(mean).map_or(0, |poisson| poisson.sample(rng) as u64)
}

fn binomial(rng: &mut ChaCha8Rng, n: u64, share: f64) -> u64 {
    Binomial::new(n, share).map_or(0, |binomial| binomial.sample(rng))
}
