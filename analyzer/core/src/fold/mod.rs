//! The fold: facts in, state and look out.
//!
//! `look` is the one function behind serving, crash recovery and replay. It is total: every fact can arrive in every
//! state (hooks are retried, events are lost, processes are killed), and what makes no sense changes nothing.

mod bet;
mod elsewhere;
mod freeze;
mod level;
mod open;
mod order;
mod poll;
mod pooled;
mod progress;
pub mod prospect;
mod releases;
mod share;
mod sight;
mod together;

pub(crate) use bet::settles;

use crate::fact::{Entry, Fact};
use crate::guard;
use crate::judge;
use crate::report::Look;
use crate::state::ServiceState;
use crate::time::Timestamp;
use freeze::freeze;

/// Folds `entries` into `state` and judges every region as of `as_of`.
///
/// The policy is a fact too, recorded when a rollout opens, so the same entries give the same bits wherever and
/// whenever they are folded.
pub fn look(state: ServiceState, entries: &[Entry], as_of: Timestamp) -> (ServiceState, Look) {
    let state = entries.iter().fold(state, apply);
    let look = judge::judge_all(&state, as_of);
    (state, look)
}

/// One fact.
fn apply(mut state: ServiceState, entry: &Entry) -> ServiceState {
    let before = releases::before(&state);
    let troubled = together::in_trouble(&state);
    match &entry.fact {
        Fact::Opened(opened) => open::open(&mut state, opened, entry.at),
        Fact::Polled(increment) => poll::poll(&mut state, increment),
        Fact::Sighted(sighting) => sight::sight(&mut state, sighting, entry.at),
        Fact::Guarded(watch) => guard::watch(&mut state.guards, watch),
        Fact::Frozen(frozen) => freeze(&mut state, frozen, entry.at),
        Fact::Ordered(ordered) => {
            if let Some(rollout) = state.rollouts.get_mut(&ordered.region) {
                order::order(rollout, ordered, entry.at);
            }
        }
        Fact::Identified { .. }
        | Fact::Heard { .. }
        | Fact::Admitted { .. }
        | Fact::WeightSeen { .. }
        | Fact::Permitted { .. }
        | Fact::PromotionBegan { .. }
        | Fact::Ended { .. } => {
            if let Some(rollout) = state.rollouts.get_mut(entry.fact.region()) {
                progress::progress(rollout, &entry.fact, entry.at);
            }
        }
    }
    together::take_back_approvals(&mut state, &troubled);
    together::take_back(&mut state);
    releases::note(&mut state, &before, entry.at);
    state
}
