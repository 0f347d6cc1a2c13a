//! Counts of one further signal: a ledger of its own, cut where the requests are cut.
//!
//! The same counting as of requests, with the same care about resets, gaps and vanished pods, but its own scrape interval: what
//! kube-state-metrics counts comes every minute. All signals of an increment end at the same instant, so it is told where to
//! cut, and where its samples are still on their way it says nothing and counts them by the next cut.

use super::by_pod::by_pod;
use super::{Asked, Further};
use crate::prometheus::{
    Answers, Bad, ConfigError, Family, LeUnit, Ledger, Matrix, Selector, Terms, durations, requests,
};
use crate::templates::{Exposure, What};
use haldane_core::increment::{Arm, Increment, Missing};
use haldane_core::signal::Signal;
use haldane_core::time::{Span, Timestamp};
use std::collections::BTreeMap;

/// One counted signal of one region.
pub(crate) struct Counted {
    pub(crate) signal: Signal,
    pub(crate) exposure: Exposure,
    selectors: BTreeMap<Arm, Selector>,
    family: Family,
    bad: Option<Bad>,
    unit_ms: f64,
    pub(crate) ledger: Ledger,
}

impl Counted {
    pub(crate) fn new(further: &Further, terms: &Terms) -> Result<Option<Self>, ConfigError> {
        let (signal, limit_ms) = (further.signal, further.limit);
        let (texts, family, bad, exposure, unit) = match &further.what {
            What::Counts { canary, primary, bad, exposure } => {
                ([canary, primary], Family::Requests, bad.as_ref(), *exposure, LeUnit::Seconds)
            }
            What::Buckets { canary, primary, le_unit } => {
                ([canary, primary], Family::Durations, None, Exposure::Own, *le_unit)
            }
            What::Gauge { .. } | What::Place { .. } | What::Scalar { .. } => return Ok(None),
        };
        let [canary, primary] = texts;
        let selectors: BTreeMap<Arm, Selector> = [
            (Arm::Canary, super::selector(signal, Arm::Canary, canary)?),
            (Arm::Primary, super::selector(signal, Arm::Primary, primary)?),
        ]
        .into();
        let bad = bad.map(|text| Bad::parse(text).map_err(|why| ConfigError::Bad { why })).transpose()?;
        let metrics = selectors.iter().map(|(arm, s)| ((family, *arm), s.metric.clone())).collect();
        let terms = Terms { signals: vec![signal], limit_ms, metrics, ..terms.clone() };
        let (unit_ms, ledger) = (unit.ms(), Ledger::new(terms));
        Ok(Some(Self { signal, exposure, selectors, family, bad, unit_ms, ledger }))
    }

    /// The selector of `arm`.
    pub(crate) fn selector(&self, arm: Arm) -> Option<&Selector> {
        self.selectors.get(&arm)
    }

    /// What was answered, read; the cut, if it can be taken.
    pub(crate) fn read(
        &mut self,
        shown: BTreeMap<Arm, Result<Matrix, Missing>>,
        asked: Asked,
    ) -> Option<Increment> {
        let answers: Answers = shown
            .into_iter()
            .map(|(arm, matrix)| {
                let metric = self.selectors.get(&arm).map_or("", |s| s.metric.as_str());
                let sighting = matrix.map(|matrix| match self.family {
                    Family::Requests => requests(by_pod(matrix), self.bad.as_ref(), metric),
                    Family::Durations => durations(by_pod(matrix), self.unit_ms, metric, None),
                });
                ((self.family, arm), sighting)
            })
            .collect();
        self.ledger.cut_where(&answers, asked.cut, asked.now, asked.ahead)
    }

    /// How far back to ask at `now`, in the source's time.
    pub(crate) fn window(&self, now: Timestamp) -> Span {
        self.ledger.window(now)
    }

    /// How many targets of `arm` are live.
    pub(crate) fn targets(&self, arm: Arm) -> usize {
        self.ledger.targets(self.family, arm)
    }
}
