//! The two kinds of case, and the file they stand in.

use super::example;
use super::signal::Signal;
use haldane_core::series;
use schemars::JsonSchema;
use serde::Deserialize;

/// Recorded data for `haldane judge`: one case, or a list of cases that are judged one by one
#[derive(JsonSchema)]
#[schemars(untagged, title = "haldane judge")]
pub enum File {
    /// One case
    One(Case),
    /// Several cases, each judged by itself and answered in order
    Many(#[schemars(length(min = 1))] Vec<Case>),
}

/// Counts poll by poll, or a short series of measurements
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum Case {
    /// Judged poll by poll, as a rollout is
    Counts(CountsFile<Signal>),
    /// Judged once, as a whole
    Series(SeriesFile),
}

/// Counts of one canary, poll by poll: judged by the bettors that judge a rollout, peeked at after every poll
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = example::counts())]
pub struct CountsFile<S> {
    /// Seconds between two polls
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub interval_seconds: f64,
    /// What was counted
    #[schemars(length(min = 1))]
    pub signals: Vec<S>,
    /// The share of cases within their limits that may be called breached
    #[serde(default = "one_percent")]
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub false_rollback: f64,
}

const fn one_percent() -> f64 {
    0.01
}

/// Short series of measurements, some thirty a side, in any unit: has the new version's level, spread, tail or trend become
/// worse than the old version's?
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = example::series())]
pub struct SeriesFile {
    /// What was measured
    #[schemars(length(min = 1))]
    pub metrics: Vec<Metric>,
}

/// One metric of both versions, sampled at the same instants
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metric {
    /// Its name in the verdict
    pub name: String,
    /// Which way is worse; without a word, more is
    #[serde(default)]
    pub direction: Direction,
    /// The old version
    pub control: Vec<f64>,
    /// The new version
    pub experiment: Vec<f64>,
    /// The old version before
    #[serde(default)]
    pub history: Vec<f64>,
}

/// Which way is worse
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// More is worse
    #[default]
    Increase,
    /// Less is worse
    Decrease,
    /// Any change is
    Either,
}

impl From<Direction> for series::Direction {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Increase => Self::Increase,
            Direction::Decrease => Self::Decrease,
            Direction::Either => Self::Either,
        }
    }
}
