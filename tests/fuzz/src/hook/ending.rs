//! What the store holds at the end: facts whose fold is what was published, and no secret.

use super::rules::has_mark;
use super::world::{SERVICE, World};
use haldane_core::fact::Entry;
use haldane_core::fold::look;
use haldane_core::state::ServiceState;
use haldane_store::RolloutFilter;

/// Answers and rollouts that are read back; no input gives as many.
const MOST: u32 = 1_000;

/// Fails if what is recorded is not what was published, or holds a secret that nobody wrote there.
pub(super) async fn holds(world: &World) {
    let store = world.engine.store();
    world.service().settled().await;
    store.flush().await.expect("the store writes");
    let facts = store.facts(SERVICE, 0).await.expect("the store reads");
    let published = world.service().published();
    assert!(published.store_trouble.is_none(), "{:?}", published.store_trouble);
    let entry = |body: &str| serde_json::from_str::<Entry>(body).expect("a fact is read as it was written");
    let entries: Vec<Entry> = facts.iter().map(|fact| entry(&fact.body)).collect();
    if let Some(last) = entries.last() {
        let (state, _) = look(ServiceState::default(), &entries, last.at);
        assert!(state == published.state, "folded: {state:?}\npublished: {:?}", published.state);
    }
    if world.sent_mark() {
        return;
    }
    assert!(!facts.iter().any(|fact| has_mark(fact.body.as_bytes())), "a secret among the facts");
    for rollout in store.rollouts(&RolloutFilter::default(), MOST).await.expect("the store reads") {
        for hook in store.hooks(&rollout.id, MOST).await.expect("the store reads") {
            let held = has_mark(hook.payload.as_bytes()) || has_mark(hook.line.as_bytes());
            assert!(!held, "a secret in the record of {hook:?}");
        }
    }
}
