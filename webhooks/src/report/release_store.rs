//! Releases out of a store that nobody serves: its facts are folded once more, as far as they go.

use super::full::{ReportError, unreadable};
use super::release::{ReleaseReport, releases};
use haldane_core::fact::Entry;
use haldane_core::fold::look;
use haldane_core::state::ServiceState;
use haldane_store::{RolloutFilter, Store};
use std::collections::BTreeSet;

/// Rollouts that are looked through for services.
const MOST: u32 = 10_000;

/// Every release that is known at the end of what is stored, service by service.
///
/// # Errors
/// The store cannot be read, or another version wrote it.
pub async fn from_store(store: &Store) -> Result<Vec<ReleaseReport>, ReportError> {
    let rollouts = store.rollouts(&RolloutFilter::default(), MOST).await?;
    let services: BTreeSet<&str> = rollouts.iter().map(|rollout| rollout.service.as_str()).collect();
    let mut all = Vec::new();
    for service in services {
        let read = |body: &str| serde_json::from_str::<Entry>(body).map_err(unreadable(service));
        let facts = store.facts(service, 0).await?;
        let entries = facts.iter().map(|fact| read(&fact.body)).collect::<Result<Vec<_>, _>>()?;
        let Some(last) = entries.last().map(|entry| entry.at) else { continue };
        let (state, looked) = look(ServiceState::default(), &entries, last);
        let newest = state.rollouts.values().max_by_key(|rollout| rollout.opened);
        if let Some(policy) = newest.map(|rollout| rollout.policy.clone()) {
            all.extend(releases(&state, &looked, &policy, last));
        }
    }
    Ok(all)
}
