//! What each comparison says: its verdict, with every number that it rests on.

use super::holds::{data_hold, limit_hold, lone_pod, place_hold, ratio_hold};
use super::rests::{lacks_traffic, rests_on};
use crate::budget;
use crate::evidence::proof::PROVED;
use crate::fold::settles;
use crate::math::ln;
use crate::pool::Pool;
use crate::reason::{Against, Reason};
use crate::report::{GateLook, NoiseSource, ProofLook, Verdict};
use crate::state::{Gate, LimitGate, RatioGate, Rollout, Stage};

pub(super) fn gate_looks(rollout: &Rollout, gate: &Gate, pool: Option<&Pool>) -> Vec<GateLook> {
    let look = |against, bound, weight, ln_e, verdict, proof| GateLook {
        signal: gate.signal,
        against,
        bound,
        weight,
        report_only: gate.report_only,
        ln_e,
        verdict,
        proof,
        bad: gate.bad,
        total: gate.total,
        phi: gate.noise.phi_against(),
        noise: noise_source(gate),
        missing: gate.reading.missing.clone(),
        level: gate.level.clone(),
    };
    let limit = gate.limit.as_ref().map(|l| {
        let verdict = limit_verdict(rollout, gate, l, pool);
        look(
            Against::Limit,
            l.limit,
            l.weight,
            l.against.ln_e(),
            verdict,
            gate.signal.is_core().then(|| proof_look(gate, l)),
        )
    });
    let ratio = gate.ratio.as_ref().map(|r| {
        look(Against::Primary, r.tolerate, r.weight, r.against.ln_e(), ratio_verdict(rollout, gate, r), None)
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

fn limit_verdict(rollout: &Rollout, gate: &Gate, limit: &LimitGate, pool: Option<&Pool>) -> Verdict {
    if breached(rollout, gate, Against::Limit, limit.against.ln_e()) {
        return Verdict::Breached;
    }
    let (signal, exposure, needed) = (gate.signal, limit.exposure, limit.needed);
    let inconclusive = settling(rollout, gate)
        .or_else(|| data_hold(rollout, gate))
        .or_else(|| lone_pod(gate))
        .or_else(|| place_hold(gate))
        .or_else(|| limit_hold(gate, limit))
        .or_else(|| {
            let borrowed =
                pool.and_then(|p| p.ln_proof(&rollout.region, signal)).filter(|e| *e >= ln(PROVED));
            let alone = borrowed.map_or(Reason::TooLittleTraffic { signal, exposure, needed }, |ln_e| {
                Reason::Borrowed { signal, exposure, ln_e }
            });
            let alone = if signal.is_core() {
                alone
            } else {
                Reason::NeedsNoProof { signal, ln_e: limit.against.ln_e() }
            };
            (!limit.proof.is_proved()).then_some(alone)
        });
    let on = rests_on(rollout);
    let inconclusive = inconclusive.map(|reason| match lacks_traffic(&reason) && !on.is_empty() {
        true => Reason::Rests { signal, on: on.to_vec() },
        false => reason,
    });
    inconclusive.map_or(Verdict::Healthy, Verdict::Inconclusive)
}

fn ratio_verdict(rollout: &Rollout, gate: &Gate, ratio: &RatioGate) -> Verdict {
    if breached(rollout, gate, Against::Primary, ratio.against.ln_e()) {
        return Verdict::Breached;
    }
    let quiet = || Reason::NeedsNoProof { signal: gate.signal, ln_e: ratio.against.ln_e() };
    Verdict::Inconclusive(data_hold(rollout, gate).or_else(|| ratio_hold(gate, ratio)).unwrap_or_else(quiet))
}

/// A gate that is only reported carries no breach; it says what it would have done with the budget to itself.
fn breached(rollout: &Rollout, gate: &Gate, against: Against, ln_e: f64) -> bool {
    if gate.report_only {
        return ln_e >= budget::ln_region_threshold(&rollout.policy);
    }
    budget::carries(rollout.breach.as_ref(), gate.signal, against)
}

/// A latency gate that still sits out the beginning of its step.
fn settling(rollout: &Rollout, gate: &Gate) -> Option<Reason> {
    let Stage::Step { index, since } = rollout.stage else {
        return None;
    };
    let settled = since + rollout.policy.steps.get(index)?.settle;
    let now = rollout.polled?;
    (settles(gate.signal.kind()) && now < settled).then_some(Reason::Settling { left: settled - now })
}

fn noise_source(gate: &Gate) -> NoiseSource {
    match gate.noise.history.as_ref().filter(|h| h.suffices()) {
        Some(history) if history.synthetic => NoiseSource::SyntheticHistory,
        Some(_) => NoiseSource::History,
        None => NoiseSource::None,
    }
}
