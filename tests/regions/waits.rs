//! What these tests wait for: that Haldane has come to know something. Never for a span of real time; where it asks by
//! its own clock, time passes until it has asked.

use crate::place::Way;
use crate::world::{DEADLINE, POLL, ROUNDS, World};
use haldane::engine::Published;
use haldane_core::cluster::{ClusterState, Phase as Shown};
use haldane_core::increment::Region;
use haldane_core::state;
use haldane_core::time::Span;
use std::time::Duration;

/// How often Haldane asks a cluster whether it is there.
const HEARTBEAT: Span = Span::from_s(10);
/// Real time for such a question that is answered, and for one that is not.
const BEAT: Duration = Duration::from_millis(200);
const NOTICED: Duration = Duration::from_secs(8);

impl World {
    /// Waits until Haldane has noticed a cluster that is lost and nothing else with it: until then the others' word is good.
    pub(crate) async fn notices(&self, region: &str, ways: &[Way]) {
        if ways == [Way::Cluster] {
            self.passes(HEARTBEAT);
            self.sees(region, "the loss of its cluster", NOTICED, |seen| seen.lost.is_some()).await;
        }
    }

    /// Waits until the cluster of `region` is believed again, which takes two heartbeats.
    pub(crate) async fn reads(&self, region: &str) {
        self.sees(region, "its cluster again", BEAT, |seen| seen.lost.is_none()).await;
    }

    /// Waits until this image is seen in the target.
    pub(crate) async fn sees_image(&self, region: &str, image: &str) {
        let is_seen = |seen: &ClusterState| seen.live().is_some_and(|v| v.image.as_deref() == Some(image));
        self.sees(region, "the new revision", BEAT, is_seen).await;
    }

    /// Waits until the last poll of `region` is judged, where there is anything to judge. A poller that was still waiting
    /// for an answer when the clock was set polls at its next instant, so time passes meanwhile.
    pub(crate) async fn polled(&self, region: &str) {
        let before = self.clock.now() - POLL;
        let is_there = |p: &Published| {
            let rollout = p.state.rollouts.get(&Region::from(region));
            rollout.is_none_or(|r| !is_judged(r) || r.polled.is_some_and(|at| at > before))
        };
        self.comes(&format!("the poll of {region}"), (DEADLINE * 2, POLL), is_there).await;
    }

    /// Waits until Haldane has seen in the cluster of `region` what Flagger did there, where it can see at all.
    pub(crate) async fn sights(&self, region: &str) {
        let place = &self.places[region];
        if place.api.is_whole() {
            let (phase, weight) = (Shown::read(place.flagger.status().phase.name()), place.weight());
            let is_seen = |seen: &ClusterState| {
                seen.live().is_some_and(|view| view.phase == phase && view.weight == Some(weight))
            };
            self.sees(region, "what Flagger did", BEAT, is_seen).await;
        }
    }

    /// Waits until Haldane knows this of the cluster of `region`. It asks by its heartbeat, so time passes meanwhile.
    async fn sees(&self, region: &str, what: &str, patience: Duration, is: impl Fn(&ClusterState) -> bool) {
        let is_so = |p: &Published| p.state.clusters.get(&Region::from(region)).is_some_and(&is);
        self.comes(&format!("{what} in {region}"), (patience, HEARTBEAT), is_so).await;
    }

    /// Waits for a publication; whenever none comes in the real time `patience`, `span` passes.
    async fn comes(&self, what: &str, (patience, span): (Duration, Span), is: impl Fn(&Published) -> bool) {
        let mut published = self.service().watch();
        for _ in 0..ROUNDS {
            if tokio::time::timeout(patience, published.wait_for(|p| is(p))).await.is_ok() {
                return;
            }
            self.passes(span);
        }
        panic!("{what} never comes: {}", self.tells());
    }
}

/// Whether polls of it are recorded one by one.
const fn is_judged(rollout: &state::Rollout) -> bool {
    match rollout.stage {
        state::Stage::Admitted
        | state::Stage::Unknown
        | state::Stage::OffLadder { .. }
        | state::Stage::Step { .. }
        | state::Stage::Promoting { .. }
        | state::Stage::Promoted { .. } => true,
        state::Stage::Waiting
        | state::Stage::RolledBack { .. }
        | state::Stage::RolledBackByOrder { .. }
        | state::Stage::FailedPromotion { .. }
        | state::Stage::Superseded { .. }
        | state::Stage::PromotedUnjudged { .. }
        | state::Stage::EndedUnknown { .. } => false,
    }
}
