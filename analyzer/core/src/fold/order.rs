//! A person orders something of a run.

use crate::order::{Approval, Effect, Order, Ordered, Signed, examine};
use crate::state::{Rollout, Stage};
use crate::time::Timestamp;

pub(super) fn order(rollout: &mut Rollout, ordered: &Ordered, at: Timestamp) {
    if examine(rollout, ordered) != Ok(Effect::Changes) {
        return;
    }
    let start = rollout.stage == Stage::Waiting;
    let signed = Signed { by: ordered.by.clone(), reason: ordered.reason.clone(), at };
    let orders = &mut rollout.orders;
    match ordered.order {
        Order::Approve { weight } => orders.approval = Some(Approval { weight, start, signed }),
        // Whoever holds takes back what was approved before: to resume is not to approve.
        Order::Hold => (orders.hold, orders.approval) = (Some(signed), None),
        Order::Resume => orders.hold = None,
        Order::Rollback => (orders.rollback, orders.approval) = (Some(signed), None),
    }
}
