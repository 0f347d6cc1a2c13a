//! A region with too little traffic for a verdict of its own may rest on other things, if the policy says so.
//!
//! Only what is *missing for lack of requests* is replaced, never what was counted and speaks against the canary, and never
//! what could not be counted: silence of a source is not a quiet region.

use crate::admission::awaits_one;
use crate::guard::{Rule, Seen};
use crate::policy::{RestsOn, Role};
use crate::reason::Reason;
use crate::signal::Signal;
use crate::state::{Rollout, ServiceState, Stage};
use crate::time::{Span, Timestamp, is_fresh};

/// The holds of a step with those for lack of traffic replaced by what the region rests on.
pub(super) fn rests(
    state: &ServiceState,
    rollout: &Rollout,
    as_of: Timestamp,
    holds: Vec<Reason>,
) -> Vec<Reason> {
    let on = rests_on(rollout);
    if on.is_empty() || !holds.iter().any(lacks_traffic) {
        return holds;
    }
    let rest = holds.into_iter().filter(|reason| !lacks_traffic(reason));
    let lacks = on.iter().filter_map(|on| {
        let lacks = lacks(state, rollout, *on, as_of)?;
        Some(Reason::RestLacks { on: *on, lacks })
    });
    rest.chain(lacks).collect()
}

/// What a region's verdict may rest on.
pub(super) fn rests_on(rollout: &Rollout) -> &[RestsOn] {
    rollout.policy.region(&rollout.region).map(|r| r.aims.rests_on.as_slice()).unwrap_or_default()
}

/// Whether a hold says that there was too little to count.
pub(super) fn lacks_traffic(reason: &Reason) -> bool {
    if let Reason::NotProved { exposure, needed, .. } = reason {
        return needed.is_none_or(|needed| *exposure < needed);
    }
    matches!(reason, Reason::NoTraffic { .. } | Reason::NoControl { .. } | Reason::TrafficUnknown { .. })
}

/// What is the case where it does not hold.
fn lacks(state: &ServiceState, rollout: &Rollout, on: RestsOn, as_of: Timestamp) -> Option<String> {
    match on {
        RestsOn::Readiness => readiness(rollout),
        RestsOn::Probe => probe(state, rollout, as_of),
        RestsOn::ActiveVerdicts => active_verdicts(state, rollout, as_of),
    }
}

fn readiness(rollout: &Rollout) -> Option<String> {
    let Some(gate) = rollout.binding().find(|g| g.signal == Signal::ReadinessFailures) else {
        return Some("no gate counts readiness-failures".to_owned());
    };
    if gate.reading.counted.is_none() || gate.reading.missing.is_some() {
        return Some("readiness-failures is not counted".to_owned());
    }
    (gate.bad > 0.0).then(|| format!("{:.0} of {:.0} readiness checks failed", gate.bad, gate.total))
}

/// Every probe was answered all through a window, and lately.
fn probe(state: &ServiceState, rollout: &Rollout, as_of: Timestamp) -> Option<String> {
    let Stage::Step { index, .. } = rollout.stage else { return Some("there is no step".to_owned()) };
    let observe = rollout.policy.steps.get(index).map_or(Span::ZERO, |s| s.observe);
    let guards = state.guards.get(&rollout.region);
    let Some(health) = guards.and_then(|g| g.values().find(|g| g.guard.rule == Rule::Health)) else {
        return Some("the guard health has not been seen".to_owned());
    };
    let age = as_of - health.as_of;
    if !is_fresh(age, rollout.policy.max_age()) {
        return Some(format!("it was last probed {age} ago"));
    }
    match (&health.seen, health.clear) {
        (Seen::Level { .. }, Some(since)) if as_of - since >= observe => None,
        (Seen::Level { .. }, Some(since)) => {
            Some(format!("every probe has been answered for {} of {observe}", as_of - since))
        }
        (Seen::Level { what, .. }, None) => Some(what.clone().unwrap_or_else(|| "a probe fails".to_owned())),
        (Seen::Unknown { why }, _) => Some(why.to_string()),
        (Seen::Names { .. } | Seen::Pods(_), _) => Some("it was not probed".to_owned()),
    }
}

fn active_verdicts(state: &ServiceState, rollout: &Rollout, as_of: Timestamp) -> Option<String> {
    let active = rollout.policy.regions.iter().filter(|r| r.role == Role::Active);
    let release = (rollout.release.as_deref(), rollout.attempt);
    active
        .filter(|r| r.name != rollout.region)
        .find_map(|r| awaits_one(state, &r.name, release, Span::ZERO, as_of))
        .map(|reason| reason.to_string())
}
