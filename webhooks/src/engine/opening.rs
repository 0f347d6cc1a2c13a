//! From what a call or a view tells to entries of the record; a rollout that opens is laid out here, with its policy and past.

use super::intent::Intent;
use super::keeper::Keeper;
use crate::flagger::payload::HookCall;
use haldane_core::cluster::ClusterState;
use haldane_core::fact::{Entry, Fact, HeardBy, Opened, RolloutId};
use haldane_core::increment::Region;
use haldane_core::time::{Span, Timestamp};

impl Keeper {
    pub(super) fn entries(&self, intents: &[Intent], about: &About<'_>) -> Vec<Entry> {
        let region = about.region.clone();
        let fact = |intent: &Intent| match intent {
            Intent::Close(ending) => Fact::Ended { region: region.clone(), ending: *ending },
            Intent::Open(by) => self.opened(about, *by),
            Intent::Learn(fact) => fact.clone(),
        };
        let opens = intents.iter().any(|intent| matches!(intent, Intent::Open(_)));
        let guards = self.seen_lately(about.at).filter(|_| opens);
        guards.chain(intents.iter().map(|i| Entry { at: about.at, fact: fact(i) })).collect()
    }

    /// An instant that no rollout of this region has opened at yet: ids are made of it.
    fn opening(&self, about: &About<'_>) -> Timestamp {
        let before = self.state.rollouts.get(about.region).map(|r| r.opened + Span::from_us(1));
        before.map_or(about.at, |b| b.max(about.at))
    }

    fn opened(&self, about: &About<'_>, by: HeardBy) -> Fact {
        let checksum = about.checksum.cloned().filter(|_| by == HeardBy::MidRun);
        // Where no hook names the release, its image does.
        let view = self.state.clusters.get(about.region).and_then(ClusterState::live);
        let release = about.release.cloned().or_else(|| view?.image.clone());
        Fact::Opened(Box::new(Opened {
            rollout: RolloutId::mint(&self.policy.service, about.region, self.opening(about)),
            region: about.region.clone(),
            release,
            checksum,
            by,
            policy: (*self.policy).clone(),
            history: self.past.summary(about.region),
            pooled_fano: self.past.pooled_fano(self.policy.bin()),
        }))
    }
}

/// Where and when something was told, and what names the run.
pub(super) struct About<'a> {
    pub(super) region: &'a Region,
    pub(super) at: Timestamp,
    pub(super) release: Option<&'a String>,
    pub(super) checksum: Option<&'a String>,
}

impl<'a> About<'a> {
    pub(super) fn call(call: &'a HookCall) -> Self {
        let (release, checksum) = (call.release.as_ref(), call.checksum.as_ref());
        Self { region: &call.region, at: call.at, release, checksum }
    }
}
