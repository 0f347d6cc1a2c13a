//! Recorded counts: the bettors that judge a rollout, over polls that somebody has kept.
//!
//! One case is one canary in one region, so the whole promise is one stratum: the case is breached at the first poll after
//! which the weighted mean of its gates' evidence reaches 1/α. It is healthy when every signal is shown to be: with a limit,
//! proved below a margin times it; without one, shown to be less than a multiple of the baseline. Everything else is
//! inconclusive and says what is missing.

mod check;
mod gate;
mod noise;
mod say;
#[cfg(test)]
mod tests;

use super::{CaseVerdict, Finding, SignalVerdict, Unusable};
use crate::math::{exp, ln, ln_sum_exp};
use crate::signal::Kind;
use crate::time::Span;
use gate::Gate;

/// One case: a canary's counts, poll by poll.
#[derive(Clone, Debug, PartialEq)]
pub struct CountsCase {
    /// The length of one poll's interval; of a rate, its own `minutes` stand above it.
    pub interval: Span,
    /// The promise α: the share of cases within their limits that may be called breached.
    pub false_rollback: f64,
    /// What was counted; at least one.
    pub signals: Vec<CountsSignal>,
}

/// One signal's counts.
#[derive(Clone, Debug, PartialEq)]
pub struct CountsSignal {
    /// Its name in the case.
    pub name: String,
    /// How its counts relate to its limit.
    pub kind: Kind,
    /// Bad events allowed: per event (ratio; of a latency 1 − quantile, such as 0.01), or per minute (rate).
    pub limit: Option<f64>,
    /// How many times the baseline's rate is tolerated; needs a baseline.
    pub tolerate: Option<f64>,
    /// Minutes of exposure to a rate's limit, poll by poll; empty for the other kinds.
    pub minutes: Vec<f64>,
    /// The new version.
    pub canary: ArmCounts,
    /// The old version beside it, over the same polls.
    pub baseline: Option<ArmCounts>,
    /// The old version before.
    pub history: Option<ArmCounts>,
}

/// One arm's counts, poll by poll: all of one length, none negative, all finite.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ArmCounts {
    /// Bad events, at least.
    pub bad: Vec<f64>,
    /// Bad events, at most; equal to `bad` unless a latency limit lies between two bucket edges.
    pub bad_at_most: Vec<f64>,
    /// What two arms are compared by: all events; where a rate names none, minutes.
    pub exposure: Vec<f64>,
}

/// Judges one case.
///
/// # Errors
/// Names the place of what cannot be judged.
pub fn judge(case: &CountsCase) -> Result<CaseVerdict, Unusable> {
    check::case(case)?;
    let threshold = 1.0 / case.false_rollback;
    let mut gates: Vec<Gate> = case.signals.iter().map(|signal| Gate::new(signal, case.interval)).collect();
    let polls = case.signals.iter().map(|s| s.canary.bad.len()).max().unwrap_or(0);
    let mut breached_at = None;
    for poll in 0..polls {
        gates.iter_mut().for_each(|gate| gate.poll(poll));
        if ln_mean(&gates) >= ln(threshold) {
            breached_at = Some(poll);
            break;
        }
    }
    let carriers = breached_at.map(|_| carriers(&gates, threshold)).unwrap_or_default();
    let signals: Vec<SignalVerdict> = gates
        .iter()
        .enumerate()
        .map(|(i, gate)| {
            let (verdict, reason) = say::verdict(gate, carriers.contains(&i), threshold);
            SignalVerdict { name: gate.signal.name.clone(), verdict, evidence: exp(gate.ln_e()), reason }
        })
        .collect();
    let verdict = signals.iter().map(|s| s.verdict).max().unwrap_or(Finding::Inconclusive);
    Ok(CaseVerdict { verdict, breached_at, signals })
}

/// Every signal weighs the same.
fn ln_mean(gates: &[Gate<'_>]) -> f64 {
    ln_sum_exp(gates.iter().map(Gate::ln_e)) - ln(gates.len() as f64)
}

/// The signals that carry a breach: those that would alone, or else the heaviest.
fn carriers(gates: &[Gate<'_>], threshold: f64) -> Vec<usize> {
    let ln_alone = ln(threshold) + ln(gates.len() as f64);
    let alone: Vec<usize> = (0..gates.len()).filter(|i| gates[*i].ln_e() >= ln_alone).collect();
    let heaviest = (0..gates.len()).max_by(|a, b| gates[*a].ln_e().total_cmp(&gates[*b].ln_e()));
    if alone.is_empty() { heaviest.into_iter().collect() } else { alone }
}
