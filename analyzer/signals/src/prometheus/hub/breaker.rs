//! A source that keeps failing is left alone for a while, longer each time, up to a bound.
//!
//! Not to spare ourselves: a source that is overloaded recovers sooner when it is not asked. The bound is low, because
//! a rollout waits for its recovery.

use haldane_core::increment::SourceFault;
use haldane_core::time::{Span, Timestamp};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Failures in a row before the first rest.
const PATIENCE: u32 = 5;

/// The longest rest, in polls.
const LONGEST_POLLS: i64 = 4;

/// How a source did lately.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    last: String,
    /// Not asked before this instant.
    rests_until: Option<Timestamp>,
}

impl Breaker {
    /// Whether it may be asked at `now`. After a rest the first question is a trial: its failure begins the next rest.
    pub(super) fn permits(&self, now: Timestamp, poll: Span) -> Result<(), SourceFault> {
        let state = self.lock();
        let Some(until) = state.rests_until else { return Ok(()) };
        let rest = until - now;
        // A clock that was set back must not make the rest longer than any can be.
        if rest <= Span::ZERO || rest > Span::from_us(poll.as_us().saturating_mul(LONGEST_POLLS + 1)) {
            return Ok(());
        }
        let again_s = u64::try_from(rest.as_us() / 1_000_000).unwrap_or(0) + 1;
        Err(SourceFault::Resting { last: state.last.clone(), failures: state.failures, again_s })
    }

    /// Everything that was asked at `at` failed, in the end like this; `poll` is the time between two polls.
    pub(super) fn failed(&self, how: &SourceFault, at: Timestamp, poll: Span) {
        let mut state = self.lock();
        state.last = how.to_string();
        state.failures = state.failures.saturating_add(1);
        if let Some(more) = state.failures.checked_sub(PATIENCE) {
            let polls = (1_i64 << more.min(8)).min(LONGEST_POLLS);
            // Half a poll less, so that polls that wake a little early or late count alike.
            let rest = poll.as_us().saturating_mul(2 * polls - 1) / 2;
            state.rests_until = Some(at + Span::from_us(rest) + poll);
        }
    }

    /// Something was answered.
    pub(super) fn succeeded(&self) {
        *self.lock() = State::default();
    }

    /// Whether it is left alone now or on trial.
    pub(super) fn is_open(&self) -> bool {
        self.lock().rests_until.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whole after every operation on it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOWN: SourceFault = SourceFault::HttpStatus { status: 503 };

    /// How many of the next polls are skipped before one is permitted.
    fn skipped(breaker: &Breaker, after_s: i64) -> i64 {
        let poll = Span::from_s(15);
        let permitted = |n: &i64| breaker.permits(Timestamp::from_s(after_s + 15 * n), poll).is_ok();
        (1..100).find(permitted).expect("rests are bounded") - 1
    }

    #[test]
    fn rests_grow_up_to_a_bound_and_one_answer_ends_them() {
        let (breaker, mut now, mut rests) = (Breaker::default(), 1000, Vec::new());
        for _ in 0..9 {
            breaker.failed(&DOWN, Timestamp::from_s(now), Span::from_s(15));
            let rest = skipped(&breaker, now);
            rests.push(rest);
            now += 15 * (rest + 1);
        }
        assert_eq!(rests, [0, 0, 0, 0, 1, 2, 4, 4, 4]);
        assert!(breaker.is_open());
        breaker.succeeded();
        breaker.failed(&DOWN, Timestamp::from_s(now), Span::from_s(15));
        assert_eq!(skipped(&breaker, now), 0);
    }

    #[test]
    fn a_rest_says_how_often_it_failed_and_when_it_is_asked_again() {
        let breaker = Breaker::default();
        (0..5).for_each(|n| breaker.failed(&DOWN, Timestamp::from_s(n), Span::from_s(10)));
        let resting = breaker.permits(Timestamp::from_s(5), Span::from_s(10));
        assert_eq!(
            resting,
            Err(SourceFault::Resting { last: "answered HTTP 503".into(), failures: 5, again_s: 15 })
        );
        assert_eq!(breaker.permits(Timestamp::from_s(-1000), Span::from_s(10)), Ok(()));
    }
}
