//! What each hook is answered with: the next ones first, then what holds always.

use crate::Answer;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Debug, Default)]
struct Inner {
    next: BTreeMap<String, VecDeque<Answer>>,
    always: BTreeMap<String, Answer>,
}

/// A handle; clones are the same answers.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers(Arc<Mutex<Inner>>);

impl Answers {
    pub(super) fn always(&self, hook: &str, answer: Answer) {
        self.inner().always.insert(hook.to_owned(), answer);
    }

    pub(super) fn next(&self, hook: &str, answer: Answer) {
        self.inner().next.entry(hook.to_owned()).or_default().push_back(answer);
    }

    /// The answer to a call of `hook`. By itself nothing is refused, and nothing rolled back.
    pub(super) fn take(&self, hook: &str) -> Answer {
        let mut inner = self.inner();
        let next = inner.next.get_mut(hook).and_then(VecDeque::pop_front);
        let usual = if hook == "rollback" { Answer::NO } else { Answer::YES };
        next.or_else(|| inner.always.get(hook).cloned()).unwrap_or(usual)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Whole answers are put in and taken out.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
