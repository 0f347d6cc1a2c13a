//! A person's order: examined, recorded, and only then acted upon.
//!
//! It goes the way of every fact. What cannot be recorded has not happened, and the person is told so: unlike a poll
//! or an event, an order is given again by whoever gave it.

use super::handle::Service;
use super::keeper::{Keeper, Message};
use haldane_core::fact::{Entry, Fact};
use haldane_core::order::{Effect, Ordered, Refusal, examine};
use haldane_core::report::RegionLook;
use haldane_core::state::Rollout;
use haldane_core::time::Timestamp;
use std::fmt;
use tokio::sync::oneshot;

/// What stands after an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Stands {
    /// The run.
    pub rollout: Rollout,
    /// What is found of it.
    pub look: RegionLook,
}

/// Why nothing was ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotOrdered {
    /// It does not fit what is known.
    Refused(Refusal),
    /// The region has no run.
    NoRollout,
    /// It cannot be recorded, so nothing has happened.
    Unrecorded,
}

impl fmt::Display for NotOrdered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::NoRollout => f.write_str("no run is known in this region"),
            Self::Unrecorded => f.write_str(
                "the order cannot be recorded, so nothing has happened; see /readyz, and give it again",
            ),
        }
    }
}

impl Service {
    /// Gives an order at `at`: recorded, published, and in force when this returns.
    ///
    /// # Errors
    /// It is refused, or it cannot be recorded.
    pub async fn order(&self, ordered: Ordered, at: Timestamp) -> Result<Stands, NotOrdered> {
        let (reply, done) = oneshot::channel();
        let message = Message::Ordered { ordered: Box::new(ordered), at, reply };
        // A keeper that is gone is shutting down, and records nothing any more.
        self.keeper.send(message).await.map_err(|_| NotOrdered::Unrecorded)?;
        done.await.unwrap_or(Err(NotOrdered::Unrecorded))
    }
}

impl Keeper {
    pub(super) async fn ordered(&mut self, ordered: Ordered, at: Timestamp) -> Result<Stands, NotOrdered> {
        // With what could not be recorded yet: an order given at a weight that has been left must not fit.
        let (state, _) = self.tried(&[], at);
        let rollout = state.rollouts.get(&ordered.region).ok_or(NotOrdered::NoRollout)?;
        let effect = examine(rollout, &ordered).map_err(NotOrdered::Refused)?;
        let region = ordered.region.clone();
        let given = ordered.clone();
        let news = (effect == Effect::Changes).then_some(Entry { at, fact: Fact::Ordered(ordered) });
        let entries: Vec<Entry> = news.into_iter().collect();
        let settled = entries.is_empty() && self.unrecorded.is_empty();
        if !settled && !self.adopt(entries, Vec::new(), Vec::new(), at).await {
            return Err(NotOrdered::Unrecorded);
        }
        tracing::info!(
            service = self.policy.service, %region, rollout = %given.rollout,
            order = %given.order, by = %given.by, reason = %given.reason, ?effect, "ordered"
        );
        let (rollout, look) = (self.state.rollouts.get(&region), self.look.region(&region));
        let stands = rollout.cloned().zip(look.cloned()).map(|(rollout, look)| Stands { rollout, look });
        stands.ok_or(NotOrdered::NoRollout)
    }
}
