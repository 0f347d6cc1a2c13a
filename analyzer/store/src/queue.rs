//! The one queue to the writer: bounded per kind, never blocking, in the order of the calls.
//!
//! The channel itself is unbounded and the bounds are counted beside it, because hook records and transactions
//! share one order (a flush comes after what was recorded before it) but not one bound: a flood of records must
//! never cost a permission its place.

use crate::error::StoreError;
use crate::records::{Committed, HookRecord, Pruned, Transaction};
use crate::stats::Counters;
use haldane_core::time::Timestamp;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use tokio::sync::{mpsc, oneshot};

/// How many hook records can wait to be written: minutes of a fleet's hooks, some tens of megabytes.
pub const HOOKS_MAX: usize = 65_536;

/// How many transactions can wait to be written. More than that means that the disk stands still.
pub const COMMITS_MAX: usize = 8_192;

/// Where an answer goes; nobody need be waiting for it any more.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What one caller wants written, under one savepoint.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) transaction: Transaction,
    /// Write the heartbeat too.
    pub(crate) beat: bool,
    pub(crate) prune: Option<Prune>,
}

/// A slice of retention: small, so that commits get their turn in between.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prune {
    pub(crate) history_before: Timestamp,
    pub(crate) hooks_before: Timestamp,
    /// At most so many rows of each table.
    pub(crate) rows_max: i64,
}

/// What came of a caller's work.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) committed: Committed,
    pub(crate) pruned: Pruned,
}

/// A caller's work and where its answer goes.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) work: Work,
    pub(crate) reply: Reply<Done>,
}

/// What the writer is told.
#[derive(Debug)]
pub(crate) enum Command {
    Work(Job),
    Hook(HookRecord),
    /// Answer when every hook record before this is written.
    Flush(Reply<()>),
    /// Write what is queued, close the file, answer.
    Close(Reply<()>),
}

/// The callers' end.
#[derive(Debug)]
pub(crate) struct Queue {
    sender: mpsc::UnboundedSender<Command>,
    counters: Arc<Counters>,
}

impl Queue {
    pub(crate) fn new(counters: Arc<Counters>) -> (Self, mpsc::UnboundedReceiver<Command>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self { sender, counters }, receiver)
    }

    /// Queues work at once; what is returned only waits for the answer.
    pub(crate) fn work(&self, work: Work) -> Result<oneshot::Receiver<Result<Done, StoreError>>, StoreError> {
        let depth = &self.counters.commits_queued;
        enter(depth, COMMITS_MAX, "transactions")?;
        let (reply, answer) = oneshot::channel();
        self.send(Command::Work(Job { work, reply })).inspect_err(|_| leave(depth, 1))?;
        Ok(answer)
    }

    /// Queues a hook record. What cannot be queued is counted as dropped.
    pub(crate) fn hook(&self, hook: HookRecord) -> Result<(), StoreError> {
        let depth = &self.counters.hooks_queued;
        enter(depth, HOOKS_MAX, "hook records")
            .and_then(|()| self.send(Command::Hook(hook)).inspect_err(|_| leave(depth, 1)))
            .inspect_err(|_| {
                self.counters.hooks_dropped.fetch_add(1, Relaxed);
            })
    }

    /// Queues a flush or the close.
    pub(crate) fn control(
        &self,
        command: fn(Reply<()>) -> Command,
    ) -> Result<oneshot::Receiver<Result<(), StoreError>>, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(command(reply))?;
        Ok(answer)
    }

    fn send(&self, command: Command) -> Result<(), StoreError> {
        self.sender.send(command).map_err(|_| StoreError::Closed)
    }
}

fn enter(depth: &AtomicUsize, max: usize, what: &'static str) -> Result<(), StoreError> {
    depth
        .fetch_update(AcqRel, Acquire, |queued| (queued < max).then_some(queued + 1))
        .map(|_| ())
        .map_err(|queued| StoreError::Overloaded { what, queued })
}

/// Takes `count` that were entered off again.
pub(crate) fn leave(depth: &AtomicUsize, count: usize) {
    depth.fetch_sub(count, AcqRel);
}
