//! How noisy a recorded signal is, and how high the old version's rate: what a case says of it beside the canary.

use super::{ArmCounts, CountsSignal};
use crate::evidence::bound::rate_upper;
use crate::evidence::dispersion::{Fano, cautious_phi, phi};
use crate::evidence::drift::Drift;
use crate::evidence::margin::{Prospect, Provability, provability};
use crate::evidence::panel::Bettors;
use crate::history::LEAST;
use crate::signal::Kind;
use crate::time::Span;

/// The margin under which a healthy canary may always be proved: that of a first step, where little is at risk.
const LEAST_MARGIN: u8 = 2;

/// What is known before the canary's first poll.
pub(super) struct Noise {
    /// Who may bet against the canary: all, where an hour of history names the dispersion.
    pub(super) bettors: Bettors,
    /// The dispersion from history; absent without an hour of it.
    pub(super) phi: Option<f64>,
    /// The factor by which the rate is known to wander by itself; 1 where it is not.
    pub(super) drift: f64,
    /// The old version's usual rate per exposure, and what it wanders by on top: the bar where nothing stands beside the
    /// canary. 0 where it does not wander.
    pub(super) usual: f64,
    /// Whether and how health can be proved at the exposure that was recorded.
    pub(super) provability: Option<Provability>,
}

/// Reads history and baseline. Exposure is no outcome, so a margin may be chosen by all of it; bad events of the canary
/// may choose nothing.
pub(super) fn noise(signal: &CountsSignal, interval: Span) -> Noise {
    let history = signal.history.as_ref().filter(|h| covers(h, interval) >= LEAST);
    let known = history.map(|h| phi(fano(h, interval).factor()));
    let drift = history.and_then(|h| drifting(h, interval)).unwrap_or(1.0);
    let usual = history
        .filter(|_| drift > 1.0)
        .map_or(0.0, |h| drift * usual(signal, h, known.unwrap_or(1.0), interval));
    let bettors = if known.is_some() { Bettors::All } else { Bettors::Fractions };
    let provability = signal.limit.map(|limit| prospect(signal, limit, known, interval));
    Noise { bettors, phi: known, drift, usual, provability }
}

fn covers(history: &ArmCounts, interval: Span) -> Span {
    Span::from_us(interval.as_us().saturating_mul(i64::try_from(history.bad.len()).unwrap_or(i64::MAX)))
}

fn fano(arm: &ArmCounts, interval: Span) -> Fano {
    let mut fano = Fano::default();
    arm.bad_at_most.iter().for_each(|bad| fano.push(*bad, interval));
    fano
}

fn drifting(history: &ArmCounts, interval: Span) -> Option<f64> {
    let mut drift = Drift::default();
    let polls = history.bad_at_most.iter().zip(&history.exposure);
    polls.for_each(|(bad, exposure)| drift.push(*bad, *exposure, interval));
    drift.factor(fano(history, interval).factor().unwrap_or(1.0))
}

/// Bad events per unit of the limit's exposure, at most.
fn usual(signal: &CountsSignal, history: &ArmCounts, phi: f64, interval: Span) -> f64 {
    let exposure = match signal.kind {
        Kind::Ratio | Kind::Latency | Kind::Gauge | Kind::Place => history.exposure.iter().sum(),
        Kind::Rate => covers(history, interval).as_min(),
    };
    let usual = rate_upper(history.bad_at_most.iter().sum(), exposure, phi);
    if usual.is_finite() { usual } else { 0.0 }
}

fn prospect(signal: &CountsSignal, limit: f64, known: Option<f64>, interval: Span) -> Provability {
    let (mut bad, mut total) = (0.0, 0.0);
    for arm in [signal.history.as_ref(), signal.baseline.as_ref()].into_iter().flatten() {
        bad += arm.bad_at_most.iter().sum::<f64>();
        total += arm.exposure.iter().sum::<f64>();
    }
    let so_far = signal.baseline.as_ref().map(|b| fano(b, interval)).unwrap_or_default();
    let phi = known.unwrap_or_else(|| cautious_phi(&so_far));
    let canary: f64 = signal.canary.exposure.iter().sum();
    let minutes: f64 = signal.minutes.iter().sum();
    // A rate's limit is per minute, but what the old version did scales with the traffic that it had.
    let (exposure, per_exposure) = match signal.kind {
        Kind::Rate => (minutes, if minutes > 0.0 { canary / minutes } else { 0.0 }),
        Kind::Ratio | Kind::Latency | Kind::Gauge | Kind::Place => (canary, 1.0),
    };
    let rate = if total > 0.0 { bad / total * per_exposure } else { 0.0 };
    // Where nothing is known of the old version it is taken to be at half of its limit: the least margin's own question.
    let rate_upper = if total > 0.0 { rate_upper(bad, total, phi) * per_exposure } else { limit / 2.0 };
    match provability(&Prospect { rate, rate_upper, limit, exposure, phi, least: LEAST_MARGIN }) {
        Provability::Below { .. } if total <= 0.0 => Provability::Below { margin: LEAST_MARGIN },
        chosen @ (Provability::Below { .. }
        | Provability::TooLittleTraffic { .. }
        | Provability::BaselineOverLimit { .. }) => chosen,
    }
}
