//! The beginning of a world: its first pods, and what happens when a part of it does not start.

use crate::fleet::Fleet;
use crate::history::{self, Past};
use crate::leash::Leash;
use crate::{Arm, WorldConfig, WorldError};

/// Kills every process of a world when it is dropped: with the world, or when the start of the rest failed.
#[derive(Debug)]
pub(super) struct EndsLeash(pub(super) Leash);

impl Drop for EndsLeash {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// The first pods, with a past if there is to be one.
pub(super) async fn primary(fleet: &Fleet, config: &WorldConfig) -> Result<(), WorldError> {
    let mut planned = Vec::new();
    for _ in 0..config.primary_pods {
        planned.push(fleet.plan(Arm::Primary, &config.version).await?);
    }
    let mut carried = vec![None; planned.len()];
    if let Some(history) = config.history {
        let past = Past {
            history,
            interval: config.scrape_interval,
            requests_per_s: f64::from(config.requests_per_s),
            seed: config.seed,
        };
        let pods: Vec<(String, u16)> = planned.iter().map(|p| (p.name.clone(), p.port)).collect();
        let ends = history::fill(&fleet.prometheus.store(), &fleet.directory, &past, &pods).await?;
        carried = ends.into_iter().map(Some).collect();
    }
    for (pod, carried) in planned.into_iter().zip(carried) {
        fleet.start(pod, carried).await?;
    }
    Ok(())
}
