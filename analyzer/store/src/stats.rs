//! What the store tells about itself, for readiness and metrics.

use crate::error::StoreError;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// The store's own numbers at one moment. Counts are since it was opened.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// Transactions that wait for their answer.
    pub commits_queued: usize,
    /// Hook records that wait to be written.
    pub hooks_queued: usize,
    /// Hook records that were lost: refused by a full queue or by the schema.
    pub hooks_dropped: u64,
    /// Transactions that were acknowledged.
    pub commits: u64,
    /// SQLite transactions that succeeded: each is one wait for the disk, shared by a group of callers.
    pub groups: u64,
    /// SQLite transactions that failed, with everything in them.
    pub groups_failed: u64,
    /// Why the last SQLite transaction failed; none when it succeeded.
    pub last_error: Option<StoreError>,
}

/// The numbers while they change. Each is right by itself; together they are a moment's blur, which is enough here.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) commits_queued: AtomicUsize,
    pub(crate) hooks_queued: AtomicUsize,
    pub(crate) hooks_dropped: AtomicU64,
    commits: AtomicU64,
    groups: AtomicU64,
    groups_failed: AtomicU64,
    last_error: Mutex<Option<StoreError>>,
}

impl Counters {
    pub(crate) fn stats(&self) -> Stats {
        Stats {
            commits_queued: self.commits_queued.load(Relaxed),
            hooks_queued: self.hooks_queued.load(Relaxed),
            hooks_dropped: self.hooks_dropped.load(Relaxed),
            commits: self.commits.load(Relaxed),
            groups: self.groups.load(Relaxed),
            groups_failed: self.groups_failed.load(Relaxed),
            last_error: self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// A group of `commits` acknowledged transactions is on the disk.
    pub(crate) fn succeeded(&self, commits: u64) {
        self.groups.fetch_add(1, Relaxed);
        self.commits.fetch_add(commits, Relaxed);
        if self.set_last_error(None).is_some() {
            tracing::info!("the store can be written again");
        }
    }

    /// A group failed. Told once per trouble, not once per group: the log has its own disk to fill.
    pub(crate) fn failed(&self, error: &StoreError) {
        self.groups_failed.fetch_add(1, Relaxed);
        if self.set_last_error(Some(error.clone())).is_none() {
            let cause = std::error::Error::source(error);
            tracing::error!(error = %error, cause, "the store cannot be written");
        }
    }

    fn set_last_error(&self, error: Option<StoreError>) -> Option<StoreError> {
        std::mem::replace(&mut *self.last_error.lock().unwrap_or_else(PoisonError::into_inner), error)
    }
}
