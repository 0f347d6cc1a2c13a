//! What a region has to keep beyond its limits: its objectives of recovery, its traffic, what its verdict may rest on.

use crate::time::Span;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is particular to one region. Everything may be left out.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Aims {
    /// `namespace/name` of the Canary where it is not the policy's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// How much time's data may be lost when the region it copies is lost (recovery point objective).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpo: Option<Span>,
    /// How soon it has to serve when the region it stands in for is lost (recovery time objective).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rto: Option<Span>,
    /// Its share of all traffic (0.5 = half), for people and for drills.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic: Option<f64>,
    /// What a verdict may rest on where there is too little traffic for one of its own; all of them must hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rests_on: Vec<RestsOn>,
}

impl Aims {
    /// Whether the policy says nothing of it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a verdict without traffic may rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestsOn {
    /// The gate `readiness-failures` is counted in the step, and no check failed.
    Readiness,
    /// The guard `health` has been seen all through the step's window, and every probe was answered.
    Probe,
    /// Every active region runs the release, has been watched since, and nothing speaks against it there.
    ActiveVerdicts,
}

impl RestsOn {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Readiness, Self::Probe, Self::ActiveVerdicts];
}

impl fmt::Display for RestsOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Readiness => "readiness",
            Self::Probe => "probe",
            Self::ActiveVerdicts => "active-verdicts",
        })
    }
}
