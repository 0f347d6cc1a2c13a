//! A person freezes a region or a whole service, or ends it: recorded region by region, all of them or none.
//!
//! It goes the way of an order, and is none: an order is for one run and ends with it, a freeze stands whatever runs there.
//! What stands already is not recorded a second time, so that it keeps the name of who froze it first, and a call that is
//! repeated because its answer was lost does nothing twice.

use super::handle::Service;
use super::keeper::{Keeper, Message};
use haldane_core::fact::{Entry, Fact, Frozen};
use haldane_core::increment::Region;
use haldane_core::order::{Line, Signed};
use haldane_core::policy::Mode;
use haldane_core::time::Timestamp;
use std::collections::BTreeMap;
use thiserror::Error;
use tokio::sync::oneshot;

/// What a person wants frozen, or not any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreezeOrder {
    /// Where; absent for every region of the policy.
    pub region: Option<Region>,
    /// Whether it begins; otherwise it ends.
    pub on: bool,
    /// Who.
    pub by: Line,
    /// Why.
    pub reason: Line,
}

/// What is frozen, and by whom.
pub type Freezes = BTreeMap<Region, Signed>;

/// Why nothing was frozen, or thawed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotFrozen {
    /// The policy is on trial.
    #[error(
        "mode shadow: a policy on trial acts on nothing, so nothing can be frozen; set mode: guard or enforce"
    )]
    OnTrial,
    /// There is no such region.
    #[error("the policy of {service} has no region {region}; it has {known}")]
    NoRegion {
        /// Whose policy.
        service: String,
        /// Which region.
        region: Region,
        /// Those that it has.
        known: String,
    },
    /// It cannot be recorded, so nothing has happened.
    #[error("it cannot be recorded, so nothing has happened; see /readyz, and say it again")]
    Unrecorded,
}

impl Service {
    /// Freezes, or thaws, at `at`: recorded, published and in force when this returns what is frozen now.
    ///
    /// # Errors
    /// It is refused, or it cannot be recorded.
    pub async fn freeze(&self, order: FreezeOrder, at: Timestamp) -> Result<Freezes, NotFrozen> {
        let (reply, done) = oneshot::channel();
        let message = Message::Frozen { order: Box::new(order), at, reply };
        // A keeper that is gone is shutting down, and records nothing any more.
        self.keeper.send(message).await.map_err(|_| NotFrozen::Unrecorded)?;
        done.await.unwrap_or(Err(NotFrozen::Unrecorded))
    }
}

impl Keeper {
    pub(super) async fn freeze(&mut self, order: &FreezeOrder, at: Timestamp) -> Result<Freezes, NotFrozen> {
        if self.policy.mode == Mode::Shadow {
            return Err(NotFrozen::OnTrial);
        }
        let news = self.news(order)?.into_iter().map(|fact| Entry { at, fact }).collect::<Vec<_>>();
        let (settled, regions) = (news.is_empty() && self.unrecorded.is_empty(), news.len());
        if !settled && !self.adopt(news, Vec::new(), Vec::new(), at).await {
            return Err(NotFrozen::Unrecorded);
        }
        let FreezeOrder { region, on, by, reason } = order;
        let (region, ordered) =
            (region.as_ref().map_or("", |r| r.0.as_str()), if *on { "freeze" } else { "thaw" });
        let service = &self.policy.service;
        tracing::info!(service, region, %by, %reason, changed = regions, "ordered: {ordered}");
        Ok(self.state.frozen.clone())
    }

    /// What would change, region by region.
    fn news(&self, order: &FreezeOrder) -> Result<Vec<Fact>, NotFrozen> {
        let known = || self.policy.regions.iter().map(|region| &region.name);
        let regions: Vec<&Region> = match &order.region {
            None => known().collect(),
            Some(named) => vec![known().find(|name| *name == named).ok_or_else(|| NotFrozen::NoRegion {
                service: self.policy.service.clone(),
                region: named.clone(),
                known: known().map(|name| name.0.as_str()).collect::<Vec<_>>().join(", "),
            })?],
        };
        let changes =
            regions.into_iter().filter(|region| self.state.frozen.contains_key(*region) != order.on);
        let fact = |region: &Region| {
            let (by, reason) = (order.by.clone(), order.reason.clone());
            Fact::Frozen(Frozen { region: region.clone(), on: order.on, by, reason })
        };
        Ok(changes.map(fact).collect())
    }
}
