//! One region's Flagger, as far as it asks and tells: confirm-rollout, the weights, the promotion, the rollback.

use crate::world::World;
use haldane_core::answer::Hook;
use haldane_core::fact::{Ending, Fact, HeardBy};
use haldane_core::increment::Region;

/// How far Flagger is with a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No run: the primary serves.
    Idle,
    /// confirm-rollout is asked.
    Waiting,
    /// The canary has this share of the traffic, in percent.
    Canary(u32),
    /// The new version is copied to the primary, which still has no traffic.
    Promoting,
}

impl World {
    /// Flagger's tick in one region. Where Haldane cannot be reached it stays where it is.
    pub(crate) fn tick(&mut self, region: &Region) {
        let place = &self.places[region];
        if !place.reaches_haldane {
            return;
        }
        let changed = place.target != place.analysed;
        match place.phase {
            Phase::Idle if place.target != place.serving => {
                self.place(region).analysed = self.places[region].target;
                self.place(region).phase = Phase::Waiting;
                self.wait(region);
            }
            Phase::Idle => {}
            Phase::Waiting => {
                self.place(region).analysed = self.places[region].target;
                self.wait(region);
            }
            Phase::Canary(_) if changed => self.restart_run(region),
            Phase::Canary(weight) => self.go_on(region, weight),
            Phase::Promoting => {
                let place = self.place(region);
                (place.serving, place.phase) = (place.analysed, Phase::Idle);
                self.tell(Fact::Ended { region: region.clone(), ending: Ending::Succeeded });
            }
        }
    }

    fn wait(&mut self, region: &Region) {
        self.hear_of(region);
        if self.ask(region, Hook::ConfirmRollout) {
            self.place(region).phase = Phase::Canary(0);
            self.tell(Fact::Heard { region: region.clone(), said: None });
        }
    }

    /// A new revision in the middle of a run: traffic goes back to the primary, and confirm-rollout is not asked again.
    fn restart_run(&mut self, region: &Region) {
        let place = self.place(region);
        (place.analysed, place.phase) = (place.target, Phase::Canary(0));
        self.tell(Fact::Ended { region: region.clone(), ending: Ending::Superseded });
        self.open(region, HeardBy::Restart);
        self.tell(Fact::Heard { region: region.clone(), said: None });
    }

    fn go_on(&mut self, region: &Region, weight: u32) {
        if self.ask(region, Hook::Rollback) {
            self.place(region).phase = Phase::Idle;
            // Flagger does not try a revision that failed again.
            self.place(region).target = self.places[region].serving;
            self.tell(Fact::Ended { region: region.clone(), ending: Ending::Failed });
            return;
        }
        let top = weight == 100;
        let hook = if top { Hook::ConfirmPromotion } else { Hook::ConfirmTrafficIncrease };
        if !self.ask(region, hook) {
            return;
        }
        self.advances += 1;
        if top {
            self.place(region).phase = Phase::Promoting;
            self.tell(Fact::PromotionBegan { region: region.clone() });
            return;
        }
        let next = if weight == 0 { 50 } else { 100 };
        self.place(region).phase = Phase::Canary(next);
        self.gets_traffic(region, weight);
        // An event is lost now and then, and the next polls have to say it.
        if !self.places[region].loses_events {
            self.tell(Fact::WeightSeen { region: region.clone(), weight: next });
        }
    }
}
