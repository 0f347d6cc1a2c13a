//! What a pod's family said last, and so what happened since: every page is the whole truth of one process.
//!
//! Every event is counted once. A counter that rose tells the difference; one that fell was reset and tells what it
//! shows now (what it counted before the reset, after the last look, is lost, never guessed); a series that appears
//! on a pod known before starts from nothing, because the first failure is a failure, not a beginning. Only the
//! first look at a pod counts nothing: its counters are as old as the pod. (Unless the pod is known to be new: `roll.rs`.)
//!
//! A series that vanishes is remembered for a while: if it comes back higher, only the rise is counted. It is
//! forgotten at once when another series of the pod was reset, since counters of one process live and die together.

use crate::counting::change::{Advance, Change, change, sum};
use crate::counting::family::Labels;
use crate::counting::split::Split;
use std::collections::BTreeMap;

/// For how many good looks a vanished series is remembered; beyond that it was removed, not left out once.
const REMEMBERED_LOOKS: u32 = 40;

/// Beyond so many series of one pod only those that it shows are remembered.
const MOST_REMEMBERED: usize = 20_000;

/// The last rows of one family of one pod.
#[derive(Default)]
pub(crate) struct Memory {
    has_baseline: bool,
    series: BTreeMap<Labels, Last>,
}

struct Last {
    row: Vec<f64>,
    looks_unseen: u32,
}

impl Memory {
    /// Of a process that began after everything that was counted before: what it shows first has happened since.
    pub(crate) fn of_a_new_process() -> Self {
        Self { has_baseline: true, series: BTreeMap::new() }
    }

    /// Takes in what the pod says now.
    pub(crate) fn advance(&mut self, rows: BTreeMap<Labels, Vec<f64>>, split: Split) -> Advance {
        let mut advance = Advance::default();
        for last in self.series.values_mut() {
            last.looks_unseen += 1;
        }
        for (labels, row) in rows {
            let delta = match self.series.get(&labels).map(|last| change(&last.row, &row)) {
                Some(Change::Rise(delta)) => Some(delta),
                Some(Change::Reset) => {
                    advance.is_reset = true;
                    Some(row.clone())
                }
                Some(Change::Torn) => {
                    advance.is_torn = true;
                    None
                }
                None => self.has_baseline.then(|| row.clone()),
            };
            advance.counts = sum(advance.counts, delta.map(|d| split.counts(&d)).unwrap_or_default());
            self.series.insert(labels, Last { row, looks_unseen: 0 });
        }
        self.has_baseline = true;
        let crowded = self.series.len() > MOST_REMEMBERED;
        let keep = if advance.is_reset || crowded { 0 } else { REMEMBERED_LOOKS };
        self.series.retain(|_, last| last.looks_unseen <= keep);
        advance
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haldane_core::increment::Counts;

    fn rows<const N: usize>(rows: [(&str, &[f64]); N]) -> BTreeMap<Labels, Vec<f64>> {
        let labels = |name: &str| Labels::from([("code".to_owned(), name.to_owned())]);
        rows.into_iter().map(|(name, row)| (labels(name), row.to_vec())).collect()
    }

    fn total(memory: &mut Memory, now: BTreeMap<Labels, Vec<f64>>) -> f64 {
        memory.advance(now, Split::REQUESTS).counts.total
    }

    #[test]
    fn a_pod_that_renames_its_series_at_every_look_is_not_remembered_for_ever() {
        let mut memory = Memory::default();
        for look in 0..5 {
            let name = |i: usize| Labels::from([("path".to_owned(), format!("{look}-{i}"))]);
            memory.advance((0..15_000).map(|i| (name(i), vec![1.0, 0.0])).collect(), Split::REQUESTS);
        }
        assert!(memory.series.len() <= MOST_REMEMBERED, "{}", memory.series.len());
    }

    #[test]
    fn the_first_look_is_a_baseline_and_a_later_series_starts_from_nothing() {
        let mut memory = Memory::default();
        assert_eq!(total(&mut memory, rows([("200", &[50.0, 50.0])])), 0.0);
        let advance = memory.advance(rows([("200", &[53.0, 53.0]), ("500", &[0.0, 1.0])]), Split::REQUESTS);
        assert_eq!(advance.counts, Counts::exact(1.0, 4.0));
    }

    #[test]
    fn a_counter_that_fell_counts_what_it_shows() {
        let mut memory = Memory::default();
        total(&mut memory, rows([("200", &[50.0, 50.0])]));
        assert_eq!(total(&mut memory, rows([("200", &[4.0, 4.0])])), 4.0);
        assert_eq!(total(&mut memory, rows([("200", &[4.0, 4.0])])), 0.0);
    }

    #[test]
    fn a_series_left_out_once_is_not_counted_again_but_one_of_a_dead_process_is() {
        let mut memory = Memory::default();
        total(&mut memory, rows([("200", &[50.0, 50.0]), ("500", &[0.0, 10.0])]));
        total(&mut memory, rows([("200", &[50.0, 50.0])]));
        assert_eq!(total(&mut memory, rows([("200", &[50.0, 50.0]), ("500", &[0.0, 12.0])])), 2.0);
        total(&mut memory, rows([("200", &[3.0, 3.0])]));
        assert_eq!(total(&mut memory, rows([("200", &[3.0, 3.0]), ("500", &[0.0, 15.0])])), 15.0);
    }

    #[test]
    fn a_series_removed_long_ago_takes_no_room() {
        let mut memory = Memory::default();
        total(&mut memory, rows([("200", &[1.0, 1.0]), ("500", &[0.0, 1.0])]));
        for _ in 0..=REMEMBERED_LOOKS {
            total(&mut memory, rows([("200", &[1.0, 1.0])]));
        }
        assert_eq!(memory.series.len(), 1);
    }

    #[test]
    fn a_torn_row_counts_nothing_and_is_told() {
        let mut memory = Memory::default();
        memory.advance(rows([("", &[10.0, 100.0])]), Split::REQUESTS);
        let torn = memory.advance(rows([("", &[95.0, 101.0])]), Split::REQUESTS);
        assert_eq!(torn, Advance { counts: Counts::default(), is_torn: true, is_reset: false });
        let next = memory.advance(rows([("", &[96.0, 103.0])]), Split::REQUESTS);
        assert_eq!(next, Advance { counts: Counts::exact(1.0, 2.0), is_torn: false, is_reset: false });
    }
}
