//! A level (CPU, memory) of both versions' pods, reduced to samples above bounds.
//!
//! Each pod's value at each scrape is one sample and is used once: an interval reaches from the last one's end to the cut. Where
//! one version has no new sample yet the interval waits and grows; where it has had none for long, that is said.

use super::Asked;
use super::pods::{Pods, Values, divided, pods};
use crate::prometheus::{ConfigError, Matrix, Selector, median};
use crate::templates::{GaugeQuery, Of};
use haldane_core::increment::{Arm, Gauged, Missing, Reading};
use haldane_core::signal::Signal;
use haldane_core::time::{Span, Timestamp};
use std::collections::BTreeMap;

/// Scrape intervals after which a level is no longer known.
const OLD_INTERVALS: i64 = 4;

/// The least age at which it is not.
const OLD: Span = Span::from_min(2);

/// What the samples are held against, in the unit of the query.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bounds {
    /// The gate's limit.
    pub(crate) limit: Option<f64>,
    /// How many times the primary's mean is tolerated.
    pub(crate) tolerate: Option<f64>,
}

/// One gauge of one region.
pub(crate) struct Gauge {
    pub(crate) signal: Signal,
    arms: BTreeMap<Arm, Parts>,
    bounds: Bounds,
    /// The end of the last interval, in the source's time.
    until: Option<Timestamp>,
}

struct Parts {
    value: Selector,
    of: Of,
    per: Option<(Selector, Of)>,
}

/// What one arm shows: its matrices, the divisor's second.
pub(crate) type Shown = Result<(Matrix, Option<Matrix>), Missing>;

impl Gauge {
    pub(crate) fn new(
        signal: Signal,
        arms: [(Arm, &GaugeQuery); 2],
        bounds: Bounds,
    ) -> Result<Self, ConfigError> {
        let parts = |(arm, query): (Arm, &GaugeQuery)| {
            let read = |text: &str| super::selector(signal, arm, text);
            let per = query.per.as_ref().map(|(text, of)| Ok((read(text)?, *of))).transpose()?;
            Ok((arm, Parts { value: read(&query.value)?, of: query.of, per }))
        };
        let arms = arms.into_iter().map(parts).collect::<Result<_, _>>()?;
        Ok(Self { signal, arms, bounds, until: None })
    }

    /// Forgets the interval begun.
    pub(crate) const fn drop_interval(&mut self) {
        self.until = None;
    }

    /// The selectors of `arm`: the value's, and the divisor's.
    pub(crate) fn selectors(&self, arm: Arm) -> impl Iterator<Item = &Selector> {
        let parts = self.arms.get(&arm);
        parts.into_iter().flat_map(|p| std::iter::once(&p.value).chain(p.per.as_ref().map(|(per, _)| per)))
    }

    /// The samples since the last interval's end and up to the cut; nothing where they are still on their way.
    pub(crate) fn read(&mut self, shown: BTreeMap<Arm, Shown>, asked: Asked) -> Option<Reading> {
        let samples = match self.samples(shown, asked) {
            Ok(samples) => samples?,
            Err(why) => return Some(Reading::Missing(why)),
        };
        let reading = self.reading(&samples, asked);
        self.until = Some(asked.cut);
        Some(reading)
    }

    fn since(&self, asked: Asked) -> Timestamp {
        self.until.filter(|until| *until < asked.cut).unwrap_or(asked.cut - asked.bin)
    }

    /// Every arm's samples of the interval; none where one arm has none yet.
    fn samples(
        &self,
        mut shown: BTreeMap<Arm, Shown>,
        asked: Asked,
    ) -> Result<Option<BTreeMap<Arm, Vec<f64>>>, Missing> {
        let since = self.since(asked);
        let mut all = BTreeMap::new();
        for (arm, parts) in self.arms.iter().filter(|(arm, _)| asked.arms.include(**arm)) {
            let Some(matrices) = shown.remove(arm) else { continue };
            let values = parts.values(*arm, matrices?, since, asked.cut)?;
            parts.fresh(*arm, &values, asked)?;
            let samples: Vec<f64> = values
                .values()
                .flat_map(|v| v.range(..=asked.cut))
                .filter(|(at, _)| **at > since)
                .map(|(_, v)| *v)
                .collect();
            if samples.is_empty() {
                return Ok(None);
            }
            all.insert(*arm, samples);
        }
        Ok(Some(all))
    }

    fn reading(&self, samples: &BTreeMap<Arm, Vec<f64>>, asked: Asked) -> Reading {
        let mean = |arm: Arm| samples.get(&arm).map(|s| s.iter().sum::<f64>() / s.len() as f64);
        let tolerated = self.bounds.tolerate.zip(mean(Arm::Primary)).map(|(times, mean)| times * mean);
        let gauged = |arm: Arm, worse_than: Option<f64>| {
            let values = samples.get(&arm)?;
            let beyond = |bound: Option<f64>| {
                bound.map_or(0.0, |bound| values.iter().filter(|v| **v > bound).count() as f64)
            };
            Some(Gauged {
                level: mean(arm)?,
                samples: values.len() as f64,
                above: beyond(self.bounds.limit),
                worse: beyond(worse_than),
            })
        };
        Reading::Gauged {
            since: self.since(asked) - asked.ahead,
            canary: gauged(Arm::Canary, tolerated),
            primary: gauged(Arm::Primary, None),
        }
    }
}

impl Parts {
    /// The values of every pod. A pod with a sample in the interval whose divisor has no series is missing by name: left out, the
    /// others would speak for it.
    fn values(
        &self,
        arm: Arm,
        (value, per): (Matrix, Option<Matrix>),
        since: Timestamp,
        cut: Timestamp,
    ) -> Result<Pods, Missing> {
        let values = pods(value, self.of, arm, &self.value.metric)?;
        let (Some((selector, of)), Some(per)) = (&self.per, per) else { return Ok(values) };
        let per = pods(per, *of, arm, &selector.metric)?;
        let absent =
            |target: Option<String>| Missing::SeriesAbsent { arm, target, series: selector.metric.clone() };
        if per.is_empty() && !values.is_empty() {
            return Err(absent(None));
        }
        let counts = |values: &Values| values.range(..=cut).next_back().is_some_and(|(at, _)| *at > since);
        let undivided = values.iter().find(|(pod, values)| counts(values) && !per.contains_key(*pod));
        if let Some((pod, _)) = undivided {
            return Err(absent(Some(pod.clone())));
        }
        Ok(divided(values, &per))
    }

    /// Whether an arm's level is known at all, and still.
    fn fresh(&self, arm: Arm, values: &Pods, asked: Asked) -> Result<(), Missing> {
        let newest =
            values.values().filter_map(|v| v.range(..=asked.cut).next_back()).map(|(at, _)| *at).max();
        let Some(newest) = newest else {
            // A rise needs two.
            if !values.is_empty() {
                return Err(Missing::FirstReading);
            }
            return Err(Missing::SeriesAbsent { arm, target: None, series: self.value.metric.clone() });
        };
        let old = Span::from_us(OLD_INTERVALS * interval(values).unwrap_or(asked.interval).as_us()).max(OLD);
        let age = asked.cut - newest;
        let age_s = u64::try_from(age.as_us() / 1_000_000).unwrap_or(0);
        if age > old { Err(Missing::OldData { arm, age_s }) } else { Ok(()) }
    }
}

/// The longest usual distance of two samples of a pod.
fn interval(values: &Pods) -> Option<Span> {
    let distances = values.values().filter_map(|v| {
        let distances: Vec<Span> = v.keys().zip(v.keys().skip(1)).map(|(a, b)| *b - *a).collect();
        median(&distances)
    });
    distances.max()
}
