//! A poll arrives: it is read gate by gate, bet on, pooled, and held against the budget.

use super::{bet, prospect};
use crate::budget;
use crate::increment::{Arms, Increment, Reading, Region};
use crate::judge;
use crate::reason::Stratum;
use crate::state::{Rollout, ServiceState, Stage};
use crate::time::Timestamp;

/// Requests in an increment from which the canary's share of them says something.
const ENOUGH_FOR_SHARE: f64 = 500.0;

pub(super) fn poll(state: &mut ServiceState, increment: &Increment) {
    let Some(rollout) = state.rollouts.get_mut(&increment.region) else {
        return;
    };
    if rollout.polled.is_some_and(|last| increment.as_of <= last) {
        return;
    }
    rollout.polled = Some(increment.as_of);
    prospect::choose(rollout);
    let contributions = bet::bet(rollout, increment);
    traffic(rollout, increment);
    let members = judge::members(rollout);
    let ln_threshold = budget::ln_region_threshold(&rollout.policy);
    rollout.breach = rollout
        .breach
        .take()
        .or_else(|| budget::breach(Stratum::Region, &members, ln_threshold));
    if !contributions.is_empty() {
        let (key, tick) = (
            rollout.release_key(),
            increment.as_of.aligned(rollout.policy.bin()),
        );
        pool(state, &increment.region, &key, tick, contributions);
    }
}

fn pool(
    state: &mut ServiceState,
    region: &Region,
    key: &str,
    tick: Timestamp,
    contributions: Vec<Option<crate::pool::Contribution>>,
) {
    let Some(pool) = state.pools.get_mut(key) else {
        return;
    };
    let in_step = |r: &&Rollout| r.release_key() == key && matches!(r.stage, Stage::Step { .. });
    let open: Vec<Region> = state
        .rollouts
        .values()
        .filter(in_step)
        .map(|r| r.region.clone())
        .collect();
    pool.add(region, tick, contributions, &open);
    let Some(breach) = &pool.breach else { return };
    for rollout in state.rollouts.values_mut().filter(|r| open.contains(&r.region)) {
        rollout.breach = rollout.breach.take().or_else(|| Some(breach.clone()));
    }
}

/// What the increment says about traffic: how much there is, and how it is split.
fn traffic(rollout: &mut Rollout, increment: &Increment) {
    let step_since = match rollout.stage {
        Stage::Step { since, .. } => Some(since),
        Stage::Waiting
        | Stage::Admitted
        | Stage::Unknown
        | Stage::OffLadder { .. }
        | Stage::Promoting { .. }
        | Stage::Promoted { .. }
        | Stage::RolledBack { .. }
        | Stage::FailedPromotion { .. }
        | Stage::Superseded { .. }
        | Stage::EndedUnknown { .. } => None,
    };
    let mut per_s: Option<f64> = None;
    for reading in increment.signals.values() {
        let Reading::Counted {
            since,
            canary,
            primary,
            ..
        } = reading
        else {
            continue;
        };
        let requests = |arm: &Option<crate::increment::Counts>| arm.map_or(0.0, |c| c.total);
        let (canary, primary) = (requests(canary), requests(primary));
        let rate = (canary + primary) / (increment.as_of - *since).as_s();
        per_s = Some(per_s.map_or(rate, |most: f64| most.max(rate)));
        let whole =
            step_since.is_some_and(|s| *since >= s) && rollout.permission.is_none_or(|p| *since >= p.at);
        if increment.arms == Arms::Both && whole && canary + primary >= ENOUGH_FOR_SHARE {
            rollout.share_percent = Some(100.0 * canary / (canary + primary));
        }
    }
    rollout.traffic_per_s = per_s
        .filter(|t| t.is_finite() && *t > 0.0)
        .or(rollout.traffic_per_s);
}
