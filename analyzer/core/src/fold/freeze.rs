//! A person freezes a region, or ends it. It stands whatever runs there, and outlives every run.

use crate::fact::Frozen;
use crate::order::Signed;
use crate::state::ServiceState;
use crate::time::Timestamp;

pub(super) fn freeze(state: &mut ServiceState, frozen: &Frozen, at: Timestamp) {
    if !frozen.on {
        state.frozen.remove(&frozen.region);
        return;
    }
    // Whoever freezes takes back what was approved before, as whoever holds does.
    if let Some(rollout) = state.rollouts.get_mut(&frozen.region) {
        rollout.orders.approval = None;
    }
    let signed = || Signed { by: frozen.by.clone(), reason: frozen.reason.clone(), at };
    state.frozen.entry(frozen.region.clone()).or_insert_with(signed);
}
