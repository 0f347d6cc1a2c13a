//! Targets that were forgotten, and how much they had counted: so that a process that dies again and again is known.
//!
//! A pod in a crash loop is away for longer each time, soon for longer than a target is waited for. When it returns, its
//! counters begin an interval of their own, but that they stand lower than when it left says that it is a new process.

use super::memory::Memory;
use super::sighting::Seen;
use super::target::TargetKey;
use haldane_core::time::Timestamp;
use std::collections::BTreeMap;

/// What forgotten targets had counted, and by when.
#[derive(Debug, Default)]
pub(crate) struct Gone(BTreeMap<TargetKey, (Timestamp, f64)>);

/// How a target stands that was forgotten once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Return {
    /// It was never forgotten.
    Newcomer,
    /// With less than it had counted: another process under its name.
    Anew,
    /// With as much or more: the same process may have gone on.
    GoesOn,
}

impl Gone {
    /// Notes that a target is forgotten. At most `most` are noted: with more, some restarts are not told.
    pub(crate) fn leave(&mut self, key: &TargetKey, memory: &Memory, newest: Timestamp, most: usize) {
        if self.0.len() < most || self.0.contains_key(key) {
            self.0.insert(key.clone(), (newest, memory.total()));
        }
    }

    /// How a target comes that was not known; it is forgotten no longer.
    pub(crate) fn returns(&mut self, key: &TargetKey, seen: Option<&Seen>, cut: Timestamp) -> Return {
        let Some((left, before)) = self.0.remove(key) else {
            return Return::Newcomer;
        };
        if seen.map_or(0.0, |seen| seen.total(left, cut)) < before { Return::Anew } else { Return::GoesOn }
    }
}
