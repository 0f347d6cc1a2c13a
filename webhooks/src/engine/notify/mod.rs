//! Tells somebody what people have to know: a late breach, a run that is held too long, a guard that holds a release.
//!
//! ```text
//! keeper publishes ─► events (what is new in it) ─► queue, bounded ─► deliver: one task, one call at a time
//! ```
//!
//! The keeper reads its news off every publication, so none is missed that a reader of the newest state would skip; it
//! only puts them into the queue and never waits. What stood when the process began is not told: the one before did.

mod deliver;
mod events;
mod news;

pub use deliver::NotifyCounts;
pub(super) use deliver::start;

use super::handle::Published;
use deliver::Counters;
use events::Events;
use news::{News, body};
use std::sync::Arc;
use tokio::sync::mpsc;

/// News that may wait for a target that is away: some days of them.
const MOST_WAITING: usize = 1_000;

/// What the keeper of one service tells.
pub(super) struct Teller {
    events: Events,
    queue: mpsc::Sender<Vec<u8>>,
    counters: Arc<Counters>,
    service: String,
    public_url: Option<String>,
}

/// What waits to be delivered.
pub(super) struct Waiting {
    queue: mpsc::Receiver<Vec<u8>>,
    counters: Arc<Counters>,
}

/// A teller of `service` and the end of its queue; reports are at `public_url`. `standing` is not told.
pub(super) fn teller(
    service: &str,
    public_url: Option<&str>,
    standing: &Published,
) -> (Teller, Waiting, NotifyCounts) {
    let (sender, receiver) = mpsc::channel(MOST_WAITING);
    let counters = Arc::new(Counters::default());
    let counts = NotifyCounts(counters.clone());
    let teller = Teller {
        events: Events::standing(standing),
        queue: sender,
        counters: counters.clone(),
        service: service.to_owned(),
        public_url: public_url.map(|url| url.trim_end_matches('/').to_owned()),
    };
    (teller, Waiting { queue: receiver, counters }, counts)
}

impl Teller {
    /// Puts into the queue what `after` has that `before` had not.
    pub(super) fn published(&mut self, before: &Published, after: &Published) {
        for news in self.events.between(before, after) {
            self.tell(&news);
        }
    }

    fn tell(&self, news: &News) {
        let queued = body(news, &self.service, self.public_url.as_deref())
            .ok()
            .is_some_and(|body| self.queue.try_send(body).is_ok());
        if queued {
            self.counters.waits();
        } else {
            self.counters.lost();
            let (service, event) = (&self.service, news.event);
            tracing::error!(service, event, "nobody is told of this: too much waits for notify.url already");
        }
    }
}
