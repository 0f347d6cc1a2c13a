//! How a simulated release ends.

use super::seat::Seat;
use crate::watch::found;
use haldane_core::increment::Region;
use haldane_core::reason::{Against, Reason, Stratum};
use haldane_core::signal::Signal;
use haldane_core::time::Timestamp;
use std::collections::BTreeSet;

/// How it ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// Every region runs the release.
    Promoted,
    /// One region went back.
    RolledBack {
        /// Which.
        region: Region,
        /// At which weight, in percent.
        weight: u32,
        /// Minutes since the canary's first traffic there.
        since_exposure_min: f64,
        /// Minutes since the fault began there; absent when it had not, or there is none.
        since_onset_min: Option<f64>,
        /// Whose evidence convicted.
        stratum: Stratum,
        /// The heaviest gate.
        culprit: Option<(Signal, Against)>,
    },
    /// It waits for a person.
    Held {
        /// Where.
        region: Region,
        /// At which weight, in percent.
        weight: u32,
        /// Why, in few words each.
        reasons: Vec<String>,
    },
}

/// A step that was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepLeft {
    /// Its place on the ladder.
    pub step: usize,
    /// Its weight, in percent.
    pub weight: u32,
    /// At the end of its window, without any extension.
    pub on_time: bool,
}

/// One release.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// Every step that was left, in all regions.
    pub left: Vec<StepLeft>,
    /// Expected bad requests beyond what the healthy version would have served.
    pub bad_served: f64,
    /// Whether the fault ever showed.
    pub fault_began: bool,
    /// Minutes from its opening to its end.
    pub minutes: f64,
}

impl Outcome {
    /// Promoted everywhere, and no step was extended.
    pub fn on_time(&self) -> bool {
        self.end == End::Promoted && self.left.iter().all(|l| l.on_time)
    }
}

pub(super) fn rolled_back(seat: &Seat, now: Timestamp, reasons: &[Reason]) -> End {
    let minutes = |since: Timestamp| (now - since).as_min();
    let since_exposure_min = seat.exposed.map_or(0.0, minutes);
    let found = found(since_exposure_min, reasons);
    End::RolledBack {
        region: seat.region.clone(),
        weight: seat.weight,
        since_exposure_min,
        since_onset_min: seat.fault_began.map(minutes),
        stratum: found.stratum,
        culprit: found.culprit.map(|c| (c.signal, c.against)),
    }
}

pub(super) fn held(seat: &Seat, reasons: Vec<String>) -> End {
    End::Held { region: seat.region.clone(), weight: seat.weight, reasons }
}

/// Each reason once.
pub(super) fn words(reasons: &[Reason]) -> Vec<String> {
    reasons.iter().map(word).collect::<BTreeSet<_>>().into_iter().collect()
}

/// A reason in few words: which, and about which signal. The name is the variant's own, so that a new reason is
/// counted under its name without a change here.
pub(super) fn word(reason: &Reason) -> String {
    let debug = format!("{reason:?}");
    let variant = debug.split([' ', '(', '{']).next().unwrap_or_default();
    let mut name = String::new();
    for c in variant.chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(c.to_ascii_lowercase());
    }
    signal(reason).map_or(name.clone(), |s| format!("{name} {s}"))
}

fn signal(reason: &Reason) -> Option<Signal> {
    if let Reason::Breach { culprits, .. } = reason {
        return culprits.first().map(|c| c.signal);
    }
    if let Reason::NotQuiet { signal, .. }
    | Reason::Environment { signal, .. }
    | Reason::NotProved { signal, .. }
    | Reason::TooLittleTraffic { signal, .. }
    | Reason::TrafficUnknown { signal }
    | Reason::BaselineOverLimit { signal, .. }
    | Reason::NotCounted { signal, .. }
    | Reason::NoTraffic { signal }
    | Reason::NoControl { signal } = reason
    {
        return Some(*signal);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_named_as_it_is_recorded() {
        assert_eq!(word(&Reason::NoTraffic { signal: Signal::ErrorRate }), "no-traffic error-rate");
        assert_eq!(word(&Reason::WeightUnknown), "weight-unknown");
    }
}
