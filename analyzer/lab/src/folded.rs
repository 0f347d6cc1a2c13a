//! The fold with its state and its simulated clock.

use haldane_core::fact::{Entry, Fact};
use haldane_core::fold::look;
use haldane_core::report::Look;
use haldane_core::state::ServiceState;
use haldane_core::time::{Span, Timestamp};

/// Where simulated time begins: 2026-01-01, for readable failures.
pub const ORIGIN: Timestamp = Timestamp::from_s(1_767_225_600);

/// What one service's facts have come to.
#[derive(Debug)]
pub struct Folded {
    state: ServiceState,
    now: Timestamp,
}

impl Default for Folded {
    fn default() -> Self {
        Self { state: ServiceState::default(), now: ORIGIN }
    }
}

impl Folded {
    /// Nothing is known yet at `now`.
    pub fn from(now: Timestamp) -> Self {
        Self { now, ..Self::default() }
    }

    /// What is known.
    pub const fn state(&self) -> &ServiceState {
        &self.state
    }

    /// The simulated instant.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Time passes.
    pub fn pass(&mut self, dt: Span) {
        self.now = self.now + dt;
    }

    /// Facts arrive, and all regions are looked at.
    pub fn learn(&mut self, facts: Vec<Fact>) -> Look {
        let entries: Vec<Entry> = facts.into_iter().map(|fact| Entry { at: self.now, fact }).collect();
        let (state, looked) = look(std::mem::take(&mut self.state), &entries, self.now);
        self.state = state;
        looked
    }
}
