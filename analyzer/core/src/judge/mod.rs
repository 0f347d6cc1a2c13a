//! From state to decision: rollback if the budget is crossed; otherwise every reason to wait is collected.
//!
//! A step advances only when nothing is left that speaks for waiting, so a new reason added here can only make the
//! engine more careful. Nothing here changes state: judging twice says the same twice.

mod cluster;
mod gates;
mod held;
mod holds;
mod releases;
mod rests;

pub(crate) use holds::contradicts;

use crate::admission::{admission, guard_looks, under_way_holds};
use crate::budget::{self, ln_region_threshold};
use crate::order::Signed;
use crate::policy::OnInconclusive;
use crate::pool::Pool;
use crate::reason::{Against, Culprit, Reason, Stratum};
use crate::report::{Approved, Decision, Look, RegionLook, StepLook, StratumLook};
use crate::signal::Kind;
use crate::state::{Rollout, ServiceState, Stage};
use crate::time::{Span, Timestamp};
use cluster::cluster_holds;
use gates::gate_looks;
use holds::{contradiction, preflight, step_holds};

/// Judges every rollout as of `as_of`.
pub(crate) fn judge_all(state: &ServiceState, as_of: Timestamp) -> Look {
    let regions = state.rollouts.values().map(|r| judge(state, r, as_of)).collect();
    Look { as_of, regions, releases: releases::releases(state), guards: guard_looks(state, as_of) }
}

/// Each comparison of a rollout with its evidence and its share of the budget.
pub(crate) fn members(rollout: &Rollout) -> Vec<Culprit> {
    rollout
        .binding()
        .filter(|g| g.signal.kind() != Kind::Place)
        .flat_map(|g| {
            let of = |against, weight, ln_e| Culprit {
                signal: g.signal,
                against,
                ln_e,
                weight,
                bad: g.bad,
                total: g.total,
            };
            let limit = g.limit.as_ref().map(|l| of(Against::Limit, l.weight, l.against.ln_e()));
            let ratio = g.ratio.as_ref().map(|r| of(Against::Primary, r.weight, r.against.ln_e()));
            [limit, ratio]
        })
        .flatten()
        .collect()
}

fn judge(state: &ServiceState, rollout: &Rollout, as_of: Timestamp) -> RegionLook {
    let pool = state.pools.get(&rollout.release_key());
    let strata = strata(pool, rollout);
    let step = step(rollout);
    let back = goes_back(rollout);
    let (decision, approved) = if rollout.stage.ended().is_some() {
        (Decision::Hold(vec![Reason::Ended]), None)
    } else if back.is_empty() {
        decide(rollout, step.as_ref(), holds(state, rollout, step.as_ref(), &strata, as_of))
    } else {
        (Decision::Rollback(back), None)
    };
    let held = held::held(rollout, step.as_ref(), &decision, as_of);
    RegionLook {
        rollout: rollout.id.clone(),
        region: rollout.region.clone(),
        release: rollout.release.clone(),
        as_of,
        polled: rollout.polled,
        stage: rollout.stage,
        weight: rollout.weight(),
        step,
        decision,
        strata,
        gates: rollout.gates.iter().flat_map(|g| gate_looks(rollout, g, pool)).collect(),
        late_breach: rollout.breach.clone().filter(|_| matches!(rollout.stage, Stage::Promoted { .. })),
        ordered_back: rollout.orders.rollback.clone(),
        approved,
        held,
        taken_back: rollout.taken_back.clone(),
    }
}

/// Why the run goes back, if it does: a person's order first, because it rests on nothing else.
fn goes_back(rollout: &Rollout) -> Vec<Reason> {
    let ordered = |o: &Signed| Reason::OrderedRollback { by: o.by.clone(), why: o.reason.clone() };
    let with_release = rollout.taken_back.clone().map(|region| Reason::WithRelease { region });
    let ordered = rollout.orders.rollback.as_ref().map(ordered).into_iter();
    ordered.chain(rollout.breach.clone()).chain(with_release).collect()
}

fn strata(pool: Option<&Pool>, rollout: &Rollout) -> Vec<StratumLook> {
    let region = StratumLook {
        stratum: Stratum::Region,
        ln_e: budget::ln_stratum(&members(rollout)),
        ln_threshold: ln_region_threshold(&rollout.policy),
    };
    let pool = pool.map(|pool| {
        let (ln_e, ln_threshold) = pool.ln_evidence();
        StratumLook { stratum: Stratum::Pool, ln_e, ln_threshold }
    });
    std::iter::once(region).chain(pool).collect()
}

fn step(rollout: &Rollout) -> Option<StepLook> {
    let Stage::Step { index, since } = rollout.stage else {
        return None;
    };
    let step = rollout.policy.steps.get(index)?;
    let elapsed = rollout.polled.map_or(Span::ZERO, |p| p - since).max(Span::ZERO);
    Some(StepLook {
        index,
        of: rollout.policy.steps.len(),
        since,
        elapsed,
        observe: step.observe,
        extend_up_to: step.extend_up_to,
        overdue: elapsed >= step.extend_up_to,
    })
}

/// What follows from every reason to wait: a person's hold outweighs everything, a person's approval outweighs the rest.
fn decide(
    rollout: &Rollout,
    step: Option<&StepLook>,
    mut holds: Vec<Reason>,
) -> (Decision, Option<Approved>) {
    if let Some(hold) = &rollout.orders.hold {
        holds.insert(0, Reason::HeldBy { by: hold.by.clone(), why: hold.reason.clone() });
        return (Decision::Hold(holds), None);
    }
    if let Some(approval) = rollout.approval() {
        return (Decision::Advance, Some(Approved { approval: approval.clone(), overrules: holds }));
    }
    let waived = step.is_some_and(|s| s.overdue)
        && rollout.policy.on_inconclusive == OnInconclusive::PromoteIfQuiet
        && holds.iter().all(Reason::is_missing_proof);
    (if holds.is_empty() || waived { Decision::Advance } else { Decision::Hold(holds) }, None)
}

/// Every reason to wait that the evidence, the policy and the other regions give.
fn holds(
    state: &ServiceState,
    rollout: &Rollout,
    step: Option<&StepLook>,
    strata: &[StratumLook],
    as_of: Timestamp,
) -> Vec<Reason> {
    let release = (rollout.release.as_deref(), rollout.attempt);
    let admission = || admission(state, &rollout.policy, &rollout.region, release, as_of);
    let cluster = || cluster_holds(state, rollout);
    // A weight helps only where it is read, and where it is known to be this run's.
    let named = rollout.identity.as_ref().is_some_and(|i| i.applied.is_some());
    let live = state.clusters.get(&rollout.region).and_then(|c| c.live());
    let told_by_cluster = named && live.is_some_and(|view| view.weight.is_some());
    match rollout.stage {
        Stage::Waiting => admission(),
        Stage::Admitted => admission()
            .into_iter()
            .chain(cluster())
            .chain(preflight(rollout, told_by_cluster))
            .chain(contradiction(rollout))
            .collect(),
        Stage::Unknown => cluster().into_iter().chain([Reason::WeightUnknown]).collect(),
        Stage::OffLadder { weight } => {
            cluster().into_iter().chain([Reason::WeightOffLadder { weight }]).collect()
        }
        Stage::Step { .. } => {
            let mut holds = under_way_holds(state, rollout, as_of);
            holds.extend(cluster());
            holds.extend(rests::rests(state, rollout, as_of, step_holds(rollout, step, strata, as_of)));
            holds
        }
        Stage::Promoting { .. } => vec![Reason::Promoting],
        Stage::Promoted { .. }
        | Stage::RolledBack { .. }
        | Stage::RolledBackByOrder { .. }
        | Stage::FailedPromotion { .. }
        | Stage::Superseded { .. }
        | Stage::PromotedUnjudged { .. }
        | Stage::EndedUnknown { .. } => vec![Reason::Ended],
    }
}
