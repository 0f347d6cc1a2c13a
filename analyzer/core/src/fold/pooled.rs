//! What regions know together reaches each of them, and whom it convicts.
//!
//! A breach of all together is everybody's where everybody may suffer from it. It is not where a region stands out, and not
//! a region's that has shown in this very step that it does not: then the same release is healthy there and sick elsewhere,
//! a contradiction that holds it (trouble elsewhere) instead of rolling it back.

use crate::increment::Region;
use crate::pool::Contribution;
use crate::reason::{Against, Culprit, Reason};
use crate::signal::Signal;
use crate::state::{Rollout, ServiceState, Stage};
use crate::time::Timestamp;
use std::collections::BTreeMap;

pub(super) fn pool(
    state: &mut ServiceState,
    region: &Region,
    key: &str,
    tick: Timestamp,
    contributions: BTreeMap<Signal, Contribution>,
) {
    let ServiceState { rollouts, pools, .. } = state;
    let Some(pool) = pools.get_mut(key) else {
        return;
    };
    let in_step = |r: &&Rollout| r.release_key() == key && matches!(r.stage, Stage::Step { .. });
    let open: Vec<Region> = rollouts.values().filter(in_step).map(|r| r.region.clone()).collect();
    let breached_before = pool.breach.is_some();
    pool.add(region, tick, contributions, &open);
    if let (false, Some(Reason::Breach { culprits, .. })) = (breached_before, &pool.breach) {
        let vouches =
            |r: &&Region| rollouts.get(*r).is_some_and(|r| culprits.iter().all(|c| shows_health(r, c)));
        let (spared, rest): (Vec<&Region>, Vec<&Region>) = open.iter().partition(vouches);
        if !spared.is_empty() {
            pool.set_apart(&rest.into_iter().cloned().collect::<Vec<_>>());
        }
    }
    for rollout in rollouts.values_mut().filter(|r| open.contains(&r.region)) {
        rollout.convict(pool.breach_of(&rollout.region).cloned());
    }
}

/// Whether a region's own counts say the opposite of what convicts all together: the bettors against its canary have lost
/// money, and its health is proved in this step.
fn shows_health(rollout: &Rollout, culprit: &Culprit) -> bool {
    let Some(gate) = rollout.gates.iter().find(|g| g.signal == culprit.signal) else {
        return false;
    };
    let quiet = match culprit.against {
        Against::Limit => gate.limit.as_ref().map(|l| l.against.ln_e()),
        Against::Primary => gate.ratio.as_ref().map(|r| r.against.ln_e()),
    };
    let proved = gate.limit.as_ref().is_some_and(|l| l.proof.is_proved() && l.step_bad <= l.step_allowed);
    proved && quiet.is_some_and(|ln_e| ln_e < 0.0)
}
