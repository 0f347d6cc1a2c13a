//! A poll arrives: it is read gate by gate, bet on, pooled, and held against the budget.

use super::{bet, elsewhere, pooled, prospect, share};
use crate::budget;
use crate::cluster::Strategy;
use crate::increment::{Arm, Arms, Increment, Reading};
use crate::judge;
use crate::reason::Stratum;
use crate::state::{Restarts, Rollout, ServiceState, Stage};

/// Requests in an increment from which the canary's share of them says something.
const ENOUGH_FOR_SHARE: f64 = 500.0;

pub(super) fn poll(state: &mut ServiceState, increment: &Increment) {
    let routes = state.clusters.get(&increment.region).and_then(|c| c.live()?.weight);
    let elsewhere = elsewhere::elsewhere(state, increment);
    let Some(rollout) = state.rollouts.get_mut(&increment.region) else {
        return;
    };
    if rollout.polled.is_some_and(|last| increment.as_of <= last) {
        return;
    }
    rollout.polled = Some(increment.as_of);
    prospect::choose(rollout);
    let contributions = bet::bet(rollout, increment, &elsewhere);
    rollout.controls.extend(elsewhere.until);
    share::bet(rollout, increment);
    traffic(rollout, increment);
    restarted(rollout, increment);
    unmoved(rollout, routes, increment);
    let members = judge::members(rollout);
    let ln_threshold = budget::ln_region_threshold(&rollout.policy);
    rollout.convict(budget::breach(Stratum::Region, &members, ln_threshold));
    if !contributions.is_empty() {
        let (key, tick) = (rollout.release_key(), increment.as_of.aligned(rollout.policy.bin()));
        pooled::pool(state, &increment.region, &key, tick, contributions);
    }
}

/// Traffic that is still split as before a yes was given shows that the weight was not left: the yes was lost on its
/// way, and the question is a new one. Requests are added up over polls, so that a quiet service gets there, too. In
/// blue/green the next yes promotes, whether or not the traffic followed the first: there the routes have to say the same.
fn unmoved(rollout: &mut Rollout, routes: Option<u32>, increment: &Increment) {
    let told = |weight| rollout.policy.strategy != Strategy::BlueGreen || routes == Some(weight);
    let untouched = rollout.permission.filter(|p| increment.arms == Arms::Both && told(p.weight));
    let Some(mut permission) = untouched else {
        return;
    };
    let mut counted = increment.signals.iter().filter(|(s, _)| rollout.binds(**s)).map(|(_, r)| r);
    let split = counted.find_map(|reading| match reading {
        Reading::Counted { since, canary: Some(canary), primary: Some(primary), .. }
            if *since >= permission.at =>
        {
            Some((canary.total, primary.total))
        }
        Reading::Counted { .. } | Reading::Gauged { .. } | Reading::Placed { .. } | Reading::Missing(_) => {
            None
        }
    });
    let Some((canary, primary)) = split else { return };
    permission.canary_requests += canary;
    permission.requests += canary + primary;
    let enough = permission.requests >= ENOUGH_FOR_SHARE;
    let share_percent = 100.0 * permission.canary_requests / permission.requests;
    let there = !judge::contradicts(&rollout.policy, permission.weight, share_percent);
    rollout.permission = (!(enough && there)).then_some(permission);
}

/// A process that dies takes its failures with it: what its counters show is the health of its beginnings.
fn restarted(rollout: &mut Rollout, increment: &Increment) {
    let in_step = matches!(rollout.stage, Stage::Step { since, .. } if increment.as_of > since);
    if in_step && increment.canary_restarts > 0 && increment.arms.include(Arm::Canary) {
        let before = rollout.restarts.map_or(0, |restarts| restarts.count);
        let count = before.saturating_add(increment.canary_restarts);
        rollout.restarts = Some(Restarts { count, last: increment.as_of });
    }
}

/// What the increment says about traffic: how much there is, and how it is split.
fn traffic(rollout: &mut Rollout, increment: &Increment) {
    let step_since = match rollout.stage {
        Stage::Step { since, .. } => Some(since),
        Stage::Admitted => Some(rollout.opened),
        Stage::Waiting
        | Stage::Unknown
        | Stage::OffLadder { .. }
        | Stage::Promoting { .. }
        | Stage::Promoted { .. }
        | Stage::RolledBack { .. }
        | Stage::RolledBackByOrder { .. }
        | Stage::FailedPromotion { .. }
        | Stage::Superseded { .. }
        | Stage::PromotedUnjudged { .. }
        | Stage::EndedUnknown { .. } => None,
    };
    let mut per_s: Option<f64> = None;
    for (signal, reading) in &increment.signals {
        if !rollout.binds(*signal) {
            continue;
        }
        let Reading::Counted { since, canary, primary, .. } = reading else {
            continue;
        };
        let requests = |arm: &Option<crate::increment::Counts>| arm.map_or(0.0, |c| c.total);
        let (canary, primary) = (requests(canary), requests(primary));
        let rate = (canary + primary) / (increment.as_of - *since).as_s();
        per_s = Some(per_s.map_or(rate, |most: f64| most.max(rate)));
        let whole = step_since.is_some_and(|s| *since >= s);
        if increment.arms == Arms::Both && whole && canary + primary >= ENOUGH_FOR_SHARE {
            rollout.share_percent = Some(100.0 * canary / (canary + primary));
        }
    }
    rollout.traffic_per_s = per_s.filter(|t| t.is_finite() && *t > 0.0).or(rollout.traffic_per_s);
}
