//! One sample of a recording: what was seen of a region at an instant.

use haldane_core::increment::Region;
use haldane_core::time::Timestamp;
use std::collections::BTreeSet;
use std::fmt;

/// What a sample is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// The share of the region that answers: 1 is all of it, 0 nothing.
    Up,
    /// The share of the region's probes that are answered as they should be.
    Health,
    /// Who writes there.
    Writer,
    /// Seconds that its copy of the data is behind.
    LagS,
    /// Bytes that its copy of the data is behind.
    LagBytes,
    /// Requests per second that reach it.
    RequestsPerS,
    /// Those of them that fail.
    ErrorsPerS,
    /// Pods that serve.
    Pods,
    /// Pods that the autoscaler may ask for.
    PodsMax,
    /// Their mean utilisation of what they ask for (0.6 = 60 %).
    Utilisation,
    /// Alerts that fire.
    Alerts,
    /// The share of the error budget that is spent.
    BudgetSpent,
    /// Transactions that turned out to be lost.
    LostTransactions,
    /// What a guard of this name sees, in its own unit.
    Guard(String),
}

impl What {
    /// All that have a name of their own.
    pub const NAMED: [Self; 13] = [
        Self::Up,
        Self::Health,
        Self::Writer,
        Self::LagS,
        Self::LagBytes,
        Self::RequestsPerS,
        Self::ErrorsPerS,
        Self::Pods,
        Self::PodsMax,
        Self::Utilisation,
        Self::Alerts,
        Self::BudgetSpent,
        Self::LostTransactions,
    ];

    /// Its name in a recording.
    pub fn name(&self) -> &str {
        match self {
            Self::Up => "up",
            Self::Health => "health",
            Self::Writer => "writer",
            Self::LagS => "lag_s",
            Self::LagBytes => "lag_bytes",
            Self::RequestsPerS => "requests_per_s",
            Self::ErrorsPerS => "errors_per_s",
            Self::Pods => "pods",
            Self::PodsMax => "pods_max",
            Self::Utilisation => "utilisation",
            Self::Alerts => "alerts",
            Self::BudgetSpent => "budget_spent",
            Self::LostTransactions => "lost_transactions",
            Self::Guard(name) => name,
        }
    }

    /// Whether it is told in names; otherwise in a number.
    pub const fn in_names(&self) -> bool {
        matches!(self, Self::Writer | Self::Alerts)
    }

    /// Whether it is a share, 0 to 1.
    pub const fn is_share(&self) -> bool {
        matches!(self, Self::Up | Self::Health)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What was seen.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number: finite, not negative.
    Number(f64),
    /// Names.
    Names(BTreeSet<String>),
    /// It was asked, and could not be told.
    Unknown,
}

/// One sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// When.
    pub at: Timestamp,
    /// Where.
    pub region: Region,
    /// Of what.
    pub what: What,
    /// What was seen.
    pub value: Value,
}
