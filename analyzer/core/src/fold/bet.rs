//! One increment, read gate by gate: what was seen, and what the bettors are paid for it.
//!
//! What a bet may depend on is fixed before its interval begins: the step, the settling time, the dispersion, the
//! margin. An interval without canary traffic is no bet at all: silence is neither health nor sickness.

use super::elsewhere::Elsewhere;
use super::level;
use super::prospect::{self, wider};
use crate::evidence::bound::rate_upper;
use crate::evidence::margin::Provability;
use crate::evidence::panel::{Cap, SILENT, both};
use crate::evidence::ratio::{Cell, TOLERATED};
use crate::evidence::{limit, ratio};
use crate::increment::{Arm, Arms, Counts, Increment, Reading};
use crate::pool::{Contribution, Proves};
use crate::signal::{Kind, Signal};
use crate::state::{Gate, LimitGate, Rollout, Stage};
use crate::time::{Span, Timestamp};
use std::collections::BTreeMap;

/// ln 200: the most evidence kept that a limit is broken by whomever, or that a canary is worse for whatever reason. It
/// asks whether there is an incident *now*; banked, an incident of five minutes held a gate that cannot be proved for a day after its end.
pub(super) const LN_BROKEN_CEILING: f64 = 5.298_317_366_548_036;

/// One counted interval of one gate.
struct Interval {
    since: Timestamp,
    dt: Span,
    /// The arm under judgement: the canary, or after promotion the primary.
    judged: Counts,
    /// The same without a pod that is left out of the bets against it.
    blamed: Counts,
    control: Option<Counts>,
    /// Whether a control is expected; where it is, an interval without its traffic blames nobody.
    compared: bool,
    cap: Cap,
    targets: u32,
    /// The dispersion for the proof, from before this interval: a burst must not soften its own price.
    phi_for: f64,
}

/// When what begins to count, in the present stage.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    /// Who is judged, whatever the poll was asked for: a poll may have been planned before the stage changed.
    pub(super) judged: Arm,
    /// The canary (or the promoted primary) has traffic from here on.
    pub(super) exposed: Timestamp,
    /// The step (or the bake) began.
    pub(super) since: Timestamp,
    /// Latency and levels count from here on.
    pub(super) settled: Timestamp,
    proving: bool,
    /// The extension of the step is over then.
    extended: Option<Timestamp>,
}

/// Reads `increment` into the rollout's gates. Returns what the pool gets, signal by signal.
pub(super) fn bet(
    rollout: &mut Rollout,
    increment: &Increment,
    elsewhere: &Elsewhere,
) -> BTreeMap<Signal, Contribution> {
    let rules = rules(rollout);
    let mut contributions = BTreeMap::new();
    for gate in &mut rollout.gates {
        let reading = increment.signals.get(&gate.signal);
        if gate.signal.kind().is_level() {
            level::bet(gate, reading, increment, rules);
            continue;
        }
        let Some((interval, rules)) = read(gate, reading, increment, rules).zip(rules) else {
            continue;
        };
        let paid = pay(gate, &interval, rules, elsewhere).filter(|_| rules.proving);
        contributions.extend(paid.filter(|_| !gate.report_only).map(|paid| (gate.signal, paid)));
    }
    contributions
}

/// Whether what a fresh process shows at the beginning of a step says nothing: cold caches, code that is not compiled yet.
pub(crate) const fn settles(kind: Kind) -> bool {
    match kind {
        Kind::Latency | Kind::Gauge => true,
        Kind::Ratio | Kind::Rate | Kind::Place => false,
    }
}

fn rules(rollout: &Rollout) -> Option<Rules> {
    match rollout.stage {
        Stage::Step { index, since } => {
            let step = rollout.policy.steps.get(index)?;
            Some(Rules {
                judged: Arm::Canary,
                exposed: rollout.exposed.unwrap_or(since),
                since,
                settled: since + step.settle,
                proving: true,
                extended: Some(since + step.extend_up_to),
            })
        }
        Stage::Promoted { since } => {
            let settle = rollout.policy.steps.last()?.settle;
            Some(Rules {
                judged: Arm::Primary,
                exposed: since,
                since,
                settled: since + settle,
                proving: false,
                extended: None,
            })
        }
        Stage::Waiting
        | Stage::Admitted
        | Stage::Unknown
        | Stage::OffLadder { .. }
        | Stage::Promoting { .. }
        | Stage::RolledBack { .. }
        | Stage::RolledBackByOrder { .. }
        | Stage::FailedPromotion { .. }
        | Stage::Superseded { .. }
        | Stage::PromotedUnjudged { .. }
        | Stage::EndedUnknown { .. } => None,
    }
}

/// Notes what the poll brought; the interval, if there is one to bet on.
fn read(
    gate: &mut Gate,
    reading: Option<&Reading>,
    increment: &Increment,
    rules: Option<Rules>,
) -> Option<Interval> {
    let (since, canary, primary, bracket) = match reading? {
        Reading::Counted { since, canary, primary, bracket } => (*since, *canary, *primary, *bracket),
        Reading::Gauged { .. } | Reading::Placed { .. } => return None,
        Reading::Missing(missing) => {
            gate.reading.missing = Some(missing.clone());
            gate.noise.so_far.break_off();
            return None;
        }
    };
    gate.reading.missing = None;
    gate.reading.bracket = bracket;
    gate.reading.answered |= canary.is_some() && primary.is_some();
    if let Some(primary) = primary {
        gate.reading.primary = Some((increment.as_of, primary));
    }
    let rules = rules?;
    // An interval that reaches back into a counted one, or has no length, would count its events twice.
    if since >= increment.as_of || gate.reading.until.is_some_and(|until| since < until) {
        return None;
    }
    let (judged, control) = match rules.judged {
        Arm::Canary => (canary?, primary),
        Arm::Primary => (primary?, None),
    };
    let phi_for = gate.noise.phi_for();
    gate.reading.until = Some(increment.as_of);
    if since >= rules.since {
        gate.reading.counted = Some(increment.as_of);
        gate.reading.requests += judged.total;
        gate.reading.control += control.map_or(0.0, |c| c.total);
        if judged.total > 0.0 {
            gate.reading.traffic = Some(increment.as_of);
        }
    }
    if let Some(control) = control {
        gate.noise.so_far.push(control.bad_at_most, increment.as_of - since);
        gate.noise.bad += control.bad_at_most;
        gate.noise.total += control.total;
    }
    Some(Interval {
        since,
        dt: increment.as_of - since,
        blamed: blamed(gate, judged, increment, rules),
        judged,
        control,
        compared: rules.judged == Arm::Canary && increment.arms == Arms::Both,
        cap: Cap::for_targets(increment.targets(rules.judged)),
        targets: increment.targets(rules.judged),
        phi_for,
    })
}

/// The counts that blame the canary: without a pod that carries nearly all of its bad events, while that is waited for. Its
/// exposure is taken for an equal share, because bad events alone are told pod by pod.
fn blamed(gate: &mut Gate, judged: Counts, increment: &Increment, rules: Rules) -> Counts {
    if rules.judged != Arm::Canary {
        return judged;
    }
    let none = BTreeMap::new();
    let pods = increment.canary_pods.get(&gate.signal).unwrap_or(&none);
    // What the pod failed is no part of what its successor has to prove.
    if let (true, Some(limit)) = (gate.lone.expire(increment.as_of), &mut gate.limit) {
        limit.prove_anew();
    }
    let left_out = gate.lone.suspect().map(|s| pods.get(&s.pod).copied().unwrap_or(0.0));
    if increment.as_of > rules.exposed {
        gate.lone.push(pods, increment.canary_targets, increment.as_of);
    }
    let others = 1.0 - 1.0 / f64::from(increment.canary_targets.max(2));
    left_out.map_or(judged, |bad| Counts {
        bad: (judged.bad - bad).max(0.0),
        bad_at_most: judged.bad_at_most,
        total: judged.total * others,
    })
}

fn pay(gate: &mut Gate, interval: &Interval, rules: Rules, elsewhere: &Elsewhere) -> Option<Contribution> {
    let settling = settles(gate.signal.kind()) && interval.since < rules.settled;
    if interval.since < rules.exposed || settling || interval.judged.total <= 0.0 || interval.dt <= Span::ZERO
    {
        return None;
    }
    gate.bad += interval.judged.bad;
    gate.total += interval.judged.total;
    let cell = cell(interval);
    let beside = cell.or_else(|| elsewhere.cell(gate, interval.blamed).filter(|_| !interval.compared));
    let (phi, drift, kind) = (gate.noise.phi_against(), gate.noise.drift(), gate.signal.kind());
    let allowed = gate.limit.as_ref().map(|l| allowed(gate.signal, l.limit, interval));
    // A rate is per time, so one pod fewer of it is a share of the limit as well.
    let others = interval.blamed.total / interval.judged.total;
    let tolerated = gate.ratio.as_ref().map_or(TOLERATED, |r| r.tolerate).max(drift);
    let bar = allowed.map(|allowed| allowed.max(past(gate, interval)));
    if let (Some(limit), Some(allowed), Some(bar)) = (&mut gate.limit, allowed, bar) {
        pay_limit(limit, interval, beside, Bars { allowed, bar, tolerated, others }, phi);
        if rules.proving && interval.since >= rules.since {
            pay_proof(limit, interval, allowed, kind);
            if rules.extended.is_some_and(|end| interval.since + interval.dt >= end) {
                prospect::widen(limit);
            }
        }
    }
    if let (Some(ratio_gate), Some(cell)) = (&mut gate.ratio, cell) {
        let factors = ratio::factors(&[cell], ratio_gate.tolerate, phi, interval.dt, interval.cap);
        ratio_gate.against.bet(&factors, interval.dt);
        if let Some(doubt) = &mut ratio_gate.doubt {
            let factors = ratio::factors(&[cell], doubt.tolerate, phi, interval.dt, interval.cap);
            doubt.against.bet(&factors, interval.dt);
            doubt.against.truncate(LN_BROKEN_CEILING);
        }
    }
    Some(Contribution {
        bad: interval.blamed.bad,
        total: interval.blamed.total,
        // Where a control is expected, a limit without it blames nobody in the pool either.
        allowed: bar.filter(|_| cell.is_some() || !interval.compared).map(|bar| bar * others),
        proves: allowed.map(|allowed| Proves {
            bad_at_most: interval.judged.bad_at_most,
            allowed,
            phi: interval.phi_for,
        }),
        usual: usual(gate, interval),
        drift,
        cell,
        beside,
        dt: interval.dt,
        phi,
        bettors: gate.noise.bettors(),
        targets: interval.targets,
    })
}

/// What a limit gate is held against in one interval, in bad events.
#[derive(Clone, Copy)]
struct Bars {
    /// The limit.
    allowed: f64,
    /// The limit, or what the region's own past would bring where nothing stands beside the canary.
    bar: f64,
    /// How many times the primary's rate blames nobody yet.
    tolerated: f64,
    /// The share of the canary that is blamed at all.
    others: f64,
}

/// Over its limit *and* worse than the primary by more than is tolerated, within this poll; without a control over the bar alone.
fn pay_limit(gate: &mut LimitGate, interval: &Interval, cell: Option<Cell>, bars: Bars, phi: f64) {
    let over =
        |allowed| limit::factors(interval.blamed.bad, allowed * bars.others, phi, interval.dt, interval.cap);
    let worse = |cell| ratio::factors(&[cell], bars.tolerated, phi, interval.dt, interval.cap);
    let attributed = match (interval.compared, cell) {
        (false, None) => over(bars.bar),
        (false, Some(elsewhere)) => both(&over(bars.bar), &worse(elsewhere)),
        (true, Some(cell)) => both(&over(bars.allowed), &worse(cell)),
        (true, None) => both(&over(bars.allowed), &SILENT),
    };
    gate.against.bet(&attributed, interval.dt);
    let broken = limit::factors(interval.judged.bad, bars.allowed, phi, interval.dt, interval.cap);
    gate.broken.bet(&broken, interval.dt);
    gate.broken.truncate(LN_BROKEN_CEILING);
}

/// Bad events that the judged arm would have had at its primary's rate: what that was before and since, or what it is in
/// this very interval, if that is more; an incident of one region is no matter of its canary.
fn usual(gate: &Gate, interval: &Interval) -> f64 {
    let past = gate.noise.history.as_ref().map_or((0.0, 0.0), |h| (h.bad, h.total));
    let (bad, total) = (past.0 + gate.noise.bad, past.1 + gate.noise.total);
    // No more than every event is bad, whatever a broken exporter says.
    let rate = |bad: f64, total: f64| if total > 0.0 { (bad / total).min(1.0) } else { 0.0 };
    let now = interval.control.map_or(0.0, |c| rate(c.bad, c.total));
    interval.blamed.total * rate(bad, total).max(now)
}

/// Bad events that the region's own past would bring in this interval, as far as it is known to wander; none while a
/// control stands beside the canary, which tells more.
///
/// A rate that drifts above its limit for minutes does so without any release; where nothing else tells whose it is, the
/// region's own past is the control. What the past was granted it was granted before the rollout.
fn past(gate: &Gate, interval: &Interval) -> f64 {
    let Some(history) = gate.noise.history.as_ref().filter(|h| h.suffices() && !interval.compared) else {
        return 0.0;
    };
    let (drift, phi) = (gate.noise.drift(), gate.noise.phi_against());
    let per = |exposure: f64| rate_upper(history.bad, exposure, phi);
    let usual = match gate.signal.kind() {
        Kind::Ratio | Kind::Latency | Kind::Gauge | Kind::Place => per(history.total) * interval.judged.total,
        Kind::Rate => per(history.covers.as_min()) * interval.dt.as_min(),
    };
    // Without drift the past adds nothing: a limit below it is refused before the first step.
    if drift > 1.0 && usual.is_finite() { usual * drift } else { 0.0 }
}

fn pay_proof(gate: &mut LimitGate, interval: &Interval, allowed: f64, kind: Kind) {
    gate.exposure += if kind == Kind::Rate { interval.dt.as_s() } else { interval.judged.total };
    if let Some(Provability::Below { margin }) = gate.provability {
        let bad = interval.judged.bad_at_most;
        gate.proof.bet(bad, f64::from(margin) * allowed, interval.phi_for);
        gate.wider.bet(bad, f64::from(wider(margin)) * allowed, interval.phi_for);
        gate.step_bad += bad;
        gate.step_allowed += allowed;
    }
}

fn allowed(signal: Signal, limit: f64, interval: &Interval) -> f64 {
    match signal.kind() {
        Kind::Ratio => limit * interval.judged.total,
        Kind::Latency | Kind::Gauge | Kind::Place => {
            signal.allowed_above().unwrap_or_default() * interval.judged.total
        }
        Kind::Rate => limit * interval.dt.as_min(),
    }
}

/// The comparison, where both arms had requests.
fn cell(interval: &Interval) -> Option<Cell> {
    let control = interval.control.filter(|c| c.total > 0.0 && interval.compared)?;
    let exposure_ratio = interval.blamed.total / control.total;
    // Only counts that no exporter of requests gives overflow it; what cannot be stored must not enter the state.
    exposure_ratio.is_finite().then_some(Cell {
        canary_bad: interval.blamed.bad,
        primary_bad: control.bad,
        exposure_ratio,
    })
}
