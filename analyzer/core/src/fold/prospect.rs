//! Before a step's evidence: how tightly can each limit gate be proved at this traffic?
//!
//! Public, because whoever says in advance what a policy can prove has to ask the same question in the same words.

use crate::budget::QUIET;
use crate::evidence::bound::rate_upper;
use crate::evidence::margin::{MARGINS, Prospect, Provability, exposure_needed, provability};
use crate::math::ln;
use crate::policy::Step;
use crate::signal::{Kind, Signal};
use crate::state::{Gate, LimitGate, Rollout, Stage};

/// What is known of the baseline before a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Baseline {
    /// Its bad events, at most.
    pub bad: f64,
    /// All its events.
    pub total: f64,
    /// The dispersion that a proof assumes.
    pub phi: f64,
}

/// Chooses for every gate that has not been chosen for in this step, once the traffic is known.
pub(super) fn choose(rollout: &mut Rollout) {
    let (Stage::Step { index, .. }, Some(traffic_per_s)) = (rollout.stage, rollout.traffic_per_s) else {
        return;
    };
    let Some(step) = rollout.policy.steps.get(index) else {
        return;
    };
    for gate in &mut rollout.gates {
        let Some(limit) = gate.limit.as_ref().filter(|l| gate.signal.is_core() && l.provability.is_none())
        else {
            continue;
        };
        let prospect = prospect(baseline(gate), gate.signal, limit.limit, step, traffic_per_s);
        let chosen = provability(&prospect);
        let needed = needed(&prospect, chosen, gate.signal.kind());
        if let Some(limit) = &mut gate.limit {
            (limit.provability, limit.needed) = (Some(chosen), needed);
        }
    }
}

/// The margin that counts when the extension of a step is over.
pub(super) const fn wider(margin: u8) -> u8 {
    let most = MARGINS[MARGINS.len() - 1];
    if margin > most / 2 { most } else { margin * 2 }
}

/// When a step has been extended to its end, a canary that was seen within its limit all the while is taken for proved below
/// twice the margin if it is: chance alone leaves some healthy ones short of the tighter proof, and they would wait for
/// ever. The rule is fixed before the step, and its own proof has run beside the first from the beginning, so nothing is
/// chosen by what was seen.
pub(super) fn widen(limit: &mut LimitGate) {
    let within = limit.step_bad <= limit.step_allowed && limit.against.ln_e() < ln(QUIET);
    if let Some(Provability::Below { margin }) = limit.provability
        && within
        && limit.wider.is_proved()
        && !limit.proof.is_proved()
    {
        limit.provability = Some(Provability::Below { margin: wider(margin) });
        limit.proof = limit.wider.clone();
    }
}

fn baseline(gate: &Gate) -> Baseline {
    let past = gate.noise.history.as_ref().map_or((0.0, 0.0), |h| (h.bad, h.total));
    let (bad, total) = (past.0 + gate.noise.bad, past.1 + gate.noise.total);
    Baseline { bad, total, phi: gate.noise.phi_for() }
}

/// What a step can prove of a gate of `signal` with this `limit` (in the unit of its kind), where both arms together get
/// `traffic_per_s` requests. Exposure is requests for a ratio or a latency, minutes for a rate.
pub fn prospect(baseline: Baseline, signal: Signal, limit: f64, step: &Step, traffic_per_s: f64) -> Prospect {
    let Baseline { bad, total, phi } = baseline;
    let canary_per_s = traffic_per_s * f64::from(step.weight) / 100.0;
    let per_request = if total > 0.0 { bad / total } else { 0.0 };
    let upper_per_request = rate_upper(bad, total, phi);
    let (per_exposure, allowed, exposure) = match signal.kind() {
        Kind::Ratio => (1.0, limit, canary_per_s * step.extend_up_to.as_s()),
        Kind::Latency | Kind::Gauge | Kind::Place => {
            let allowed = signal.allowed_above().unwrap_or_default();
            (1.0, allowed, canary_per_s * (step.extend_up_to - step.settle).as_s())
        }
        Kind::Rate => (canary_per_s * 60.0, limit, step.extend_up_to.as_min()),
    };
    Prospect {
        rate: per_request * per_exposure,
        rate_upper: upper_per_request * per_exposure,
        limit: allowed,
        exposure,
        phi,
        least: step.prove,
    }
}

/// About how much exposure a healthy service needs: requests, or seconds for a rate. None where nothing will do.
pub fn needed(prospect: &Prospect, chosen: Provability, kind: Kind) -> Option<f64> {
    let margin = match chosen {
        Provability::Below { margin } => margin,
        Provability::TooLittleTraffic { .. } => MARGINS[MARGINS.len() - 1],
        Provability::BaselineOverLimit { .. } => return None,
    };
    let exposure = exposure_needed(prospect.rate_upper, prospect.limit, prospect.phi, margin);
    let unit = if kind == Kind::Rate { 60.0 } else { 1.0 };
    exposure.is_finite().then_some(exposure * unit)
}
