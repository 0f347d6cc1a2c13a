//! Answers on their way back: each entry is answered as soon as all its questions are.

use super::batch::{Answer, Entry, Item, Wanted};
use haldane_core::increment::Missing;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// What has been answered of a batch.
pub(super) struct Slots(Mutex<Vec<Slot>>);

struct Slot {
    answers: Vec<Option<Answer>>,
    open: usize,
    /// Gone when it was used.
    reply: Option<oneshot::Sender<Vec<Answer>>>,
}

impl Slots {
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        let slot = |entry: Entry| Slot {
            answers: entry.questions.iter().map(|_| None).collect(),
            open: entry.questions.len(),
            reply: Some(entry.reply),
        };
        Self(Mutex::new(entries.into_iter().map(slot).collect()))
    }

    /// Answers one question; the first answer stands.
    pub(super) fn answer(&self, wanted: Wanted, answer: Answer) {
        let mut slots = self.lock();
        let Some(slot) = slots.get_mut(wanted.entry) else { return };
        let Some(place) = slot.answers.get_mut(wanted.question) else { return };
        if place.is_none() {
            *place = Some(answer);
            slot.open -= 1;
        }
        if slot.open == 0
            && let Some(reply) = slot.reply.take()
        {
            // Whoever asked may have given up.
            let _gone = reply.send(std::mem::take(&mut slot.answers).into_iter().flatten().collect());
        }
    }

    /// Answers everything that is still open with this reason.
    pub(super) fn give_up(&self, why: &Missing) {
        for slot in self.lock().iter_mut() {
            let answers = std::mem::take(&mut slot.answers);
            let answers =
                answers.into_iter().map(|answer| answer.unwrap_or_else(|| Err(why.clone()))).collect();
            if let Some(reply) = slot.reply.take() {
                let _gone = reply.send(answers);
            }
        }
    }

    /// Whether anybody still waits for any of these.
    pub(super) fn wait_for(&self, items: &[Item]) -> bool {
        let slots = self.lock();
        let waits = |slot: &Slot| slot.reply.as_ref().is_some_and(|reply| !reply.is_closed());
        items.iter().flat_map(|item| &item.wanted).any(|wanted| slots.get(wanted.entry).is_some_and(waits))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Slot>> {
        // Whole after every operation on it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
