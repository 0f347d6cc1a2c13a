//! What a process begins with: the state that the stored facts fold to, and the primary's recorded past.

use super::config::EngineConfig;
use super::digest;
use super::past::{Past, REACH};
use super::start::StartError;
use haldane_core::fact::Entry;
use haldane_core::fold::look;
use haldane_core::history::PastIncrement;
use haldane_core::policy::Policy;
use haldane_core::report::Look;
use haldane_core::state::ServiceState;
use haldane_store::{HistoryOrigin, HistoryRecord, Store, Transaction};

/// Folds the stored facts from the first; the result must be what was known when the last look was written.
pub(super) async fn restore(
    store: &Store,
    policy: &Policy,
    config: &EngineConfig,
) -> Result<(ServiceState, Look), StartError> {
    let service = &policy.service;
    let mut entries = Vec::new();
    for fact in store.facts(service, 0).await? {
        let read: Result<Entry, _> = serde_json::from_str(&fact.body);
        let unreadable = |source| StartError::Unreadable { service: service.clone(), seq: fact.seq, source };
        entries.push(read.map_err(unreadable)?);
    }
    let as_of = entries.last().map_or_else(|| config.clock.now(), |e| e.at);
    let (state, look) = look(ServiceState::default(), &entries, as_of);
    let mut stored = None;
    for region in &look.regions {
        let last = store.last_look(&region.rollout.0).await?;
        stored = stored.max(last.map(|l| (l.fact_seq, l.look.state_digest)));
    }
    if let Some((_, stored)) = stored
        && digest(&state).ok().as_ref() != Some(&stored)
    {
        tracing::error!(
            service,
            "the restored state is not the one that was recorded: another version wrote it"
        );
    }
    if !entries.is_empty() {
        tracing::info!(service, facts = entries.len(), "state restored from the store");
    }
    Ok((state, look))
}

pub(super) async fn restore_past(config: &EngineConfig, policy: &Policy) -> Result<Past, StartError> {
    let mut past = Past::default();
    let since = config.clock.now() - REACH;
    for region in &policy.regions {
        for record in config.store.history(&policy.service, &region.name, since).await? {
            // An unreadable piece of the past is a shorter past, which only makes the judge more careful.
            if let Ok(read) = serde_json::from_str::<PastIncrement>(&record.body) {
                past.push(read);
            }
        }
    }
    for synthetic in config.synthetic.iter().filter(|s| s.service == policy.service) {
        let records = synthetic.past.iter().filter_map(|p| {
            let body = serde_json::to_string(p).ok()?;
            let (service, region) = (synthetic.service.clone(), synthetic.region.clone());
            let (as_of, origin) = (p.increment.as_of, HistoryOrigin::Synthetic);
            Some(HistoryRecord { service, region, as_of, origin, body })
        });
        let transaction = Transaction { history: records.collect(), ..Transaction::default() };
        config.store.commit(transaction).await?;
        synthetic.past.iter().for_each(|p| past.push(p.clone()));
    }
    Ok(past)
}
