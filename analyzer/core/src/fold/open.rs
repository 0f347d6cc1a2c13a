//! A rollout opens: its gates are laid out, and the budget is shared out once and for all.

use super::{releases, sight};
use crate::budget;
use crate::evidence::capital::Capital;
use crate::evidence::dispersion::Fano;
use crate::evidence::lone::Lone;
use crate::evidence::panel::Bettors;
use crate::evidence::proof::Proof;
use crate::fact::{HeardBy, Opened};
use crate::order::Orders;
use crate::policy;
use crate::pool::Pool;
use crate::signal::Signal;
use crate::state::{
    Doubt, Gate, Identity, LastReading, LimitGate, Noise, RatioGate, Rollout, ServiceState, Stage,
};
use crate::time::{Span, Timestamp};
use std::collections::BTreeMap;

pub(super) fn open(state: &mut ServiceState, opened: &Opened, at: Timestamp) {
    let rollout = Rollout {
        id: opened.rollout.clone(),
        region: opened.region.clone(),
        release: opened.release.clone(),
        checksum: opened.checksum.clone(),
        policy: opened.policy.clone(),
        opened: at,
        stage: match opened.by {
            HeardBy::ConfirmRollout => Stage::Waiting,
            HeardBy::Restart => Stage::Admitted,
            HeardBy::MidRun => Stage::Unknown,
        },
        exposed: None,
        permission: None,
        heard: None,
        // What is older than the run before belongs to that one.
        told: state.rollouts.get(&opened.region).and_then(|before| before.told),
        polled: None,
        traffic_per_s: past_traffic(opened),
        share_percent: None,
        lost_share: None,
        controls: BTreeMap::new(),
        restarts: None,
        gates: opened.policy.gates.iter().map(|g| gate(g, opened)).collect(),
        breach: None,
        identity: identity(state, opened),
        orders: Orders::default(),
        attempt: attempt(state, opened),
        taken_back: None,
    };
    state.rollouts.insert(opened.region.clone(), rollout);
    sight::place(state, &opened.region, at);
    share_pool(state, opened);
}

/// The same release again after it was promoted here is another attempt: its configuration has changed.
fn attempt(state: &ServiceState, opened: &Opened) -> u32 {
    let before = state.rollouts.get(&opened.region);
    let same = before.filter(|r| r.release.is_some() && r.release == opened.release);
    let Some(before) = same else {
        let release = opened.release.as_deref();
        return release.map_or(0, |release| releases::promotions(&state.releases, release, &opened.region));
    };
    match before.stage {
        Stage::Promoted { .. } | Stage::PromotedUnjudged { .. } => before.attempt.saturating_add(1),
        Stage::Waiting
        | Stage::Admitted
        | Stage::Unknown
        | Stage::OffLadder { .. }
        | Stage::Step { .. }
        | Stage::Promoting { .. }
        | Stage::RolledBack { .. }
        | Stage::RolledBackByOrder { .. }
        | Stage::FailedPromotion { .. }
        | Stage::Superseded { .. }
        | Stage::EndedUnknown { .. } => before.attempt,
    }
}

/// What the cluster calls the run that opens. In the middle of a run the spec that is applied is this one's; otherwise it
/// is still the one's before. A cluster that cannot be read names nothing: what it showed last may be the run before.
fn identity(state: &ServiceState, opened: &Opened) -> Option<Identity> {
    let cluster = state.clusters.get(&opened.region)?;
    let (view, live) = (cluster.view.as_ref()?, cluster.live());
    let before = state.rollouts.get(&opened.region).and_then(|r| r.identity.as_ref()?.applied.clone());
    let (applied, not_applied) = match opened.by {
        HeardBy::MidRun => (live.filter(|v| v.phase.under_way()).and_then(|v| v.applied.clone()), None),
        HeardBy::Restart => (None, before.or_else(|| view.applied.clone())),
        HeardBy::ConfirmRollout => (None, None),
    };
    Some(Identity { applied, not_applied, image: live.and_then(|v| v.image.clone()) })
}

/// Pools of releases that no region's current rollout belongs to any more are over. So is one that has breached: it
/// has rolled back what it could, and whoever retries the release has decided that it deserves a new hearing.
fn share_pool(state: &mut ServiceState, opened: &Opened) {
    let ServiceState { rollouts, pools, .. } = state;
    pools.retain(|key, pool| pool.breach.is_none() && rollouts.values().any(|r| r.release_key() == *key));
    if let Some(release) = &opened.release
        && opened.policy.regions.len() > 1
    {
        let pool = || Pool::new(&opened.policy, &opened.pooled_fano);
        pools.entry(release.clone()).or_insert_with(pool);
    }
}

fn past_traffic(opened: &Opened) -> Option<f64> {
    let binds = |s: &Signal| {
        s.counts_requests() && !opened.policy.gates.iter().any(|g| g.report_only && g.signal == *s)
    };
    let histories = opened.history.iter().filter(|(s, _)| binds(s)).map(|(_, h)| h);
    let histories = histories.filter(|h| h.total > 0.0 && h.covers > Span::ZERO);
    histories.map(|h| h.total / h.covers.as_s()).reduce(f64::max)
}

fn gate(gate: &policy::Gate, opened: &Opened) -> Gate {
    let signal: Signal = gate.signal;
    let noise = Noise {
        history: opened.history.get(&signal).cloned(),
        so_far: Fano::default(),
        bad: 0.0,
        total: 0.0,
    };
    let (limit_weight, ratio_weight) = budget::shares(gate, &opened.policy);
    let bettors = if signal.kind().is_level() { Bettors::Fractions } else { noise.bettors() };
    let limit = opened.policy.limit_in(&opened.region, gate).map(|limit| LimitGate {
        limit,
        weight: limit_weight,
        against: Capital::new(bettors),
        broken: Capital::new(bettors),
        proof: Proof::default(),
        wider: Proof::default(),
        step_bad: 0.0,
        step_allowed: 0.0,
        provability: None,
        needed: None,
        exposure: 0.0,
    });
    let ratio = gate.tolerate.map(|tolerate| RatioGate {
        tolerate: tolerate.max(noise.drift()),
        weight: ratio_weight,
        against: Capital::new(bettors),
        doubt: (noise.drift() > tolerate).then(|| Doubt { tolerate, against: Capital::new(bettors) }),
    });
    let (reading, report_only) = (LastReading::default(), gate.report_only);
    Gate {
        signal,
        limit,
        ratio,
        noise,
        reading,
        bad: 0.0,
        total: 0.0,
        lone: Lone::default(),
        report_only,
        level: None,
    }
}
