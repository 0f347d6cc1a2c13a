//! Whatever a query of the author's own gives: one number at each poll, judged as a level with one sample.

use super::Asked;
use super::gauge::Bounds;
use haldane_core::increment::{Arm, Gauged, Missing, Reading};
use haldane_core::signal::Signal;
use haldane_core::time::Timestamp;
use std::collections::BTreeMap;

/// One query of each version.
pub(crate) struct Scalar {
    pub(crate) signal: Signal,
    pub(crate) queries: BTreeMap<Arm, String>,
    bounds: Bounds,
    /// The end of the last interval, in the source's time.
    until: Option<Timestamp>,
}

impl Scalar {
    pub(crate) fn new(signal: Signal, canary: &str, primary: Option<&str>, bounds: Bounds) -> Self {
        let canary = (Arm::Canary, canary.to_owned());
        let primary = primary.map(|query| (Arm::Primary, query.to_owned()));
        Self { signal, queries: std::iter::once(canary).chain(primary).collect(), bounds, until: None }
    }

    /// Forgets the interval begun.
    pub(crate) const fn drop_interval(&mut self) {
        self.until = None;
    }

    /// The numbers given at this poll.
    pub(crate) fn read(&mut self, numbers: BTreeMap<Arm, Result<f64, Missing>>, asked: Asked) -> Reading {
        let mut values = BTreeMap::new();
        for (arm, number) in numbers {
            match number {
                Ok(value) => drop(values.insert(arm, value)),
                Err(why) => return Reading::Missing(why),
            }
        }
        let since = self.until.filter(|until| *until < asked.cut).unwrap_or(asked.cut - asked.bin);
        self.until = Some(asked.cut);
        let primary = values.get(&Arm::Primary).copied();
        let tolerated = self.bounds.tolerate.zip(primary).map(|(times, level)| times * level);
        let gauged = |level: f64, worse_than: Option<f64>| {
            let beyond = |bound: Option<f64>| f64::from(u8::from(bound.is_some_and(|bound| level > bound)));
            Gauged { level, samples: 1.0, above: beyond(self.bounds.limit), worse: beyond(worse_than) }
        };
        // A query without a baseline has none to answer for.
        let answered = primary.or_else(|| (!self.queries.contains_key(&Arm::Primary)).then_some(0.0));
        let quiet = |level| Gauged { level, samples: 0.0, above: 0.0, worse: 0.0 };
        Reading::Gauged {
            since: since - asked.ahead,
            canary: values.get(&Arm::Canary).map(|level| gauged(*level, tolerated)),
            primary: primary.map(|level| gauged(level, None)).or_else(|| answered.map(quiet)),
        }
    }
}
