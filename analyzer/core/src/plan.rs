//! What the poller of a region has to count next.

use crate::increment::{Arms, Region};
use crate::state::{ServiceState, Stage};

/// Which arms of `region` matter in this state.
pub fn arms(state: &ServiceState, region: &Region) -> Arms {
    let Some(rollout) = state.rollouts.get(region) else {
        return Arms::PrimaryOnly;
    };
    match rollout.stage {
        // At 100 % the primary has no traffic left; asking for it would only add a way to go blind.
        Stage::Step { .. } if rollout.weight() == Some(100) => Arms::CanaryOnly,
        Stage::Admitted | Stage::Unknown | Stage::OffLadder { .. } | Stage::Step { .. } => Arms::Both,
        Stage::Waiting
        | Stage::Promoting { .. }
        | Stage::Promoted { .. }
        | Stage::RolledBack { .. }
        | Stage::RolledBackByOrder { .. }
        | Stage::FailedPromotion { .. }
        | Stage::Superseded { .. }
        | Stage::PromotedUnjudged { .. }
        | Stage::EndedUnknown { .. } => Arms::PrimaryOnly,
    }
}
