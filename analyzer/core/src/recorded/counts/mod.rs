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

use super::gauge::Track;
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
    /// What was counted.
    pub signals: Vec<CountsSignal>,
    /// What gauges of the case say by themselves; with `signals` at least one. They come after those in the verdict.
    pub gauges: Vec<Track>,
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
    let counted = case.signals.iter().map(|s| s.canary.bad.len());
    let polls = counted.chain(case.gauges.iter().map(|g| g.ln_e.len())).max().unwrap_or(0);
    let mut breached_at = None;
    for poll in 0..polls {
        gates.iter_mut().for_each(|gate| gate.poll(poll));
        if ln_mean(&gates, &case.gauges, poll) >= ln(threshold) {
            breached_at = Some(poll);
            break;
        }
    }
    let last = breached_at.unwrap_or(polls.saturating_sub(1));
    let carriers =
        breached_at.map(|poll| carriers(&all(&gates, &case.gauges, poll), threshold)).unwrap_or_default();
    let counted = gates.iter().enumerate().map(|(i, gate)| {
        let (verdict, reason) = say::verdict(gate, carriers.contains(&i), threshold);
        SignalVerdict { name: gate.signal.name.clone(), verdict, evidence: exp(gate.ln_e()), reason }
    });
    let gauged = case.gauges.iter().enumerate().map(|(i, g)| {
        let breached = carriers.contains(&(gates.len() + i));
        let verdict = if breached { Finding::Breached } else { g.finding };
        SignalVerdict { name: g.name.clone(), verdict, evidence: exp(now(g, last)), reason: g.reason.clone() }
    });
    let signals: Vec<SignalVerdict> = counted.chain(gauged).collect();
    let verdict = signals.iter().map(|s| s.verdict).max().unwrap_or(Finding::Inconclusive);
    Ok(CaseVerdict { verdict, breached_at, signals })
}

/// Each signal's evidence after a poll.
fn all(gates: &[Gate<'_>], gauges: &[Track], poll: usize) -> Vec<f64> {
    gates.iter().map(Gate::ln_e).chain(gauges.iter().map(|g| now(g, poll))).collect()
}

/// A gauge that has fewer polls than others says nothing after its last.
fn now(gauge: &Track, poll: usize) -> f64 {
    gauge.ln_e.get(poll).or(gauge.ln_e.last()).copied().unwrap_or(0.0)
}

/// Every signal weighs the same.
fn ln_mean(gates: &[Gate<'_>], gauges: &[Track], poll: usize) -> f64 {
    let all = all(gates, gauges, poll);
    ln_sum_exp(all.iter().copied()) - ln(all.len() as f64)
}

/// The signals that carry a breach: those that would alone, or else the heaviest.
fn carriers(all: &[f64], threshold: f64) -> Vec<usize> {
    let ln_alone = ln(threshold) + ln(all.len() as f64);
    let alone: Vec<usize> = (0..all.len()).filter(|i| all[*i] >= ln_alone).collect();
    let heaviest = (0..all.len()).max_by(|a, b| all[*a].total_cmp(&all[*b]));
    if alone.is_empty() { heaviest.into_iter().collect() } else { alone }
}
