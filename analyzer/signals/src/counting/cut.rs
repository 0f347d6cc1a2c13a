//! Cuts: the instants between which increments are counted, signal by signal.
//!
//! A cut holds both arms' totals of one instant. It is taken only when everything that was asked for is well, and
//! it stays where it is while something is not: the next counted increment is then longer, with every event in it.
//! Each signal has its own, because signals fail apart.

use super::split::Split;
use super::tally::Tally;
use haldane_core::increment::{Arm, Missing, Reading};
use haldane_core::time::Timestamp;
use std::collections::BTreeMap;

/// The totals of the arms that are asked for.
pub(crate) type Totals = BTreeMap<Arm, Tally>;

/// One signal's last cut.
#[derive(Default)]
pub(crate) struct Cut(Option<Taken>);

struct Taken {
    at: Timestamp,
    totals: Totals,
    edges: Option<Vec<f64>>,
}

/// Everything that one signal shows at one instant.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) totals: Totals,
    /// The bucket edges in milliseconds, where the signal has any and a pod showed them.
    pub(crate) edges: Option<Vec<f64>>,
}

impl Cut {
    /// Forgets the interval begun: nothing may be counted across this instant.
    pub(crate) fn drop_interval(&mut self) {
        self.0 = None;
    }

    /// Drops the interval if a pod now has other edges than at its beginning: slow would change its meaning inside
    /// it. Edges first seen inside the interval are its edges.
    pub(crate) fn hold_edges(&mut self, seen: &[f64]) {
        if let Some(taken) = &mut self.0
            && taken.edges.get_or_insert_with(|| seen.to_vec()) != seen
        {
            self.0 = None;
        }
    }

    /// Cuts now, and tells what happened since the last cut. `limit_ms` is the latency limit that `edges` bracket.
    pub(crate) fn take(&mut self, at: Timestamp, shown: Shown, limit_ms: Option<f64>) -> Reading {
        let Shown { totals, edges } = shown;
        // Pods that all restarted show no edges now, but what was counted before had some.
        let edges = edges.or_else(|| self.0.as_ref().and_then(|last| last.edges.clone()));
        let bracket = edges.as_deref().zip(limit_ms).and_then(|(e, limit)| Split::at(e, limit).bracket(e));
        let reading = match &self.0 {
            Some(last) => {
                let since_cut = |arm: Arm| Some(totals.get(&arm)?.since(last.totals.get(&arm)?));
                let (canary, primary) = (since_cut(Arm::Canary), since_cut(Arm::Primary));
                Reading::Counted { since: last.at, canary, primary, bracket }
            }
            None => Reading::Missing(Missing::FirstReading),
        };
        self.0 = Some(Taken { at, totals, edges });
        reading
    }
}
