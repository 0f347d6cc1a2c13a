//! Delivers news one after the other, each until it has arrived.
//!
//! What cannot be delivered waits, in order, and is tried again after a second, then two, up to a minute; what is refused for
//! what it says is dropped, because it would be refused for ever and everything behind it would wait. Every loss is counted
//! and logged by its number alone: a target's address and the news themselves are nobody's business in a log.

use super::Waiting;
use haldane_clock::Clock;
use haldane_core::time::Span;
use haldane_signals::notify::{NotTold, Target};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The first pause after a failure; each further one is twice as long.
const FIRST_PAUSE: Span = Span::from_s(1);
/// The longest.
const LONGEST_PAUSE: Span = Span::from_s(60);

/// What has become of the news of one service.
#[derive(Default)]
pub(super) struct Counters {
    told: AtomicU64,
    failed: AtomicU64,
    lost: AtomicU64,
    waiting: AtomicU64,
}

impl Counters {
    pub(super) fn waits(&self) {
        self.waiting.fetch_add(1, Relaxed);
    }

    pub(super) fn lost(&self) {
        self.lost.fetch_add(1, Relaxed);
    }

    fn done(&self, count: &AtomicU64) {
        count.fetch_add(1, Relaxed);
        self.waiting.fetch_sub(1, Relaxed);
    }
}

/// How much of a service's news has arrived, since this process began.
#[derive(Clone)]
pub struct NotifyCounts(pub(super) Arc<Counters>);

impl NotifyCounts {
    /// Arrived.
    pub fn told(&self) -> u64 {
        self.0.told.load(Relaxed)
    }

    /// Attempts that failed; most are followed by another.
    pub fn failed(&self) -> u64 {
        self.0.failed.load(Relaxed)
    }

    /// Given up.
    pub fn lost(&self) -> u64 {
        self.0.lost.load(Relaxed)
    }

    /// On their way.
    pub fn waiting(&self) -> u64 {
        self.0.waiting.load(Relaxed)
    }
}

/// Delivers what `waiting` brings to `target`, until stopped.
pub(in crate::engine) fn start(
    service: String,
    mut waiting: Waiting,
    target: Target,
    clock: Clock,
    mut stop: watch::Receiver<bool>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let counters = waiting.counters.clone();
        let deliver = async {
            while let Some(news) = waiting.queue.recv().await {
                one(&service, &counters, &target, &clock, news).await;
            }
        };
        tokio::select! {
            () = deliver => {}
            _ = stop.wait_for(|stopped| *stopped) => {}
        }
        let left = counters.waiting.load(Relaxed);
        if left > 0 {
            tracing::error!(service, left, target = target.name(), "stopping before everybody was told");
        }
    })
}

async fn one(service: &str, counters: &Counters, target: &Target, clock: &Clock, news: Vec<u8>) {
    let mut pause = FIRST_PAUSE;
    loop {
        match target.tell(news.clone()).await {
            Ok(()) => return counters.done(&counters.told),
            Err(NotTold::Refused(status)) => {
                counters.failed.fetch_add(1, Relaxed);
                tracing::error!(service, target = target.name(), status, "news are refused, and dropped");
                return counters.done(&counters.lost);
            }
            Err(NotTold::Later(why)) => {
                counters.failed.fetch_add(1, Relaxed);
                let retry_in_s = pause.as_s();
                tracing::warn!(service, target = target.name(), why, retry_in_s, "nobody could be told");
            }
        }
        clock.sleep(pause).await;
        pause = (pause + pause).min(LONGEST_PAUSE);
    }
}
