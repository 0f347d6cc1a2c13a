//! One line of a recording, as it is written; the JSON Schema is made of these types.

use haldane_lab::drill::What;
use schemars::JsonSchema;
use serde::Deserialize;

/// A line of a recording for `haldane drill`: one JSON object per line, in any order of time
#[derive(JsonSchema)]
#[schemars(untagged, title = "haldane drill")]
#[expect(
    dead_code,
    reason = "lines are read apart, for better words about what is wrong; this is their schema"
)]
pub(super) enum Written {
    /// What was seen of a region at an instant
    Sample(Line),
    /// What the recording is, for people; shown with the result
    About(About),
}

/// What the recording is
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct About {
    /// Where it comes from, in one line
    pub(super) about: String,
}

/// What was seen of one region at an instant
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    /// When: an instant such as `2026-03-01T12:00:05Z`, or seconds from any zero; one of the two in the whole file
    pub(super) at: At,
    /// Where: a region of the policy
    pub(super) region: String,
    /// What was measured; write either this or `guard`
    #[serde(default)]
    pub(super) signal: Option<Signal>,
    /// The name of a guard of the policy, if what it sees was recorded in its own unit (a freshness in seconds, a level)
    #[serde(default)]
    pub(super) guard: Option<String>,
    /// What was seen; `null` where it was asked and could not be told
    pub(super) value: Told,
}

/// An instant
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum At {
    /// Seconds
    Seconds(f64),
    /// RFC 3339
    Instant(String),
}

/// What was measured
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Signal {
    /// The share of the region that answers, 0 to 1; `true` is 1. A fall to 0 is the loss of the region
    Up,
    /// The share of its probes that are answered as they should be, 0 to 1
    Health,
    /// Who writes the data there: names, `true`, or `false` and `[]` for nobody
    Writer,
    /// Seconds that its copy of the data is behind
    LagS,
    /// Bytes that its copy of the data is behind
    LagBytes,
    /// Requests per second that reach it
    RequestsPerS,
    /// Those of them that fail
    ErrorsPerS,
    /// Pods that serve
    Pods,
    /// Pods that the autoscaler may ask for
    PodsMax,
    /// Their mean utilisation of what they ask for: 0.6 is 60 %
    Utilisation,
    /// Names of the alerts that fire; `[]` where none does
    Alerts,
    /// The share of the error budget that is spent: 1 is all of it
    BudgetSpent,
    /// Transactions that turned out to be lost, in the region that took over, at any instant after the loss
    LostTransactions,
}

impl Signal {
    pub(super) const fn what(self) -> What {
        match self {
            Self::Up => What::Up,
            Self::Health => What::Health,
            Self::Writer => What::Writer,
            Self::LagS => What::LagS,
            Self::LagBytes => What::LagBytes,
            Self::RequestsPerS => What::RequestsPerS,
            Self::ErrorsPerS => What::ErrorsPerS,
            Self::Pods => What::Pods,
            Self::PodsMax => What::PodsMax,
            Self::Utilisation => What::Utilisation,
            Self::Alerts => What::Alerts,
            Self::BudgetSpent => What::BudgetSpent,
            Self::LostTransactions => What::LostTransactions,
        }
    }
}

/// What was seen
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Told {
    /// Nothing could be told
    Nothing(()),
    /// Yes or no
    Truth(bool),
    /// A number, finite and not negative
    Number(f64),
    /// One name
    Name(String),
    /// Names
    Names(Vec<String>),
}
