//! What a guard found, as data and as a sentence: what it saw, since when, and what clears it.

use super::{Carry, Rule};
use crate::increment::{Missing, Region};
use crate::time::Span;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// A guard that holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GuardHold {
    /// Its name.
    pub guard: String,
    /// Where it stands.
    pub region: Region,
    /// How long it has stood, as far as anybody saw.
    pub stood: Span,
    /// What it found.
    pub finding: Finding,
}

/// What a guard found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "finding", rename_all = "kebab-case")]
pub enum Finding {
    /// A level is over what is allowed.
    Over {
        /// The rule, which knows the unit.
        rule: Rule,
        /// The level.
        level: f64,
        /// Where it was seen, or what was wrong there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        what: Option<String>,
    },
    /// Alerts fire.
    Firing {
        /// Which.
        names: BTreeSet<String>,
    },
    /// The writer has moved, and things have to settle.
    WriterMoved {
        /// Who wrote before.
        from: BTreeSet<String>,
        /// Who writes now.
        to: BTreeSet<String>,
        /// Time left.
        left: Span,
    },
    /// The service has too few or too many writers.
    Writers {
        /// Those that there are, in all regions.
        names: BTreeSet<String>,
        /// How many there must be.
        expected: u32,
    },
    /// There may not be enough pods.
    TooFewPods {
        /// For what.
        carry: Carry,
        /// How many it takes.
        needed: f64,
        /// How many there may be.
        most: f64,
    },
    /// Another region's load, which may come here, is not known.
    LoadUnknown {
        /// Which region's.
        of: Region,
    },
    /// Nobody knows.
    Unknown {
        /// Why; absent where it was never asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<Missing>,
    },
    /// It was known, too long ago.
    Old {
        /// How long ago.
        age: Span,
    },
}

impl fmt::Display for GuardHold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { guard, region, stood, finding } = self;
        write!(f, "guard {guard} in {region}: {finding}")?;
        if *stood > Span::ZERO {
            write!(f, ", for {stood} now")?;
        }
        write!(f, "; it clears when {}", finding.clears())
    }
}

fn list(names: &BTreeSet<String>) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    match (names.len(), names.len().saturating_sub(SHOWN)) {
        (0, _) => "nobody".to_owned(),
        (_, 0) => shown.join(", "),
        (_, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Over { rule, level, what } => {
                write!(f, "{}", rule.over(*level))?;
                what.as_ref().map_or(Ok(()), |what| write!(f, " ({what})"))
            }
            Self::Firing { names } => write!(f, "{} fires", list(names)),
            Self::WriterMoved { from, to, left } => {
                write!(f, "a failover: {} wrote, {} writes now; {left} left to settle", list(from), list(to))
            }
            Self::Writers { names, expected } => {
                write!(f, "the service has {} writers ({}), not {expected}", names.len(), list(names))
            }
            Self::TooFewPods { carry, needed, most } => match carry {
                Carry::Own => write!(f, "the load needs {needed:.0} pods, and there may be {most:.0}"),
                Carry::Failover => write!(
                    f,
                    "with the largest other region's load it would need {needed:.0} pods, and there may be {most:.0}"
                ),
                Carry::Rollback => write!(
                    f,
                    "rolled back now, the load would need {needed:.0} pods of the primary, and there are {most:.0}"
                ),
            },
            Self::LoadUnknown { of } => write!(f, "the load of {of}, which may come here, is not known"),
            Self::Unknown { why: Some(why) } => write!(f, "not known: {why}"),
            Self::Unknown { why: None } => f.write_str("not seen yet"),
            Self::Old { age } if *age < Span::ZERO => {
                write!(f, "last seen {} ahead of the clock, which was set back", Span::ZERO - *age)
            }
            Self::Old { age } => write!(f, "last seen {age} ago"),
        }
    }
}

impl Finding {
    /// Whether nothing was found, and nobody knows.
    pub(crate) const fn is_unknown(&self) -> bool {
        match self {
            Self::LoadUnknown { .. } | Self::Unknown { .. } | Self::Old { .. } => true,
            Self::Over { .. }
            | Self::Firing { .. }
            | Self::WriterMoved { .. }
            | Self::Writers { .. }
            | Self::TooFewPods { .. } => false,
        }
    }

    /// What ends it, to stand after "it clears when".
    fn clears(&self) -> String {
        match self {
            Self::Over { rule, .. } => rule.clear(),
            Self::Firing { .. } => "no such alert fires".to_owned(),
            Self::WriterMoved { left, .. } => format!("nothing moves for {left} more"),
            Self::Writers { expected, .. } => format!("exactly {expected} write"),
            Self::TooFewPods { most, .. } => format!("{most:.0} pods are enough, or more are allowed"),
            Self::LoadUnknown { .. } | Self::Unknown { .. } | Self::Old { .. } => {
                "a poll brings it".to_owned()
            }
        }
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn lag(level: f64, bytes: bool) -> String {
    if bytes { format!("{level:.0} bytes") } else { format!("{level:.1} s") }
}

impl Rule {
    fn over(&self, level: f64) -> String {
        match self {
            Self::RegionUp => format!("{} of what is looked at is down", percent(level)),
            Self::Health => format!("{} of the probes fail", percent(level)),
            Self::ReplicationLag { most, bytes } => {
                format!("the copy is {} behind, over {}", lag(level, *bytes), lag(*most, *bytes))
            }
            Self::ErrorBudget { most } => {
                format!("{} of the error budget is spent, over {}", percent(level), percent(*most))
            }
            Self::Freshness { most } => {
                format!("the newest is {} old, over {most}", Span::from_us((level * 1e6) as i64))
            }
            Self::Level { most } => format!("{level} is over {most}"),
            Self::Failover { .. } | Self::Capacity { .. } | Self::Alerts => format!("{level}"),
        }
    }

    fn clear(&self) -> String {
        match self {
            Self::RegionUp => "all of it answers".to_owned(),
            Self::Health => "every probe is answered".to_owned(),
            Self::ReplicationLag { most, bytes } => format!("it is {} or less", lag(*most, *bytes)),
            Self::ErrorBudget { most } => format!("{} or less is spent", percent(*most)),
            Self::Freshness { most } => format!("it is {most} old or less"),
            Self::Level { most } => format!("it is {most} or less"),
            Self::Failover { .. } | Self::Capacity { .. } | Self::Alerts => "it is over".to_owned(),
        }
    }
}
