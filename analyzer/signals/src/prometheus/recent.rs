//! The last minutes, cut as polls would have cut them: what a probe counts, and why it cannot.

use super::judge::Family;
use super::ledger::{Answers, Ledger, Terms};
use super::probe::WINDOW;
use crate::counting::change::sum;
use haldane_core::increment::{Arm, Arms, Counts, Increment, Missing, Reading};
use haldane_core::time::{Span, Timestamp};
use serde::Serialize;

/// What the last minutes held.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Counted {
    /// Their length in seconds.
    pub over_s: f64,
    /// Requests.
    pub requests: f64,
    /// Failed requests (of `requests`) or those slower than the limit (of `buckets`), at least.
    pub bad: f64,
    /// The same at most: more than at least where the limit lies between two bucket edges.
    pub bad_at_most: f64,
}

/// The increments of the last minutes.
pub(super) struct Recent<'a> {
    terms: &'a Terms,
    arms: Arms,
    increments: Vec<Increment>,
}

impl<'a> Recent<'a> {
    /// Cuts what was answered at `at`, in the source's time: the last cut as a poll's, with its reasons.
    pub(super) fn of(terms: &'a Terms, answers: &Answers, at: Timestamp) -> Self {
        let has_canary = answers.keys().any(|(_, arm)| *arm == Arm::Canary);
        let arms = if has_canary { Arms::Both } else { Arms::PrimaryOnly };
        let mut ledger = Ledger::new(terms.clone());
        ledger.begin(arms);
        ledger.learn(answers);
        let bin = ledger.bin();
        let mut increments = Vec::new();
        let mut cut = (at - WINDOW).aligned(bin) + bin;
        while cut + bin <= at.aligned(bin) {
            increments.extend(ledger.cut_at(answers, cut, Span::ZERO));
            cut = cut + bin;
        }
        increments.extend(ledger.observe(answers, at, Span::ZERO));
        Self { terms, arms, increments }
    }

    /// All that was counted of one query.
    pub(super) fn counted(&self, family: Family, arm: Arm) -> Option<Counted> {
        let mut found: Option<(Span, Counts)> = None;
        for increment in &self.increments {
            let Some(Reading::Counted { since, canary, primary, .. }) = self.reading(increment, family)
            else {
                continue;
            };
            let counts = match arm {
                Arm::Canary => canary,
                Arm::Primary => primary,
            };
            let (over, so_far) = found.unwrap_or_default();
            found = counts.map(|counts| (over + (increment.as_of - *since), sum(so_far, counts))).or(found);
        }
        found.map(|(over, counts)| Counted {
            over_s: over.as_s(),
            requests: counts.total,
            bad: counts.bad,
            bad_at_most: counts.bad_at_most,
        })
    }

    /// Why the newest increment lacks one query: told of the arm that it is about, of the canary where of both.
    pub(super) fn missing(&self, family: Family, arm: Arm) -> Option<Missing> {
        match self.reading(self.increments.last()?, family)? {
            Reading::Counted { .. }
            | Reading::Gauged { .. }
            | Reading::Placed { .. }
            | Reading::Missing(Missing::FirstReading) => None,
            Reading::Missing(why) => {
                let of = if self.arms == Arms::Both { Arm::Canary } else { Arm::Primary };
                (why.arm().unwrap_or(of) == arm).then(|| why.clone())
            }
        }
    }

    fn reading<'b>(&self, increment: &'b Increment, family: Family) -> Option<&'b Reading> {
        let signal = self.terms.signals.iter().find(|signal| Family::of(**signal) == family)?;
        increment.signals.get(signal)
    }
}
