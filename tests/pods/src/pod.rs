//! One pod as the model sees it.

use crate::Counts;
use haldane_core::time::Timestamp;

/// A process and what it has counted since it started.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pod {
    /// When the process started; its counters were 0 then.
    pub started_at: Timestamp,
    /// What it has counted since.
    pub counts: Counts,
}

impl Pod {
    pub(crate) fn started(at: Timestamp) -> Self {
        Self { started_at: at, counts: Counts::default() }
    }
}
