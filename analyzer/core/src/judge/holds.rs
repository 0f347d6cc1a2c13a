//! Every reason to wait, before the first step and in one.

use crate::budget::QUIET;
use crate::evidence::margin::Provability;
use crate::evidence::proof::PROVED;
use crate::math::ln;
use crate::policy::Policy;
use crate::reason::{Against, Reason};
use crate::report::{StepLook, StratumLook};
use crate::signal::Kind;
use crate::state::{Gate, LimitGate, RatioGate, Restarts, Rollout, Stage};
use crate::time::{Span, Timestamp, is_fresh};

/// Before the first step: every query answered once, and somebody tells us the weights.
pub(super) fn preflight(rollout: &Rollout, told_by_cluster: bool) -> Vec<Reason> {
    let unanswered = rollout.binding().filter(|g| !g.reading.answered || g.reading.missing.is_some());
    let queries =
        unanswered.map(|g| Reason::NotCounted { signal: g.signal, missing: g.reading.missing.clone() });
    let baseline = rollout.binding().filter_map(|g| place_hold(g).or_else(|| baseline_over_limit(g)));
    let silent = (rollout.heard.is_none() && !told_by_cluster).then_some(Reason::EventHookSilent);
    queries.chain(baseline).chain(silent).collect()
}

/// A limit that the primary's own past does not keep can never be proved: better said at weight 0 than at 5 %.
fn baseline_over_limit(gate: &Gate) -> Option<Reason> {
    let limit = gate.limit.as_ref()?;
    let history = gate.noise.history.as_ref().filter(|h| h.suffices())?;
    let rate = match gate.signal.kind() {
        Kind::Ratio => history.bad / history.total / limit.limit,
        Kind::Latency => history.bad / history.total / gate.signal.allowed_above()?,
        // A rate grows with the weight: whether it can be kept is asked at each step.
        Kind::Rate => return None,
        // A level's past says nothing about how many samples may lie above it.
        Kind::Gauge | Kind::Place => return None,
    };
    let (signal, bracket) = (gate.signal, gate.reading.bracket);
    (rate >= 1.0).then_some(Reason::BaselineOverLimit { signal, times_limit: rate.min(f64::MAX), bracket })
}

pub(super) fn step_holds(
    rollout: &Rollout,
    step: Option<&StepLook>,
    strata: &[StratumLook],
    as_of: Timestamp,
) -> Vec<Reason> {
    let mut holds = Vec::new();
    holds.extend(step.and_then(|s| restarts(rollout, s)));
    if let Some(s) = step.filter(|s| s.elapsed < s.observe) {
        holds.push(Reason::Observing { elapsed: s.elapsed, observe: s.observe });
    }
    holds.extend(contradiction(rollout));
    holds.extend(lost_share(rollout));
    let loud = strata.iter().filter(|s| s.ln_e >= ln(QUIET));
    holds.extend(loud.map(|s| Reason::SpeaksAgainst { stratum: s.stratum, ln_e: s.ln_e }));
    for gate in rollout.binding() {
        match data_hold(rollout, gate) {
            Some(reason) => holds.push(reason),
            None => {
                holds.extend(place_hold(gate));
                holds.extend(lone_pod(gate));
                holds.extend(gate.limit.as_ref().and_then(|l| limit_hold(gate, l)));
                holds.extend(gate.ratio.as_ref().and_then(|r| ratio_hold(gate, r)));
            }
        }
    }
    holds.extend(stale(rollout, as_of));
    holds
}

/// A canary that restarts looks healthy in its own counters, which begin anew each time. One restart may be chance;
/// so the step is observed anew after the last one.
fn restarts(rollout: &Rollout, step: &StepLook) -> Option<Reason> {
    let Restarts { count, last } = rollout.restarts?;
    let calm = rollout.polled? - last;
    (calm < step.observe).then_some(Reason::CanaryRestarted { count, calm, observe: step.observe })
}

/// Reported weight and counted traffic must agree: nearer to each other than to half the next weight's distance.
pub(super) fn contradiction(rollout: &Rollout) -> Option<Reason> {
    let (weight, share_percent) = (rollout.weight()?, rollout.share_percent?);
    contradicts(&rollout.policy, weight, share_percent)
        .then_some(Reason::WeightContradicted { weight, share_percent })
}

/// Requests that the canary should have got and did not count: what it shows is what it lived to count.
fn lost_share(rollout: &Rollout) -> Option<Reason> {
    let (weight, ln_e) = (rollout.weight()?, rollout.lost_share.as_ref()?.ln_e());
    (ln_e >= ln(PROVED)).then_some(Reason::TrafficShare { weight, ln_e })
}

/// Whether so large a share of the requests (in percent) cannot be the canary's at `weight`.
pub(crate) fn contradicts(policy: &Policy, weight: u32, share_percent: f64) -> bool {
    let others = policy.steps.iter().map(|s| s.weight).chain([0, 100]).filter(|w| *w != weight);
    let off = (share_percent - f64::from(weight)).abs();
    others.map(|w| w.abs_diff(weight)).min().is_some_and(|nearest| off > f64::from(nearest) / 2.0)
}

/// A gate that is not being counted, or counts nothing, or has nothing to compare with.
pub(super) fn data_hold(rollout: &Rollout, gate: &Gate) -> Option<Reason> {
    let signal = gate.signal;
    if gate.reading.missing.is_some() || gate.reading.counted.is_none() {
        return Some(Reason::NotCounted { signal, missing: gate.reading.missing.clone() });
    }
    // No request is a lost canary; no log line, no query and no call is nothing to judge.
    if !signal.counts_requests() {
        return None;
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

/// Nearly all bad events are one pod's: it is left out of the bets, and waited for.
pub(super) fn lone_pod(gate: &Gate) -> Option<Reason> {
    let suspect = gate.lone.suspect()?;
    let (signal, pod) = (gate.signal, suspect.pod.clone());
    Some(Reason::LonePod { signal, pod, bad: suspect.bad, of: suspect.of })
}

/// A level of the place above its limit: no release can help that, and none may go on in it.
pub(super) fn place_hold(gate: &Gate) -> Option<Reason> {
    let (limit, level) = (gate.limit.as_ref()?, gate.level.as_ref()?);
    let over = gate.signal.kind() == Kind::Place && level.canary > limit.limit;
    let (signal, limit, what) = (gate.signal, limit.limit, level.what.clone());
    over.then_some(Reason::PlaceOverLimit { signal, level: level.canary, limit, what })
}

pub(super) fn limit_hold(gate: &Gate, limit: &LimitGate) -> Option<Reason> {
    let (signal, against) = (gate.signal, limit.against.ln_e());
    if limit.broken.ln_e() >= ln(PROVED) && against < ln(QUIET) && !limit.proof.is_proved() {
        return Some(Reason::Environment { signal, ln_e: limit.broken.ln_e() });
    }
    if against >= ln(QUIET) {
        return Some(Reason::NotQuiet { signal, against: Against::Limit, ln_e: against });
    }
    if !signal.is_core() {
        return None;
    }
    match limit.provability {
        None => Some(Reason::TrafficUnknown { signal }),
        Some(Provability::BaselineOverLimit { times_limit }) => {
            Some(Reason::BaselineOverLimit { signal, times_limit, bracket: gate.reading.bracket })
        }
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

pub(super) fn ratio_hold(gate: &Gate, ratio: &RatioGate) -> Option<Reason> {
    let (signal, ln_e) = (gate.signal, ratio.against.ln_e());
    if ln_e >= ln(QUIET) {
        return Some(Reason::NotQuiet { signal, against: Against::Primary, ln_e });
    }
    let doubt = ratio.doubt.as_ref().filter(|d| d.against.ln_e() >= ln(PROVED))?;
    let ln_e = doubt.against.ln_e();
    Some(Reason::Wanders { signal, tolerate: doubt.tolerate, wanders: ratio.tolerate, ln_e })
}

fn stale(rollout: &Rollout, as_of: Timestamp) -> Option<Reason> {
    let oldest = rollout.binding().filter_map(|g| g.reading.counted).min()?;
    let (age, max_age) = (as_of - oldest, rollout.policy.max_age());
    (!is_fresh(age, max_age)).then_some(Reason::Stale { age, max_age })
}
