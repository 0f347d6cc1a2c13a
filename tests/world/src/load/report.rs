//! What came of the load, as the client saw it.

use haldane_core::time::Span;
use std::collections::BTreeMap;

/// Counts since the generator began. `scheduled = sent + dropped`, and `sent` are answered, failed or outstanding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// Requests whose instant has come.
    pub scheduled: u64,
    /// Requests sent.
    pub sent: u64,
    /// Requests among them that were sent more than 20 ms after their instant.
    pub late: u64,
    /// Requests not sent: too many were under way, or the machine stalled for more than a second.
    pub dropped: u64,
    /// Requests under way.
    pub outstanding: u64,
    /// Answers by status code, whoever gave them.
    pub by_code: BTreeMap<u16, u64>,
    /// Answers of pods, by version and status code; what is only in `by_code` is the proxy's own.
    pub by_version: BTreeMap<String, BTreeMap<u16, u64>>,
    /// Requests without an answer: refused, cut off, or not within 10 s.
    pub failed: u64,
    /// The longest delay of a request against its schedule.
    pub worst_late: Span,
}

impl LoadReport {
    /// Answers with this code, whoever gave them.
    pub fn with_code(&self, code: u16) -> u64 {
        self.by_code.get(&code).copied().unwrap_or(0)
    }

    /// Answers of pods of this version.
    pub fn of_version(&self, version: &str) -> u64 {
        self.by_version.get(version).map_or(0, |codes| codes.values().sum())
    }

    /// Answers that no pod gave.
    pub fn of_the_proxy(&self) -> u64 {
        let pods: u64 = self.by_version.values().flat_map(BTreeMap::values).sum();
        self.by_code.values().sum::<u64>() - pods
    }

    pub(super) fn answered(&mut self, outcome: Option<(u16, Option<String>)>) {
        let Some((code, version)) = outcome else {
            self.failed += 1;
            return;
        };
        *self.by_code.entry(code).or_default() += 1;
        if let Some(version) = version {
            *self.by_version.entry(version).or_default().entry(code).or_default() += 1;
        }
    }
}
