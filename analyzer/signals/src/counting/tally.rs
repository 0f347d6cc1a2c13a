//! Running totals that stay exact for ever.
//!
//! An increment is the difference of two totals. Above 2^53 a sum of floats is rounded, and then the difference counts
//! events that never were, or one failure of no request at all. A pod that shows absurd numbers and restarts gets there
//! in two pages; so totals are whole numbers of small parts, and only differences become floats again.

use haldane_core::increment::Counts;

/// Parts of one event, for counters that count in fractions. A power of two, so that whole counts stay whole.
const PARTS: f64 = 1_048_576.0;

/// Events ever counted. Room for 2^54 counters at the end of their own range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    bad: i128,
    bad_at_most: i128,
    total: i128,
}

impl Tally {
    /// Adds what one look brought.
    pub(crate) fn add(&mut self, counts: Counts) {
        self.bad += parts(counts.bad);
        self.bad_at_most += parts(counts.bad_at_most);
        self.total += parts(counts.total);
    }

    /// What was counted since this tally was `then`.
    pub(crate) fn since(&self, then: &Self) -> Counts {
        Counts {
            bad: events(self.bad - then.bad),
            bad_at_most: events(self.bad_at_most - then.bad_at_most),
            total: events(self.total - then.total),
        }
    }
}

/// Rounds, and never turns two counts around: what was not more than another still is not.
fn parts(events: f64) -> i128 {
    (events * PARTS).round() as i128
}

/// As [`parts`], back.
fn events(parts: i128) -> f64 {
    parts as f64 / PARTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_after_absurd_counts_is_one_failure_of_one_request() {
        let mut tally = Tally::default();
        for _ in 0..5 {
            tally.add(Counts::exact(0.0, 9e15));
        }
        let then = tally;
        tally.add(Counts::exact(1.0, 1.0));
        assert_eq!(tally.since(&then), Counts::exact(1.0, 1.0));
        assert_eq!(tally.since(&Tally::default()).bad, 1.0);
    }

    #[test]
    fn fractions_are_kept_and_none_of_three_counts_overtakes_another() {
        let mut tally = Tally::default();
        tally.add(Counts { bad: 0.5, bad_at_most: 41.25, total: 41.25 });
        tally.add(Counts { bad: 1e-9, bad_at_most: 1e-9, total: 2e-9 });
        assert_eq!(tally.since(&Tally::default()), Counts { bad: 0.5, bad_at_most: 41.25, total: 41.25 });
    }
}
