//! From state to decision: rollback if the budget is crossed; otherwise every reason to wait is collected.
//!
//! A step advances only when nothing is left that speaks for waiting, so a new reason added here can only make the
//! engine more careful. Nothing here changes state: judging twice says the same twice.

use crate::admission::{admission, trouble_elsewhere};
use crate::budget::{self, QUIET, ln_region_threshold};
use crate::evidence::margin::Provability;
use crate::evidence::proof::PROVED;
use crate::math::ln;
use crate::policy::{OnInconclusive, Policy};
use crate::reason::{Against, Culprit, Reason, Stratum};
use crate::report::{
    Decision, GateLook, Look, NoiseSource, ProofLook, RegionLook, StepLook, StratumLook, Verdict,
};
use crate::signal::Kind;
use crate::state::{Gate, LimitGate, RatioGate, Rollout, ServiceState, Stage};
use crate::time::{Span, Timestamp};

/// Judges every rollout as of `as_of`.
pub(crate) fn judge_all(state: &ServiceState, as_of: Timestamp) -> Look {
    Look {
        as_of,
        regions: state.rollouts.values().map(|r| judge(state, r, as_of)).collect(),
    }
}

/// Each comparison of a rollout with its evidence and its share of the budget.
pub(crate) fn members(rollout: &Rollout) -> Vec<Culprit> {
    rollout
        .gates
        .iter()
        .flat_map(|g| {
            let of = |against, weight, ln_e| Culprit {
                signal: g.signal,
                against,
                ln_e,
                weight,
                bad: g.bad,
                total: g.total,
            };
            let limit = g
                .limit
                .as_ref()
                .map(|l| of(Against::Limit, l.weight, l.against.ln_e()));
            let ratio = g
                .ratio
                .as_ref()
                .map(|r| of(Against::Primary, r.weight, r.against.ln_e()));
            [limit, ratio]
        })
        .flatten()
        .collect()
}

fn judge(state: &ServiceState, rollout: &Rollout, as_of: Timestamp) -> RegionLook {
    let strata = strata(state, rollout);
    let step = step(rollout);
    let ended = rollout.stage.ended().is_some();
    let decision = match &rollout.breach {
        _ if ended => Decision::Hold(vec![Reason::Ended]),
        Some(breach) => Decision::Rollback(vec![breach.clone()]),
        None => decide(state, rollout, step.as_ref(), &strata, as_of),
    };
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
        gates: rollout
            .gates
            .iter()
            .flat_map(|g| gate_looks(rollout, g))
            .collect(),
        late_breach: rollout
            .breach
            .clone()
            .filter(|_| matches!(rollout.stage, Stage::Promoted { .. })),
    }
}

fn strata(state: &ServiceState, rollout: &Rollout) -> Vec<StratumLook> {
    let region = StratumLook {
        stratum: Stratum::Region,
        ln_e: budget::ln_stratum(&members(rollout)),
        ln_threshold: ln_region_threshold(&rollout.policy),
    };
    let pool = state.pools.get(&rollout.release_key()).map(|pool| {
        let (ln_e, ln_threshold) = pool.ln_evidence();
        StratumLook {
            stratum: Stratum::Pool,
            ln_e,
            ln_threshold,
        }
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

fn decide(
    state: &ServiceState,
    rollout: &Rollout,
    step: Option<&StepLook>,
    strata: &[StratumLook],
    as_of: Timestamp,
) -> Decision {
    let admission = || {
        admission(
            state,
            &rollout.policy,
            &rollout.region,
            rollout.release.as_deref(),
            as_of,
        )
    };
    let holds = match rollout.stage {
        Stage::Waiting => admission(),
        Stage::Admitted => admission().into_iter().chain(preflight(rollout)).collect(),
        Stage::Unknown => vec![Reason::WeightUnknown],
        Stage::OffLadder { weight } => vec![Reason::WeightOffLadder { weight }],
        Stage::Step { .. } => {
            let mut holds = trouble_elsewhere(state, &rollout.region, rollout.release.as_deref());
            holds.extend(step_holds(rollout, step, strata, as_of));
            holds
        }
        Stage::Promoting { .. } => vec![Reason::Promoting],
        Stage::Promoted { .. }
        | Stage::RolledBack { .. }
        | Stage::FailedPromotion { .. }
        | Stage::Superseded { .. }
        | Stage::EndedUnknown { .. } => vec![Reason::Ended],
    };
    let waived = step.is_some_and(|s| s.overdue)
        && rollout.policy.on_inconclusive == OnInconclusive::PromoteIfQuiet
        && holds.iter().all(Reason::is_missing_proof);
    if holds.is_empty() || waived {
        Decision::Advance
    } else {
        Decision::Hold(holds)
    }
}

/// Before the first step: every query answered once, and somebody tells us the weights.
fn preflight(rollout: &Rollout) -> Vec<Reason> {
    let unanswered = rollout
        .gates
        .iter()
        .filter(|g| !g.reading.answered || g.reading.missing.is_some());
    let queries = unanswered.map(|g| Reason::NotCounted {
        signal: g.signal,
        missing: g.reading.missing.clone(),
    });
    let baseline = rollout.gates.iter().filter_map(baseline_over_limit);
    let silent = rollout.heard.is_none().then_some(Reason::EventHookSilent);
    queries.chain(baseline).chain(silent).collect()
}

/// A limit that the primary's own past does not keep can never be proved: better said at weight 0 than at 5 %.
fn baseline_over_limit(gate: &Gate) -> Option<Reason> {
    let limit = gate.limit.as_ref()?;
    let history = gate.noise.history.as_ref().filter(|h| h.suffices())?;
    let rate = match gate.signal.kind() {
        Kind::Ratio => history.bad / history.total / limit.limit,
        Kind::Latency => history.bad / history.total / 0.01,
        // A rate grows with the weight: whether it can be kept is asked at each step.
        Kind::Rate => return None,
    };
    let (signal, bracket) = (gate.signal, gate.reading.bracket);
    (rate >= 1.0).then_some(Reason::BaselineOverLimit {
        signal,
        times_limit: rate.min(f64::MAX),
        bracket,
    })
}

fn step_holds(
    rollout: &Rollout,
    step: Option<&StepLook>,
    strata: &[StratumLook],
    as_of: Timestamp,
) -> Vec<Reason> {
    let mut holds = Vec::new();
    if let Some(s) = step.filter(|s| s.elapsed < s.observe) {
        holds.push(Reason::Observing {
            elapsed: s.elapsed,
            observe: s.observe,
        });
    }
    holds.extend(contradiction(rollout));
    let loud = strata.iter().filter(|s| s.ln_e >= ln(QUIET));
    holds.extend(loud.map(|s| Reason::SpeaksAgainst {
        stratum: s.stratum,
        ln_e: s.ln_e,
    }));
    for gate in &rollout.gates {
        match data_hold(rollout, gate) {
            Some(reason) => holds.push(reason),
            None => {
                holds.extend(gate.limit.as_ref().and_then(|l| limit_hold(gate, l)));
                holds.extend(gate.ratio.as_ref().and_then(|r| ratio_hold(gate, r)));
            }
        }
    }
    holds.extend(stale(rollout, as_of));
    holds
}

/// Reported weight and counted traffic must agree: nearer to each other than to half the next weight's distance.
fn contradiction(rollout: &Rollout) -> Option<Reason> {
    let (weight, share_percent) = (rollout.weight()?, rollout.share_percent?);
    contradicts(&rollout.policy, weight, share_percent).then_some(Reason::WeightContradicted {
        weight,
        share_percent,
    })
}

/// Whether so large a share of the requests (in percent) cannot be the canary's at `weight`.
pub(crate) fn contradicts(policy: &Policy, weight: u32, share_percent: f64) -> bool {
    let others = policy
        .steps
        .iter()
        .map(|s| s.weight)
        .chain([0, 100])
        .filter(|w| *w != weight);
    let off = (share_percent - f64::from(weight)).abs();
    others
        .map(|w| w.abs_diff(weight))
        .min()
        .is_some_and(|nearest| off > f64::from(nearest) / 2.0)
}

/// A gate that is not being counted, or counts nothing, or has nothing to compare with.
fn data_hold(rollout: &Rollout, gate: &Gate) -> Option<Reason> {
    let signal = gate.signal;
    if gate.reading.missing.is_some() || gate.reading.counted.is_none() {
        return Some(Reason::NotCounted {
            signal,
            missing: gate.reading.missing.clone(),
        });
    }
    if gate.reading.requests <= 0.0 || fell_silent(rollout, gate) {
        return Some(Reason::NoTraffic { signal });
    }
    // At 100 % there is no control by nature; below it, no comparison and no attribution works without one.
    let compared = rollout.weight().is_some_and(|w| w < 100);
    (compared && gate.reading.control <= 0.0).then_some(Reason::NoControl { signal })
}

/// Whether the canary has had no requests for so long that at this step's own pace it would have had about twenty:
/// chance does that once in 500 million times, a frozen counter or a lost route at once.
fn fell_silent(rollout: &Rollout, gate: &Gate) -> bool {
    const EXPECTED: f64 = 20.0;
    let Stage::Step { since, .. } = rollout.stage else {
        return false;
    };
    let Some((traffic, counted)) = gate.reading.traffic.zip(gate.reading.counted) else {
        return false;
    };
    let (busy, silent) = (traffic - since, counted - traffic);
    silent > Span::ZERO && gate.reading.requests * silent.as_s() >= EXPECTED * busy.as_s()
}

fn limit_hold(gate: &Gate, limit: &LimitGate) -> Option<Reason> {
    let (signal, against) = (gate.signal, limit.against.ln_e());
    if limit.broken.ln_e() >= ln(PROVED) && against < ln(QUIET) && !limit.proof.is_proved() {
        return Some(Reason::Environment {
            signal,
            ln_e: limit.broken.ln_e(),
        });
    }
    if against >= ln(QUIET) {
        return Some(Reason::NotQuiet {
            signal,
            against: Against::Limit,
            ln_e: against,
        });
    }
    match limit.provability {
        None => Some(Reason::TrafficUnknown { signal }),
        Some(Provability::BaselineOverLimit { times_limit }) => Some(Reason::BaselineOverLimit {
            signal,
            times_limit,
            bracket: gate.reading.bracket,
        }),
        Some(Provability::Below { margin }) => (!limit.proof.is_proved()).then(|| Reason::NotProved {
            signal,
            ln_e: limit.proof.ln_e(),
            margin,
            exposure: limit.exposure,
            needed: limit.needed,
        }),
        Some(Provability::TooLittleTraffic { .. }) => None,
    }
}

fn ratio_hold(gate: &Gate, ratio: &RatioGate) -> Option<Reason> {
    let ln_e = ratio.against.ln_e();
    let loud = ln_e >= ln(QUIET);
    loud.then_some(Reason::NotQuiet {
        signal: gate.signal,
        against: Against::Primary,
        ln_e,
    })
}

fn stale(rollout: &Rollout, as_of: Timestamp) -> Option<Reason> {
    let oldest = rollout.gates.iter().filter_map(|g| g.reading.counted).min()?;
    let (age, max_age) = (as_of - oldest, rollout.policy.max_age());
    (age > max_age).then_some(Reason::Stale { age, max_age })
}

fn gate_looks(rollout: &Rollout, gate: &Gate) -> Vec<GateLook> {
    let look = |against, bound, weight, ln_e, verdict, proof| GateLook {
        signal: gate.signal,
        against,
        bound,
        weight,
        ln_e,
        verdict,
        proof,
        bad: gate.bad,
        total: gate.total,
        phi: gate.noise.phi_against(),
        noise: noise_source(gate),
        missing: gate.reading.missing.clone(),
    };
    let limit = gate.limit.as_ref().map(|l| {
        let verdict = limit_verdict(rollout, gate, l);
        look(
            Against::Limit,
            l.limit,
            l.weight,
            l.against.ln_e(),
            verdict,
            Some(proof_look(gate, l)),
        )
    });
    let ratio = gate.ratio.as_ref().map(|r| {
        look(
            Against::Primary,
            r.tolerate,
            r.weight,
            r.against.ln_e(),
            ratio_verdict(rollout, gate, r),
            None,
        )
    });
    [limit, ratio].into_iter().flatten().collect()
}

fn proof_look(gate: &Gate, limit: &LimitGate) -> ProofLook {
    ProofLook {
        ln_e: limit.proof.ln_e(),
        proved: limit.proof.is_proved(),
        provability: limit.provability,
        exposure: limit.exposure,
        needed: limit.needed,
        phi: gate.noise.phi_for(),
    }
}

fn limit_verdict(rollout: &Rollout, gate: &Gate, limit: &LimitGate) -> Verdict {
    if budget::carries(rollout.breach.as_ref(), gate.signal, Against::Limit) {
        return Verdict::Breached;
    }
    let (signal, exposure, needed) = (gate.signal, limit.exposure, limit.needed);
    let inconclusive = settling(rollout, gate)
        .or_else(|| data_hold(rollout, gate))
        .or_else(|| limit_hold(gate, limit))
        .or_else(|| {
            (!limit.proof.is_proved()).then_some(Reason::TooLittleTraffic {
                signal,
                exposure,
                needed,
            })
        });
    inconclusive.map_or(Verdict::Healthy, Verdict::Inconclusive)
}

fn ratio_verdict(rollout: &Rollout, gate: &Gate, ratio: &RatioGate) -> Verdict {
    if budget::carries(rollout.breach.as_ref(), gate.signal, Against::Primary) {
        return Verdict::Breached;
    }
    let quiet = || Reason::NeedsNoProof {
        signal: gate.signal,
        ln_e: ratio.against.ln_e(),
    };
    Verdict::Inconclusive(
        data_hold(rollout, gate)
            .or_else(|| ratio_hold(gate, ratio))
            .unwrap_or_else(quiet),
    )
}

/// A latency gate that still sits out the beginning of its step.
fn settling(rollout: &Rollout, gate: &Gate) -> Option<Reason> {
    let Stage::Step { index, since } = rollout.stage else {
        return None;
    };
    let settled = since + rollout.policy.steps.get(index)?.settle;
    let now = rollout.polled?;
    (gate.signal.kind() == Kind::Latency && now < settled).then_some(Reason::Settling { left: settled - now })
}

fn noise_source(gate: &Gate) -> NoiseSource {
    match gate.noise.history.as_ref().filter(|h| h.suffices()) {
        Some(history) if history.synthetic => NoiseSource::SyntheticHistory,
        Some(_) => NoiseSource::History,
        None => NoiseSource::None,
    }
}
