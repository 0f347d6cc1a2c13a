//! What was found about one region: one line per question, well, worth knowing, or to be mended.

use super::cure::cure;
use haldane_core::increment::{Missing, Region};
use serde::Serialize;

/// One region's source, as found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegionFindings {
    /// Which.
    pub region: Region,
    /// What was found, in the order of the questions.
    pub findings: Vec<Finding>,
}

/// One line of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How good it is.
    pub level: Level,
    /// What about: `clock`, `history`, a query of an arm, an arm's pods, a signal; `canary`, one of its hooks or checks.
    pub what: String,
    /// The facts.
    pub says: String,
    /// What to do next, or what follows from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The query to paste into the source's own page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
}

/// How good a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Haldane can work with it, and the user should know.
    Note,
    /// A rollout would be held, or would go where the policy does not want it.
    Wrong,
}

impl RegionFindings {
    /// How many findings would hold or harm a rollout.
    pub fn wrong(&self) -> usize {
        self.findings.iter().filter(|f| f.level == Level::Wrong).count()
    }
}

impl Finding {
    pub(super) fn ok(what: &str, says: impl Into<String>) -> Self {
        Self { level: Level::Ok, what: what.to_owned(), says: says.into(), next: None, query: None }
    }

    pub(super) fn note(what: &str, says: impl Into<String>, next: &str) -> Self {
        Self { level: Level::Note, next: Some(next.to_owned()), ..Self::ok(what, says) }
    }

    pub(super) fn wrong(what: &str, says: impl Into<String>, next: &str) -> Self {
        Self { level: Level::Wrong, ..Self::note(what, says, next) }
    }

    /// What a poll would give as its reason for holding.
    pub(super) fn missing(what: &str, missing: &Missing) -> Self {
        Self::wrong(what, missing.to_string(), cure(missing))
    }

    pub(super) fn with_query(self, text: &str) -> Self {
        Self { query: Some(text.to_owned()), ..self }
    }
}
