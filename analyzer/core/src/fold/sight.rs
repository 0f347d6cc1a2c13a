//! The cluster is seen: where the run is, and what it analyses.
//!
//! What is told by an edge is believed, not what merely still stands there: hooks and watches overtake each other, and a
//! view that is a moment old must not move a run back. Where both go on to differ, the judge holds.

use super::{progress, releases};
use crate::cluster::{CanaryView, ClusterState, Seen, Sighting};
use crate::increment::Region;
use crate::release::Releases;
use crate::state::{Rollout, ServiceState, Stage};
use crate::time::Timestamp;

pub(super) fn sight(state: &mut ServiceState, sighting: &Sighting, at: Timestamp) {
    let cluster = state.clusters.entry(sighting.region.clone()).or_default();
    let view = match &sighting.seen {
        Seen::Lost { why } => return cluster.lost = Some(why.clone()),
        Seen::Gone => {
            cluster.view = None;
            return cluster.lost = None;
        }
        Seen::Canary(view) => view,
    };
    cluster.lost = None;
    let before = cluster.view.replace((**view).clone());
    let open = state.rollouts.get_mut(&sighting.region).filter(|r| r.stage.ended().is_none());
    if let Some(rollout) = open {
        name(rollout, view, &state.releases);
        if is_its_run(rollout, view) {
            locate(rollout, before.as_ref(), view, at);
        }
    }
}

/// Places a rollout that has just opened in the middle of a run, where the cluster already shows it.
pub(super) fn place(state: &mut ServiceState, region: &Region, at: Timestamp) {
    let view = state.clusters.get(region).and_then(ClusterState::live);
    if let (Some(view), Some(rollout)) = (view, state.rollouts.get_mut(region))
        && rollout.stage == Stage::Unknown
        && is_its_run(rollout, view)
    {
        locate(rollout, None, view, at);
    }
}

/// Whether what is seen is this rollout, in a run: not the one before, whose last view may come late.
fn is_its_run(rollout: &Rollout, view: &CanaryView) -> bool {
    let applied = rollout.identity.as_ref().and_then(|i| i.applied.as_ref());
    view.phase.in_a_run() && applied.is_some() && applied == view.applied.as_ref()
}

/// Learns how the cluster names the run. Until it has traffic, the image may still be changed, or may still be the one's
/// before: a hook and two watches overtake each other.
fn name(rollout: &mut Rollout, view: &CanaryView, releases: &Releases) {
    let mut identity = rollout.identity.take().unwrap_or_default();
    let unnamed = identity.applied.is_none();
    // A promotion beside a run that only begins is the run's before.
    let its = if rollout.exposed.is_some() || rollout.stage == Stage::Unknown {
        view.phase.under_way()
    } else {
        view.phase.in_a_run()
    };
    if its && unnamed && view.applied != identity.not_applied {
        identity.applied.clone_from(&view.applied);
        identity.not_applied = None;
    }
    // A Deployment that is seen late would otherwise name its last image for good; the order is asked again for the new name.
    let begins = matches!(rollout.stage, Stage::Waiting | Stage::Admitted) || identity.image.is_none();
    if begins && let Some(image) = &view.image {
        // Regions share evidence under this name, so it must be the one that runs.
        if rollout.release.is_none() || rollout.release == identity.image {
            call(rollout, image, releases);
        }
        // Who approved saw the other version.
        if identity.image.as_ref().is_some_and(|before| before != image) {
            rollout.orders.approval = None;
        }
        identity.image.clone_from(&view.image);
    }
    rollout.identity = Some(identity);
}

/// What is known of a release by its name was of the other one.
fn call(rollout: &mut Rollout, image: &str, releases: &Releases) {
    if rollout.release.as_deref() != Some(image) {
        rollout.release = Some(image.to_owned());
        rollout.attempt = releases::promotions(releases, image, &rollout.region);
        rollout.taken_back = None;
    }
}

/// Moves the rollout to the weight that the routes have. Away from all traffic only before there was any: what ends or
/// restarts a run takes the traffic first and says so after.
fn locate(rollout: &mut Rollout, before: Option<&CanaryView>, view: &CanaryView, at: Timestamp) {
    let Some(weight) = view.weight else { return };
    // Status and routes are watched apart, so a run may be seen to begin beside the weight that the one before had.
    let agreed = view.claimed.is_none_or(|claimed| claimed == weight);
    let met = |b: &CanaryView| b.applied == view.applied && b.phase.in_a_run();
    let told = match (rollout.stage, before.filter(|b| met(b))) {
        (Stage::Unknown | Stage::Waiting, _) | (_, None) => agreed,
        (_, Some(b)) => b.weight != view.weight || (agreed && b.claimed != view.claimed),
    };
    if told && (weight > 0 || rollout.exposed.is_none()) {
        progress::weigh(rollout, weight, at);
    }
}
