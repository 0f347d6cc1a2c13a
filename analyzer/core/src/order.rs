//! A person's orders for one run, and when one is refused.
//!
//! One function says whether an order fits the state. The keeper asks it before it records an order and the fold asks
//! it again, so what the person was told and what happened cannot differ.

mod line;

pub use line::{Line, UnusableLine};

use crate::fact::RolloutId;
use crate::increment::Region;
use crate::policy::Mode;
use crate::state::{Rollout, Stage};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a person may order of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Leave this weight, whatever it still waits for. It is for one weight, and passes once.
    Approve {
        /// Percent; 0 admits a run that waits, and allows the first traffic to one that is admitted.
        weight: u32,
    },
    /// Stay, until somebody resumes.
    Hold,
    /// End a hold.
    Resume,
    /// Go back to the old version.
    Rollback,
}

impl Order {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approve { .. } => "approve",
            Self::Hold => "hold",
            Self::Resume => "resume",
            Self::Rollback => "rollback",
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Approve { weight } => write!(f, "approve at {weight} %"),
            Self::Hold | Self::Resume | Self::Rollback => f.write_str(self.name()),
        }
    }
}

/// An order as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordered {
    /// Where.
    pub region: Region,
    /// For which run; it means nothing for another one.
    pub rollout: RolloutId,
    /// What.
    pub order: Order,
    /// Who.
    pub by: Line,
    /// Why.
    pub reason: Line,
}

/// Who ordered something, why and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// Who.
    pub by: Line,
    /// Why.
    pub reason: Line,
    /// When.
    pub at: Timestamp,
}

impl Signed {
    fn says(&self, ordered: &Ordered) -> bool {
        self.by == ordered.by && self.reason == ordered.reason
    }
}

/// A person's yes to leaving one weight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Percent.
    pub weight: u32,
    /// Given while the run waited: it is for the start, not for the first traffic, though both are at 0 %.
    pub start: bool,
    /// By whom.
    pub signed: Signed,
}

/// The orders that stand for a run.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Orders {
    /// Until the weight moves, the run ends, or something weightier is known or ordered.
    pub approval: Option<Approval>,
    /// Until it is resumed.
    pub hold: Option<Signed>,
    /// For good.
    pub rollback: Option<Signed>,
}

impl Orders {
    /// Whether nothing is ordered.
    pub const fn is_empty(&self) -> bool {
        self.approval.is_none() && self.hold.is_none() && self.rollback.is_none()
    }
}

/// What an order that is not refused does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It changes what stands.
    Changes,
    /// It stands already.
    Stands,
}

/// Why an order is refused, and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Another run is the region's current one.
    AnotherRun {
        /// Which.
        current: RolloutId,
    },
    /// The run is over.
    Over,
    /// The policy is on trial.
    OnTrial,
    /// Flagger copies the new version to the primary and asks no hook any more.
    Promoting,
    /// Evidence has crossed the budget.
    Breached,
    /// A person has ordered the rollback.
    GoingBack {
        /// Who.
        by: Line,
    },
    /// A person holds the run.
    Held {
        /// Who.
        by: Line,
    },
    /// Nobody has said which step the run is in.
    WeightUnknown,
    /// The run is at another weight than the one that was approved.
    WeightMoved {
        /// Percent now.
        weight: u32,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnotherRun { current } => {
                write!(
                    f,
                    "this is not the region's current rollout: {current} is; give the order for that one"
                )
            }
            Self::Over => f.write_str("this run is over; orders are for a run under way"),
            Self::OnTrial => f.write_str(
                "the policy is in shadow mode: a policy on trial acts on nothing; act through Flagger",
            ),
            Self::Promoting => f.write_str(
                "Flagger is promoting and asks no hook any more; to go back, deploy the old version",
            ),
            Self::Breached => f.write_str(
                "evidence against this canary has crossed the budget, and no order outweighs that; \
                 let it go back (or order the rollback), then roll out again",
            ),
            Self::GoingBack { by } => {
                write!(
                    f,
                    "{by} has ordered the rollback of this run, which is final; roll out again afterwards"
                )
            }
            Self::Held { by } => write!(f, "this run is held by {by}; resume it first"),
            Self::WeightUnknown => f.write_str(
                "nobody has said which weight this run is at, so none can be approved; \
                 configure the event hook, or start the rollout anew",
            ),
            Self::WeightMoved { weight } => {
                write!(
                    f,
                    "the run is at {weight} % now; look at it again, and approve that weight if you mean it"
                )
            }
        }
    }
}

/// Whether `ordered` fits what is known of the region's current run.
pub fn examine(rollout: &Rollout, ordered: &Ordered) -> Result<Effect, Refusal> {
    if rollout.id != ordered.rollout {
        return Err(Refusal::AnotherRun { current: rollout.id.clone() });
    }
    if rollout.stage.ended().is_some() {
        return Err(Refusal::Over);
    }
    if rollout.policy.mode == Mode::Shadow {
        return Err(Refusal::OnTrial);
    }
    let stands = match ordered.order {
        Order::Approve { weight } => approves(rollout, weight, ordered)?,
        Order::Hold => {
            on_its_way(rollout)?;
            rollout.orders.hold.as_ref().is_some_and(|h| h.says(ordered))
        }
        Order::Resume => rollout.orders.hold.is_none(),
        // The first one stands, whoever gives the second: it cannot be more final.
        Order::Rollback if rollout.orders.rollback.is_some() => true,
        Order::Rollback if matches!(rollout.stage, Stage::Promoting { .. }) => {
            return Err(Refusal::Promoting);
        }
        Order::Rollback => false,
    };
    Ok(if stands { Effect::Stands } else { Effect::Changes })
}

fn approves(rollout: &Rollout, weight: u32, ordered: &Ordered) -> Result<bool, Refusal> {
    on_its_way(rollout)?;
    if let Some(hold) = &rollout.orders.hold {
        return Err(Refusal::Held { by: hold.by.clone() });
    }
    let at = rollout.weight().ok_or(Refusal::WeightUnknown)?;
    if at != weight {
        return Err(Refusal::WeightMoved { weight: at });
    }
    Ok(rollout.approval().is_some_and(|a| a.signed.says(ordered)))
}

/// A run that goes back, or that Flagger no longer asks about, can be neither approved nor held.
fn on_its_way(rollout: &Rollout) -> Result<(), Refusal> {
    match (&rollout.orders.rollback, &rollout.breach, rollout.stage) {
        (Some(ordered), _, _) => Err(Refusal::GoingBack { by: ordered.by.clone() }),
        (None, Some(_), _) => Err(Refusal::Breached),
        (None, None, Stage::Promoting { .. }) => Err(Refusal::Promoting),
        (None, None, _) => Ok(()),
    }
}
