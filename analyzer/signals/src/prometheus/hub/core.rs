//! What the tasks of one hub share.

use super::super::client::Source;
use super::breaker::Breaker;
use super::patterns::Patterns;
use super::seams::Seams;
use super::traffic::Books;
use haldane_clock::Clock;
use haldane_core::increment::Missing;
use haldane_core::time::Span;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::Relaxed};
use tokio::sync::Semaphore;

/// Questions that one source is asked at the same time. Its own limit is mostly 20, and we are not alone.
const PLACES: usize = 4;

/// One source and what is known of it.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) source: Source,
    pub(super) clock: Clock,
    pub(super) places: Semaphore,
    pub(super) breaker: Breaker,
    pub(super) seams: Seams,
    pub(super) patterns: Patterns,
    pub(super) books: Arc<Books>,
    /// How many members read it now.
    pub(super) members: AtomicUsize,
    /// The shortest time between two polls of any member, in microseconds.
    poll_us: AtomicI64,
}

impl Core {
    pub(super) fn new(source: Source, clock: Clock) -> Self {
        Self {
            source,
            clock,
            places: Semaphore::new(PLACES),
            breaker: Breaker::default(),
            seams: Seams::default(),
            patterns: Patterns::default(),
            books: Arc::default(),
            members: AtomicUsize::new(0),
            poll_us: AtomicI64::new(i64::MAX),
        }
    }

    /// A member joins that polls this often.
    pub(super) fn joined(&self, poll: Span) {
        self.members.fetch_add(1, Relaxed);
        self.poll_us.fetch_min(poll.as_us().max(1), Relaxed);
    }

    /// Whether the source may be asked now.
    pub(super) fn permits(&self) -> Result<(), Missing> {
        self.breaker.permits(self.clock.now(), self.poll()).map_err(|fault| self.source.missing(fault))
    }

    /// Nothing was answered, in the end because of this.
    pub(super) fn failed(&self, why: &Missing) {
        if let Missing::Source { fault, .. } = why {
            self.breaker.failed(fault, self.clock.now(), self.poll());
        }
    }

    fn poll(&self) -> Span {
        Span::from_us(self.poll_us.load(Relaxed))
    }
}
