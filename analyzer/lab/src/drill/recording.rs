//! Samples in their order, and what they say of an instant: the newest before it, unless that has grown old.
//!
//! A sample speaks until the next one, or for two minutes, or twice as long as samples are usually apart, whichever is
//! longer. After that nothing is known: a source that fell silent must not go on saying that all is well.

use super::sample::{Sample, Value, What};
use haldane_core::increment::Region;
use haldane_core::time::{Span, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// How long a sample speaks at least.
const SPEAKS: Span = Span::from_min(2);

/// One series, oldest first, and how far apart its samples usually are.
#[derive(Clone, Debug, PartialEq, Default)]
struct Series {
    samples: Vec<(Timestamp, Value)>,
    gap: Option<Span>,
}

/// What was recorded.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Recording {
    series: BTreeMap<Region, BTreeMap<What, Series>>,
}

impl Recording {
    /// Samples in any order; of two of the same instant the later in the list counts.
    pub fn new(samples: Vec<Sample>) -> Self {
        let mut series: BTreeMap<Region, BTreeMap<What, Series>> = BTreeMap::new();
        for Sample { at, region, what, value } in samples {
            series.entry(region).or_default().entry(what).or_default().samples.push((at, value));
        }
        for series in series.values_mut().flat_map(BTreeMap::values_mut) {
            // Stable, and reversed before that: so the later of two stands first, and dedup keeps it.
            series.samples.reverse();
            series.samples.sort_by_key(|(at, _)| *at);
            series.samples.dedup_by_key(|(at, _)| *at);
            series.gap = median_gap(&series.samples);
        }
        Self { series }
    }

    /// Regions that anything was recorded of.
    pub fn regions(&self) -> impl Iterator<Item = &Region> {
        self.series.keys()
    }

    /// Whether anything was recorded of it.
    pub fn has(&self, region: &Region, what: &What) -> bool {
        !self.of(region, what).is_empty()
    }

    /// Whether any region has it.
    pub fn has_anywhere(&self, what: &What) -> bool {
        self.series.values().any(|region| region.contains_key(what))
    }

    /// The samples of one series, oldest first.
    pub fn of(&self, region: &Region, what: &What) -> &[(Timestamp, Value)] {
        self.series.get(region).and_then(|r| r.get(what)).map_or(&[], |series| &series.samples)
    }

    /// Every instant of a sample, in order.
    pub fn instants(&self) -> BTreeSet<Timestamp> {
        self.all().map(|(at, _)| *at).collect()
    }

    /// The first and the last instant; absent of an empty recording.
    pub fn ends(&self) -> Option<(Timestamp, Timestamp)> {
        let least = self.all().map(|(at, _)| *at).min()?;
        Some((least, self.all().map(|(at, _)| *at).max()?))
    }

    fn all(&self) -> impl Iterator<Item = &(Timestamp, Value)> {
        self.series.values().flat_map(BTreeMap::values).flat_map(|series| &series.samples)
    }

    /// How far apart samples usually are; absent of fewer than two.
    pub fn gap(&self, region: &Region, what: &What) -> Option<Span> {
        self.series.get(region)?.get(what)?.gap
    }

    /// How long a sample of this series speaks.
    fn speaks(&self, region: &Region, what: &What) -> Span {
        let gap = self.gap(region, what).unwrap_or(Span::ZERO);
        SPEAKS.max(Span::from_us(gap.as_us().saturating_mul(2)))
    }

    /// The newest sample at or before `at`, however old.
    pub fn newest(&self, region: &Region, what: &What, at: Timestamp) -> Option<(Timestamp, &Value)> {
        let series = self.of(region, what);
        let before = series.partition_point(|(sampled, _)| *sampled <= at);
        series.get(before.checked_sub(1)?).map(|(at, value)| (*at, value))
    }

    /// What is known at `at`; absent where it is too old, or could not be told. Before its first sample a series is taken to
    /// have been as it was then.
    pub fn known(&self, region: &Region, what: &What, at: Timestamp) -> Option<&Value> {
        let first = self.of(region, what).first()?;
        let (sampled, value) = self.newest(region, what, at).unwrap_or((first.0, &first.1));
        let known = at - sampled <= self.speaks(region, what) && *value != Value::Unknown;
        known.then_some(value)
    }

    /// The same, where it is a number.
    pub fn number(&self, region: &Region, what: &What, at: Timestamp) -> Option<f64> {
        match self.known(region, what, at)? {
            Value::Number(number) => Some(*number),
            Value::Names(_) | Value::Unknown => None,
        }
    }

    /// The same, where it is names.
    pub fn names(&self, region: &Region, what: &What, at: Timestamp) -> Option<&BTreeSet<String>> {
        match self.known(region, what, at)? {
            Value::Names(names) => Some(names),
            Value::Number(_) | Value::Unknown => None,
        }
    }
}

fn median_gap(samples: &[(Timestamp, Value)]) -> Option<Span> {
    let mut gaps: Vec<Span> = samples.iter().zip(samples.iter().skip(1)).map(|(a, b)| b.0 - a.0).collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "us-east";

    fn recording(samples: &[(i64, Value)]) -> Recording {
        let sample = |(s, value): &(i64, Value)| Sample {
            at: Timestamp::from_s(*s),
            region: HERE.into(),
            what: What::LagS,
            value: value.clone(),
        };
        Recording::new(samples.iter().map(sample).collect())
    }

    fn at(recording: &Recording, s: i64) -> Option<f64> {
        recording.number(&HERE.into(), &What::LagS, Timestamp::from_s(s))
    }

    #[test]
    fn samples_in_any_order_say_what_was_newest() {
        let recording =
            recording(&[(30, Value::Number(3.0)), (10, Value::Number(1.0)), (30, Value::Number(4.0))]);
        assert_eq!(at(&recording, 29), Some(1.0));
        assert_eq!(at(&recording, 30), Some(4.0), "of two of one instant the later in the list");
        assert_eq!(at(&recording, 0), Some(1.0), "before the first, as it was then");
    }

    #[test]
    fn a_sample_does_not_speak_for_ever_and_an_unknown_one_says_nothing() {
        let recording = recording(&[(0, Value::Number(1.0)), (10, Value::Unknown), (20, Value::Number(2.0))]);
        assert_eq!(at(&recording, 15), None);
        assert_eq!(at(&recording, 140), Some(2.0));
        assert_eq!(at(&recording, 141), None);
    }

    #[test]
    fn rare_samples_speak_for_longer() {
        let recording = recording(&[(0, Value::Number(1.0)), (300, Value::Number(2.0))]);
        assert_eq!(at(&recording, 299), Some(1.0));
        assert_eq!(at(&recording, 901), None);
    }
}
