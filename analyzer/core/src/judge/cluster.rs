//! What the cluster has against going on. Without a cluster there is nothing here: hooks alone must do.

use crate::cluster::{CanaryView, ClusterState};
use crate::reason::{ClusterHold, Reason};
use crate::state::{Rollout, ServiceState, Stage};

/// Every reason to wait that the region's cluster gives.
pub(super) fn cluster_holds(state: &ServiceState, rollout: &Rollout) -> Vec<Reason> {
    let Some(cluster) = state.clusters.get(&rollout.region) else {
        return Vec::new();
    };
    let holds = match cluster {
        ClusterState { lost: Some(why), .. } => vec![ClusterHold::Lost { why: why.clone() }],
        ClusterState { view: None, .. } => vec![ClusterHold::NoCanary],
        ClusterState { view: Some(view), .. } => of_view(rollout, view),
    };
    holds.into_iter().map(Reason::Cluster).collect()
}

fn of_view(rollout: &Rollout, view: &CanaryView) -> Vec<ClusterHold> {
    let suspended = view.suspended.then_some(ClusterHold::Suspended);
    let skipped = view.skip_analysis.then_some(ClusterHold::AnalysisSkipped);
    let all = [
        suspended,
        skipped,
        strategy(rollout, view),
        ladder(rollout, view),
        image(rollout, view),
        route(rollout, view),
    ];
    all.into_iter().flatten().collect()
}

/// Edited in the middle of a run so that the present weight is no longer in the list, Flagger's next step is all traffic.
fn ladder(rollout: &Rollout, view: &CanaryView) -> Option<ClusterHold> {
    let policy: Vec<u32> = rollout.policy.steps.iter().map(|s| s.weight).collect();
    (view.ladder != policy).then(|| ClusterHold::LadderDiffers { canary: view.ladder.clone(), policy })
}

fn strategy(rollout: &Rollout, view: &CanaryView) -> Option<ClusterHold> {
    let (canary, policy) = (view.strategy, rollout.policy.strategy);
    (canary != policy).then_some(ClusterHold::StrategyDiffers { canary, policy })
}

fn image(rollout: &Rollout, view: &CanaryView) -> Option<ClusterHold> {
    let analysed = rollout.identity.as_ref()?.image.clone()?;
    let now = view.image.clone()?;
    (analysed != now).then_some(ClusterHold::ImageChanged { analysed, now })
}

fn route(rollout: &Rollout, view: &CanaryView) -> Option<ClusterHold> {
    let placed = matches!(rollout.stage, Stage::Admitted | Stage::Step { .. } | Stage::OffLadder { .. });
    let (reported, live) = (rollout.weight().filter(|_| placed)?, view.weight?);
    (reported != live).then_some(ClusterHold::RouteDiffers { reported, live })
}
