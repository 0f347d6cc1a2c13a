//! The guards of one region: what each asks, and what it makes of the answers. No question is put here.

use super::ask::{Ask, Words};
use super::capacity::{Shown, Workload};
use super::fresh::Subject;
use super::freshness::Age;
use super::writers::Says;
use super::{alerts, fresh, freshness, health, lag, level, region_up, writers};
use crate::prometheus::Matrix;
use haldane_core::guard::{Guard, Seen, Watched};
use haldane_core::increment::{Arm, Missing};
use haldane_core::time::Timestamp;

/// What was answered to one question.
pub(crate) type Answer = Result<Matrix, Missing>;

/// The guards of one region, in the policy's order.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub(super) guards: Vec<Planned>,
}

/// One guard and what it asks.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) guard: Guard,
    pub(super) how: How,
    /// What is read, and behind it the ages that it must not exceed.
    pub(super) asks: Vec<Ask>,
    /// How many of them are ages.
    pub(super) ages: usize,
}

/// How answers are read.
#[derive(Clone, Debug)]
pub(super) enum How {
    RegionUp,
    /// By whoever asks the probes.
    Health,
    Lag,
    Level,
    Writers(Says),
    Capacity(Workload),
    Alerts,
    Age(Age),
}

impl Plan {
    /// Whether the region has no guards at all.
    pub const fn is_empty(&self) -> bool {
        self.guards.is_empty()
    }

    /// Each guard with the questions that it asks, as they are put.
    pub fn questions(&self) -> impl Iterator<Item = (&Guard, Vec<String>)> {
        self.guards.iter().map(|planned| (&planned.guard, planned.asks.iter().map(Ask::text).collect()))
    }

    /// Every question, guard by guard.
    pub(crate) fn asks(&self) -> impl Iterator<Item = &Ask> {
        self.guards.iter().flat_map(|planned| &planned.asks)
    }

    /// What each guard sees in the answers, which are in the order of the questions; `at` is the instant that they were
    /// asked for, in the source's time.
    pub(crate) fn read(&self, answers: Vec<Answer>, at: Timestamp) -> Vec<Watched> {
        // Sources keep milliseconds, and round an instant to the nearest.
        let at = Timestamp::from_us(at.as_us().saturating_add(999).div_euclid(1000) * 1000);
        let mut answers = answers.into_iter();
        let read = |planned: &Planned| {
            let own = answers.by_ref().take(planned.asks.len()).collect();
            let seen = planned.seen(own, at).unwrap_or_else(|why| Seen::Unknown { why });
            Watched { guard: planned.guard.clone(), seen }
        };
        self.guards.iter().map(read).collect()
    }

    /// The same reason for every guard that asks anything.
    pub(crate) fn unknown(&self, why: &Missing) -> Vec<Watched> {
        let unanswered = self.asks().map(|_| Err(why.clone())).collect();
        self.read(unanswered, Timestamp::from_us(0))
    }
}

impl Planned {
    fn seen(&self, answers: Vec<Answer>, at: Timestamp) -> Result<Seen, Missing> {
        let series = self.asks.first().map_or("", |ask| ask.name.as_str());
        let subject = Subject { guard: &self.guard.name, series, at };
        let mut answers: Vec<Matrix> = answers.into_iter().collect::<Result<_, _>>()?;
        let ages = answers.split_off(answers.len().saturating_sub(self.ages));
        let asked = self.asks.iter().skip(answers.len());
        asked
            .zip(&ages)
            .try_for_each(|(ask, age)| fresh::no_older(age, Subject { series: &ask.name, ..subject }))?;
        let mut answers = answers.into_iter();
        let mut next = || answers.next().ok_or_else(|| subject.absent());
        match &self.how {
            How::Health => Ok(health::unknown()),
            How::RegionUp => region_up::seen(next()?, subject),
            How::Lag => lag::seen(next()?, next()?, next()?, subject),
            How::Level => level::seen(next()?, subject),
            How::Writers(says) => writers::seen(next()?, *says, subject),
            How::Alerts => alerts::seen(next()?, subject),
            How::Age(age) => freshness::seen(next()?, *age, subject),
            How::Capacity(workload) => {
                let shown = Shown {
                    deployments: next()?,
                    autoscalers: next()?,
                    arms: [(Arm::Canary, next()?, next()?), (Arm::Primary, next()?, next()?)],
                };
                workload.seen(shown, subject)
            }
        }
    }
}

impl Ask {
    /// Whether only a source that reads PromQL can answer it.
    pub(crate) const fn is_query(&self) -> bool {
        matches!(self.words, Words::Query(_))
    }
}
