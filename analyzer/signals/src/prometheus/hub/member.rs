//! One reader's handle on a hub: it asks as if it were alone.

use super::super::answer::Matrix;
use super::super::client::{Session, Source};
use super::Hub;
use super::batch::Entry;
use super::fault::is_down;
use super::question::Question;
use super::run::Run;
use super::traffic::{Tally, Weights};
use haldane_core::increment::{Missing, Region};
use haldane_core::time::Timestamp;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a round waits for members that have not asked yet, in milliseconds of the clock.
const WINDOW_MS: f64 = 150.0;

/// What a source said of its clock, and when it was asked and answered by ours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heard {
    /// When the question was sent.
    pub sent: Timestamp,
    /// What the source said.
    pub source: Timestamp,
    /// When that came.
    pub received: Timestamp,
}

/// A reader of a source that others may read, too; dropping it leaves the hub.
#[derive(Debug)]
pub struct Member {
    pub(in super::super) hub: Arc<Hub>,
    pub(super) region: Region,
}

impl Member {
    /// The source's time, asked once for all members that ask at the same time.
    ///
    /// # Errors
    ///
    /// When the source does not say, or is left alone for a while because it failed too often.
    pub async fn time(&self) -> Result<Heard, Missing> {
        let (reply, answer) = oneshot::channel();
        let hub = &self.hub;
        if let Some(is_full) = hub.times.add((self.region.clone(), reply), hub.members()) {
            let (hub, window) = (hub.clone(), self.window());
            tokio::spawn(async move {
                let asks = hub.times.close(&is_full, window).await;
                let (regions, replies): (Vec<Region>, Vec<_>) = asks.into_iter().unzip();
                let heard = hub.hear(regions).await;
                // Whoever asked may have given up.
                replies.into_iter().for_each(|reply| drop(reply.send(heard.clone())));
            });
        }
        answer.await.unwrap_or_else(|_| Err(self.source().timed_out()))
    }

    /// The raw samples that each question finds, seen from `at` in the source's time: exactly what each would have been
    /// answered alone. In the order of the questions.
    pub async fn samples(&self, questions: &[Question], at: Timestamp) -> Vec<Result<Matrix, Missing>> {
        if questions.is_empty() {
            return Vec::new();
        }
        let (reply, answer) = oneshot::channel();
        let entry = Entry { region: self.region.clone(), questions: questions.to_vec(), at, reply };
        let hub = &self.hub;
        if let Some(is_full) = hub.rounds.add(entry, hub.members()) {
            let (hub, window) = (hub.clone(), self.window());
            tokio::spawn(async move {
                let entries = hub.rounds.close(&is_full, window).await;
                Run::new(hub.core.clone(), entries).run().await;
            });
        }
        let lost = |_| questions.iter().map(|_| Err(self.source().timed_out())).collect();
        answer.await.unwrap_or_else(lost)
    }

    pub(crate) fn source(&self) -> &Source {
        &self.hub.core.source
    }

    /// To ask beside all others, once; what that costs is this region's.
    pub(in super::super) fn session(&self) -> Result<Session<'_>, Missing> {
        let session = self.source().session()?;
        Ok(session.charging(self.hub.core.books.clone(), self.region.clone()))
    }

    /// In real time; accelerated clocks shorten it, else a round would outlast a tick.
    pub(super) fn window(&self) -> Duration {
        let factor = self.hub.core.clock.acceleration().map_or(1.0, |a| a.factor);
        Duration::from_secs_f64(WINDOW_MS / 1e3 / factor.max(1.0))
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.hub.core.members.fetch_sub(1, Relaxed);
    }
}

impl Hub {
    async fn hear(&self, regions: Vec<Region>) -> Result<Heard, Missing> {
        let core = &self.core;
        core.permits()?;
        if core.clock.is_real() {
            core.clock.sleep(haldane_core::time::Span::from_us(self.jitter_us)).await;
        }
        let tally = Arc::new(Tally::default());
        let session = core.source.session()?.counting(tally.clone());
        let sent = core.clock.now();
        let said = session.time().await;
        let received = core.clock.now();
        let weights: Weights = regions.into_iter().map(|region| (region, 1)).collect();
        core.books.charge(&weights, tally.take());
        if let Err(why) = &said
            && is_down(why)
        {
            core.failed(why);
        }
        Ok(Heard { sent, source: said?, received })
    }
}
