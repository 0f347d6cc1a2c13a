//! What stands in places, how a service's newest release is doing over all of them, and whether people were told.
//!
//! A release's name is in no label: it is counted instead in how many regions it stands how.

use super::{Labels, Value};
use crate::engine::{Published, Service};
use crate::report::place::standing_hold;
use haldane_core::fold::look;
use haldane_core::headline::standing;
use haldane_core::report::{Look, ReleaseLook, ReleaseRegion};
use haldane_core::time::Timestamp;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use std::collections::BTreeMap;

/// How a region stands that a release has not come to.
const NOT_BEGUN: &str = "not-begun";

/// Every gauge about places, and the counters of who was told.
#[derive(Default)]
pub(super) struct Place {
    guards: Family<Labels, Value>,
    frozen: Family<Labels, Value>,
    held: Family<Labels, Value>,
    regions: Family<Labels, Value>,
    contradiction: Family<Labels, Value>,
    told: Family<Labels, Counter>,
    failed: Family<Labels, Counter>,
    lost: Family<Labels, Counter>,
    waiting: Family<Labels, Value>,
}

fn flag(is_so: bool) -> f64 {
    f64::from(u8::from(is_so))
}

impl Place {
    pub(super) fn service(&self, service: &Service, published: &Published, now: Timestamp) {
        let policy = service.policy();
        let name = || ("service", policy.service.clone());
        // Judged now: what was seen grows old between looks.
        let (state, looked) = look(published.state.clone(), &[], now);
        for region in policy.regions.iter().map(|region| &region.name) {
            let here = || vec![name(), ("region", region.to_string())];
            self.frozen.get_or_create(&here()).set(flag(state.frozen.contains_key(region)));
            let held = looked.region(region).and_then(|look| look.held);
            self.held.get_or_create(&here()).set(flag(held.is_some_and(|held| held.too_long)));
            for guard in policy.guards_in(region) {
                let labels: Labels = here().into_iter().chain([("guard", guard.name.clone())]).collect();
                let seen = looked.guards.iter().find(|g| g.region == *region && g.guard.name == guard.name);
                // One that was never seen holds, too.
                let holds = seen.is_none_or(|seen| standing_hold(seen, &looked).is_some());
                self.guards.get_or_create(&labels).set(flag(holds));
            }
        }
        self.release(&policy.service, &looked);
        self.notified(service);
    }

    fn release(&self, service: &str, looked: &Look) {
        let name = || ("service", service.to_owned());
        let contradicts = looked.releases.iter().any(|release| release.contradiction.is_some());
        self.contradiction.get_or_create(&vec![name()]).set(flag(contradicts));
        let Some(newest) = looked.releases.first() else { return };
        for (standing, regions) in counted(newest, looked) {
            let labels = vec![name(), ("standing", standing.to_owned())];
            self.regions.get_or_create(&labels).set(regions);
        }
    }

    fn notified(&self, service: &Service) {
        let labels: Labels = vec![("service", service.policy().service.clone())];
        let count = |counter: &Family<Labels, Counter>, count: u64| {
            counter.get_or_create(&labels).inc_by(count);
        };
        let counts = service.notified();
        count(&self.told, counts.map_or(0, |counts| counts.told()));
        count(&self.failed, counts.map_or(0, |counts| counts.failed()));
        count(&self.lost, counts.map_or(0, |counts| counts.lost()));
        self.waiting.get_or_create(&labels).set(counts.map_or(0, |counts| counts.waiting()) as f64);
    }

    pub(super) fn registered(self, registry: &mut Registry) {
        let mut add = |name: &str, help: &str, family| registry.register(name, help, family);
        add("guard_holds", "1 while a guard of a region holds, 0 while it is clear", self.guards);
        add("frozen", "1 while a person has frozen a region", self.frozen);
        add(
            "held_too_long",
            "1 while an open rollout is held for longer than its policy's maxHold",
            self.held,
        );
        add("release_regions", "Regions of a service's newest release, by how they stand", self.regions);
        let help = "1 while a release is sick in one region and well in another";
        add("release_contradiction", help, self.contradiction);
        add("notify_waiting", "News that nobody could be told yet", self.waiting);
        registry.register("notify_told", "News that arrived where the policy says", self.told);
        registry.register("notify_failures", "Attempts to tell news that failed", self.failed);
        registry.register("notify_lost", "News that were given up", self.lost);
    }
}

/// In how many regions a release stands how.
fn counted(release: &ReleaseLook, looked: &Look) -> BTreeMap<&'static str, f64> {
    let mut counted = BTreeMap::new();
    let word = |region: &ReleaseRegion| {
        let look = looked.region(&region.region);
        let ours = look.filter(|look| look.release.as_ref() == Some(&release.release));
        ours.map_or(NOT_BEGUN, |look| standing(look).name())
    };
    for region in &release.regions {
        *counted.entry(word(region)).or_insert(0.0) += 1.0;
    }
    counted
}
