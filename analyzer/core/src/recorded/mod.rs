//! Verdicts on recorded data, offline: what `haldane judge` says of a case, and how.
//!
//! Two kinds of case. Counts, poll by poll, are judged by the very bettors that judge a rollout, peeked at after every
//! poll. Short recorded series (some thirty points a side, in any unit) are judged once, by [`crate::series`]; a test made
//! for one look must never feed capital that is looked at again and again. Both end in the same three words.

pub mod counts;
pub mod gauge;

use serde::Serialize;

/// What a case, or one signal of it, says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// Enough was seen, and nothing speaks against the canary.
    Healthy,
    /// Too little was seen, or too little can be told from it.
    Inconclusive,
    /// The canary is worse than it may be.
    Breached,
}

/// What one case says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseVerdict {
    /// The whole.
    pub verdict: Finding,
    /// The poll (from 0) after which the evidence had crossed the budget. None for a series: it is judged once, as a whole.
    pub breached_at: Option<usize>,
    /// Each signal or metric, in the order of the case.
    pub signals: Vec<SignalVerdict>,
}

/// What one signal or metric says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SignalVerdict {
    /// As the case names it.
    pub name: String,
    /// What it says.
    pub verdict: Finding,
    /// How strongly the data speak against the canary, as odds: the e-value of counts, 1/p of a series. Finite.
    pub evidence: f64,
    /// Why, in one sentence with its numbers.
    pub reason: String,
}

/// A case that cannot be judged, and where it is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// The place in the case, such as `metrics[0].control[3]`.
    pub place: String,
    /// What is wrong there, and what to write instead.
    pub problem: String,
}
