//! What a target's series said last, when a source stands in between: never more than happened.
//!
//! A page of a pod is the whole truth of one process at one instant. Samples of a source are not: series of one target
//! may come late, behind a de-duplicating query even at instants of their own, and a relabelling renames them all at
//! once. So each series is read once by its own time stamps, none is forgotten because another was reset, and a
//! series that was never seen counts from nothing only where the target was counted before, still shows a series
//! known from then (or was vouched for, see [`Memory::vouched`]), and showed no sample of the new one up to then.
//! Everything else is a beginning, not an event.

use super::sighting::Row;
use crate::counting::change::{Advance, Change, change, sum};
use crate::counting::family::Labels;
use crate::counting::split::Split;
use haldane_core::increment::Counts;
use haldane_core::time::Timestamp;
use std::collections::BTreeMap;

/// The last rows of one family of one target.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Up to when it was read; nothing before the first time.
    until: Option<Timestamp>,
    series: BTreeMap<Labels, Row>,
    /// Vanished series were forgotten: what looks new from then on may be one of them.
    is_forgetful: bool,
}

impl Memory {
    /// Of a family that had shown no series by `until`, while its target's other family was there and stood at zero:
    /// a labelled counter before its first request. What it shows after that has happened after that.
    pub(crate) fn vouched(until: Timestamp) -> Self {
        Self { until: Some(until), ..Self::default() }
    }

    /// Whether it was read up to `at`, and every series stood at zero.
    pub(crate) fn is_idle_at(&self, at: Timestamp) -> bool {
        let is_zero = |(_, row): &Row| row.iter().all(|count| *count == 0.0);
        self.until == Some(at) && !self.is_forgetful && self.series.values().all(is_zero)
    }

    /// All that its series showed last.
    pub(crate) fn total(&self) -> f64 {
        self.series.values().filter_map(|(_, row)| row.last()).sum()
    }

    /// How many series are remembered.
    pub(crate) fn len(&self) -> usize {
        self.series.len()
    }

    /// Forgets the series that are not `shown`, for good: from now on every new series is a beginning.
    pub(crate) fn forget_vanished(&mut self, shown: &BTreeMap<Labels, Vec<Row>>) {
        self.series.retain(|labels, _| shown.contains_key(labels));
        self.is_forgetful = true;
    }

    /// Reads every row not yet read, up to `cut`.
    pub(crate) fn advance(
        &mut self,
        seen: &BTreeMap<Labels, Vec<Row>>,
        cut: Timestamp,
        split: Split,
    ) -> Advance {
        let is_news = |labels: &Labels, at: Timestamp| {
            at <= cut && self.series.get(labels).is_none_or(|(last, _)| at > *last)
        };
        let mut with_news =
            seen.iter().filter(|(labels, rows)| rows.iter().any(|(at, _)| is_news(labels, *at))).peekable();
        let has_news = with_news.peek().is_some();
        let goes_on = self.series.is_empty() || with_news.any(|(labels, _)| self.series.contains_key(labels));
        // Only new names: renamed, or another process. What they count is as old as that.
        let counted_until = self.until.filter(|_| goes_on || !has_news);
        let mut advance = Advance::default();
        for (labels, rows) in seen {
            self.read(labels, rows, counted_until, cut, split, &mut advance);
        }
        self.until = Some(cut);
        advance
    }

    fn read(
        &mut self,
        labels: &Labels,
        rows: &[Row],
        counted_until: Option<Timestamp>,
        cut: Timestamp,
        split: Split,
        advance: &mut Advance,
    ) {
        let mut last = self.series.get(labels).cloned();
        for (at, row) in rows.iter().filter(|(at, _)| *at <= cut) {
            let delta = match (&last, counted_until) {
                (_, None) => None,
                (Some((before, _)), _) if at <= before => continue,
                (Some((_, before)), Some(_)) => match change(before, row) {
                    Change::Rise(delta) => Some(delta),
                    Change::Reset => {
                        advance.is_reset = true;
                        Some(row.clone())
                    }
                    Change::Torn => {
                        advance.is_torn = true;
                        None
                    }
                },
                // It was there before, but came late; or it may have been there.
                (None, Some(until)) if *at <= until || self.is_forgetful => None,
                (None, Some(_)) => Some(row.clone()),
            };
            let counts: Counts = delta.map(|delta| split.counts(&delta)).unwrap_or_default();
            advance.counts = sum(advance.counts, counts);
            last = Some((*at, row.clone()));
        }
        if let Some(last) = last {
            self.series.insert(labels.clone(), last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of requests: name, then instants in seconds and totals.
    type Samples<'a> = &'a [(&'a str, &'a [(i64, f64)])];

    fn total(memory: &mut Memory, samples: Samples<'_>, cut_s: i64) -> f64 {
        let labels = |name: &str| Labels::from([("code".to_owned(), name.to_owned())]);
        let row = |(s, n): &(i64, f64)| (Timestamp::from_s(*s), vec![*n, *n]);
        let seen =
            samples.iter().map(|(name, rows)| (labels(name), rows.iter().map(row).collect())).collect();
        memory.advance(&seen, Timestamp::from_s(cut_s), Split::REQUESTS).counts.total
    }

    #[test]
    fn the_first_window_is_a_beginning_and_every_later_sample_counts_once() {
        let mut memory = Memory::default();
        let all: Samples<'_> = &[("200", &[(0, 7.0), (15, 9.0), (30, 12.0), (45, 13.0)])];
        assert_eq!(total(&mut memory, all, 20), 0.0);
        assert_eq!(total(&mut memory, all, 30), 3.0);
        assert_eq!(total(&mut memory, all, 30), 0.0);
        assert_eq!(total(&mut memory, all, 60), 1.0);
    }

    #[test]
    fn a_new_series_of_a_target_that_goes_on_counts_from_nothing() {
        let mut memory = Memory::default();
        total(&mut memory, &[("200", &[(0, 7.0)])], 0);
        assert_eq!(total(&mut memory, &[("200", &[(0, 7.0), (15, 7.0)]), ("500", &[(15, 1.0)])], 15), 1.0);
    }

    #[test]
    fn the_first_series_of_a_target_that_was_vouched_for_counts_from_nothing_and_one_that_came_late_does_not()
    {
        let mut memory = Memory::vouched(Timestamp::from_s(15));
        assert_eq!(total(&mut memory, &[("200", &[(30, 5.0)])], 30), 5.0);
        let mut late = Memory::vouched(Timestamp::from_s(15));
        assert_eq!(total(&mut late, &[("200", &[(15, 5.0), (30, 6.0)])], 30), 1.0);
    }

    #[test]
    fn only_a_memory_that_stands_at_zero_vouches() {
        let mut memory = Memory::default();
        total(&mut memory, &[("200", &[(0, 0.0)])], 5);
        assert!(memory.is_idle_at(Timestamp::from_s(5)) && !memory.is_idle_at(Timestamp::from_s(0)));
        total(&mut memory, &[("200", &[(15, 1.0)])], 15);
        assert!(!memory.is_idle_at(Timestamp::from_s(15)));
    }

    #[test]
    fn a_series_that_came_late_or_a_target_renamed_brings_no_past_with_it() {
        let mut memory = Memory::default();
        total(&mut memory, &[("200", &[(0, 7.0)])], 5);
        let late: Samples<'_> = &[("200", &[(15, 8.0)]), ("500", &[(0, 900.0), (15, 902.0)])];
        assert_eq!(total(&mut memory, late, 15), 3.0);
        let renamed: Samples<'_> = &[("200 new", &[(30, 9.0)]), ("500 new", &[(30, 903.0), (45, 904.0)])];
        assert_eq!(total(&mut memory, renamed, 30), 0.0);
        assert_eq!(total(&mut memory, renamed, 45), 1.0);
    }

    #[test]
    fn what_returns_after_series_were_forgotten_is_a_beginning() {
        let mut memory = Memory::default();
        total(&mut memory, &[("200", &[(0, 50.0)]), ("500", &[(0, 10.0)])], 0);
        memory
            .forget_vanished(&BTreeMap::from([(Labels::from([("code".into(), "200".into())]), Vec::new())]));
        assert_eq!(memory.len(), 1);
        let returned: Samples<'_> = &[("200", &[(15, 52.0)]), ("500", &[(15, 12.0), (30, 13.0)])];
        assert_eq!(total(&mut memory, returned, 15), 2.0);
        assert_eq!(total(&mut memory, returned, 30), 1.0);
    }

    #[test]
    fn a_vanished_series_is_not_forgotten_because_another_was_reset() {
        let mut memory = Memory::default();
        total(&mut memory, &[("200", &[(0, 50.0)]), ("500", &[(0, 10.0)])], 0);
        assert_eq!(total(&mut memory, &[("200", &[(15, 3.0)])], 15), 3.0);
        assert_eq!(total(&mut memory, &[("200", &[(30, 3.0)]), ("500", &[(30, 15.0)])], 30), 5.0);
    }
}
