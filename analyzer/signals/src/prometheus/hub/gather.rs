//! What the members of one tick ask, gathered until all have asked or a short time has passed.
//!
//! All pollers wake at the same instants of one grid, so their questions come within milliseconds of each other. The
//! first one opens a round; somebody has to wait for its end, and that is a task of the hub, not the first asker: an
//! asker may give up at any time, and the others must not notice.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// One round after the other.
#[derive(Debug)]
pub(super) struct Gather<T>(Mutex<Option<Round<T>>>);

#[derive(Debug)]
struct Round<T> {
    asks: Vec<T>,
    is_full: Arc<Notify>,
}

impl<T> Gather<T> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Adds to the open round, which is full when `members` have asked. Whoever opened it gets what to wait for.
    pub(super) fn add(&self, ask: T, members: usize) -> Option<Arc<Notify>> {
        let mut open = self.lock();
        let opens = open.is_none();
        let round = open.get_or_insert_with(|| Round { asks: Vec::new(), is_full: Arc::new(Notify::new()) });
        round.asks.push(ask);
        if round.asks.len() >= members {
            round.is_full.notify_one();
        }
        opens.then(|| round.is_full.clone())
    }

    /// Ends the round when it is full or `window` (real time) has passed.
    pub(super) async fn close(&self, is_full: &Notify, window: Duration) -> Vec<T> {
        // Either way the round is over; how it ended does not matter.
        let _late = tokio::time::timeout(window, is_full.notified()).await;
        self.lock().take().map(|round| round.asks).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Round<T>>> {
        // Whole after every operation on it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_round_ends_when_everybody_has_asked_and_not_before_the_window_else() {
        let gather = Gather::new();
        let opened = gather.add(1, 2).expect("the first opens it");
        assert!(gather.add(2, 2).is_none());
        assert_eq!(gather.close(&opened, Duration::from_secs(3600)).await, [1, 2]);
        let opened = gather.add(3, 2).expect("a new one");
        assert_eq!(gather.close(&opened, Duration::from_millis(1)).await, [3]);
    }
}
