//! The control of a canary that has all the traffic: regions that still run the old version.
//!
//! At 100 % nothing in the region tells a bad release from a bad hour. What hits every region (a dependency, a network, a
//! client gone wild) shows in those that have not changed over yet. Their primaries' bad events are compared with the
//! canary's as a primary's own would be, each region measured by its own past: with m = requests × the rate before the
//! rollout, the canary's share of all bad events is expected to be m_A/(m_A + m_B). The pasts are estimates, so the ratio
//! is raised to its upper 99.9 % bound, e^{3.09·se} with se² = φ/x for each past of x events (the logit's normal
//! approximation; it spends a thousandth of the promise). Simulated with a shared drift and everything 1.8 times up: false
//! alarms against the past alone 81 %, this way none.
//!
//! It attributes, and never accuses: regions drift apart from each other more than two versions in one region do (with a
//! drift of half a log unit in each region, a ratio gate against other regions convicted seven of a hundred healthy releases).

use crate::evidence::ratio::Cell;
use crate::increment::{Counts, Increment, Region};
use crate::math::exp;
use crate::signal::Signal;
use crate::state::{Gate, Rollout, ServiceState, Stage};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// The 99.9 % quantile of the standard normal distribution.
const Z999: f64 = 3.09;

/// What the regions on the old version show beside one increment of a canary that has none beside itself.
#[derive(Default)]
pub(super) struct Elsewhere {
    /// Their bad events, and how many their own past would have brought.
    by_signal: BTreeMap<Signal, Control>,
    /// Up to when each was read; nothing is used twice.
    pub(super) until: BTreeMap<Region, Timestamp>,
}

#[derive(Clone, Copy, Default)]
struct Control {
    bad: f64,
    usual: f64,
    /// Events in the pasts, over their dispersion.
    worth: f64,
}

/// Collects the controls for `increment`, if its region is one that needs them.
pub(super) fn elsewhere(state: &ServiceState, increment: &Increment) -> Elsewhere {
    let mut found = Elsewhere::default();
    let Some(rollout) = state.rollouts.get(&increment.region) else { return found };
    if !(matches!(rollout.stage, Stage::Step { .. }) && rollout.weight() == Some(100)) {
        return found;
    }
    let oldest = increment.as_of - rollout.policy.bin() - rollout.policy.bin();
    for other in state.rollouts.values().filter(|other| runs_the_old_version(other, rollout)) {
        let used = rollout.controls.get(&other.region);
        for gate in other.binding() {
            let Some((until, counts)) = gate.reading.primary else { continue };
            if until > oldest && until <= increment.as_of && used.is_none_or(|u| until > *u) {
                found.add(gate, counts);
                found.until.insert(other.region.clone(), until);
            }
        }
    }
    found
}

/// Whether another region's primary is still what this release replaces.
fn runs_the_old_version(other: &Rollout, rollout: &Rollout) -> bool {
    let below_top = other.weight().is_some_and(|w| w < 100);
    let same_release = other.release.is_some() && other.release == rollout.release;
    other.region != rollout.region
        && same_release
        && match other.stage {
            Stage::Waiting | Stage::Admitted | Stage::OffLadder { .. } | Stage::Step { .. } => below_top,
            Stage::RolledBack { .. } | Stage::RolledBackByOrder { .. } => true,
            Stage::Unknown
            | Stage::Promoting { .. }
            | Stage::Promoted { .. }
            | Stage::PromotedUnjudged { .. }
            | Stage::FailedPromotion { .. }
            | Stage::Superseded { .. }
            | Stage::EndedUnknown { .. } => false,
        }
}

impl Elsewhere {
    fn add(&mut self, gate: &Gate, counts: Counts) {
        let Some((rate, worth)) = past(gate) else { return };
        let control = self.by_signal.entry(gate.signal).or_default();
        control.bad += counts.bad;
        control.usual += rate * counts.total;
        control.worth += worth;
    }

    /// The comparison of a canary's counts with them, where both pasts are known.
    pub(super) fn cell(&self, gate: &Gate, canary: Counts) -> Option<Cell> {
        let control = self.by_signal.get(&gate.signal)?;
        let (rate, worth) = past(gate)?;
        let error = (1.0 / worth + 1.0 / control.worth).sqrt();
        let exposure_ratio = canary.total * rate / control.usual * exp(Z999 * error);
        (exposure_ratio > 0.0 && exposure_ratio.is_finite()).then_some(Cell {
            canary_bad: canary.bad,
            primary_bad: control.bad,
            exposure_ratio,
        })
    }
}

/// The primary's rate before the rollout, and how many independent events it rests on; absent where there was none.
fn past(gate: &Gate) -> Option<(f64, f64)> {
    let history = gate.noise.history.as_ref().filter(|h| h.suffices() && h.bad > 0.0 && h.total > 0.0)?;
    Some((history.bad / history.total, history.bad / gate.noise.phi_against()))
}
