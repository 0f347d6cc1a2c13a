//! One release climbing the example policy's ladder through all regions, in the fold alone.
//!
//! The arrival model is the demo's and so are seeds and history; Flagger is reduced to "the weight moves when the fold
//! allows it", because its own behaviour is tested elsewhere.

use crate::readings::{BIN, Totals, increment, past, totals};
use haldane::demo::fnp;
use haldane_core::fact::{Ending, Entry, Fact, HeardBy, Opened, RolloutId};
use haldane_core::fold::look;
use haldane_core::headline::{Standing, headline, standing};
use haldane_core::history::{pooled_fano, summarise};
use haldane_core::increment::{Arms, Region};
use haldane_core::policy::Policy;
use haldane_core::report::{Decision, Look, RegionLook};
use haldane_core::signal::Signal;
use haldane_core::state::ServiceState;
use haldane_core::time::{Span, Timestamp};
use haldane_flagger_model::Live;
use haldane_pods::{ArrivalModel, ModelConfig, Scenario};

const NEW: &str = "2.0.0";
/// After so long without its first traffic a rollout has ended held: nothing will change by itself.
const STILL: Span = Span::from_min(35);
/// 2026-01-01, for readable failures.
const ORIGIN: Timestamp = Timestamp::from_s(1_767_225_600);

/// How a release ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Promoted,
    RolledBack,
    Held,
}

/// A whole climb.
pub(crate) struct Climb {
    pub(crate) end: End,
    /// The regions that were promoted.
    pub(crate) promoted: usize,
    /// The weight at which it ended, in percent.
    pub(crate) weight: u32,
    /// The last headline of the region that ended it.
    pub(crate) headline: String,
    /// From the first traffic to the end in the region that ended it.
    pub(crate) minutes: f64,
    /// The looks of the last region with which it was allowed to leave a step.
    pub(crate) left: Vec<RegionLook>,
    /// The Fano factor of the errors in the hour before, in the first region.
    pub(crate) history_fano: f64,
}

/// Releases `NEW` in every region, one after the other.
pub(crate) fn climb(scenario: Scenario, seed: u64) -> Climb {
    let (policy, _) = fnp().unwrap();
    let mut world =
        World { state: ServiceState::default(), now: ORIGIN, scenario, seed, policy, baking: None };
    let regions: Vec<Region> = world.policy.regions.iter().map(|r| r.name.clone()).collect();
    let mut last = None;
    let mut first_fano = None;
    for (region, index) in regions.iter().zip(1..) {
        let climb = world.region(region, index);
        let fano = *first_fano.get_or_insert(climb.history_fano);
        let end = climb.end;
        let before = last.as_ref().map_or(0, |l: &Climb| l.promoted);
        let promoted = before + usize::from(end == End::Promoted);
        last = Some(Climb { history_fano: fano, promoted, ..climb });
        if end != End::Promoted {
            break;
        }
    }
    last.unwrap()
}

struct World {
    state: ServiceState,
    now: Timestamp,
    scenario: Scenario,
    seed: u64,
    policy: Policy,
    /// The region promoted last, which goes on being polled while the next one waits for its first traffic.
    baking: Option<Baking>,
}

struct Baking {
    region: Region,
    model: ArrivalModel,
    before: Totals,
}

impl World {
    fn region(&mut self, region: &Region, index: u64) -> Climb {
        let scenario = self.scenario.in_role(self.policy.region(region).unwrap().role);
        let config = ModelConfig::new(self.seed * 1_000 + index, self.now, scenario, NEW);
        let past = past(region, &config);
        let mut live = Live::serving("1.0.0");
        let mut model = ArrivalModel::new(config, live.clone());
        let summary = summarise(&past);
        let history_fano = summary[&Signal::ErrorRate].fano.unwrap_or(0.0);
        let opened = Opened {
            rollout: RolloutId::mint("fnp/api", region, self.now),
            region: region.clone(),
            release: Some(NEW.to_owned()),
            checksum: None,
            by: HeardBy::ConfirmRollout,
            policy: self.policy.clone(),
            history: summary,
            pooled_fano: pooled_fano(&[past], BIN),
        };
        let looked = self
            .fold(vec![Fact::Opened(Box::new(opened)), Fact::Heard { region: region.clone(), said: None }]);
        assert_eq!(looked.region(region).unwrap().decision, Decision::Advance, "admission must be open");
        self.learn(Fact::Admitted { region: region.clone() });
        (live.canary_up, live.canary_revision) = (true, NEW.to_owned());
        model.change(self.now, &live);
        let (mut left, mut exposed) = (Vec::new(), None);
        let opened_at = self.now;
        let mut before = totals(&model);
        loop {
            self.now = self.now + BIN;
            if exposed.is_none() {
                self.bake();
            }
            model.advance(self.now);
            let after = totals(&model);
            let arms = haldane_core::plan::arms(&self.state, region);
            let polled = increment(region, self.now, arms, &before, &after, &model);
            let looked = self.fold(vec![Fact::Polled(polled)]);
            before = after;
            let look = looked.region(region).unwrap().clone();
            let minutes = exposed.map_or(0.0, |e: Timestamp| (self.now - e).as_min());
            let (weight, headline) = (live.canary_weight, headline(&look, &self.policy));
            let end =
                |end| Climb { end, promoted: 0, weight, headline, minutes, left: Vec::new(), history_fano };
            match (&look.decision, standing(&look)) {
                (Decision::Rollback(_), _) => return end(End::RolledBack),
                (_, Standing::Held) => return end(End::Held),
                (Decision::Hold(_), _) if exposed.is_none() && self.now - opened_at > STILL => {
                    return end(End::Held);
                }
                (Decision::Hold(_), _) => {}
                (Decision::Advance, _) => {
                    let next = look.step.as_ref().map_or(0, |s| s.index + 1);
                    left.extend(look.step.is_some().then_some(look));
                    let Some(step) = self.policy.steps.get(next).cloned() else {
                        self.promote(region, model, &mut live);
                        return Climb { left, ..end(End::Promoted) };
                    };
                    live.canary_weight = step.weight;
                    model.change(self.now, &live);
                    exposed = exposed.or(Some(self.now));
                    self.learn(Fact::WeightSeen { region: region.clone(), weight: step.weight });
                }
            }
        }
    }

    /// Promotes, and bakes for as long as the next region waits.
    fn promote(&mut self, region: &Region, mut model: ArrivalModel, live: &mut Live) {
        self.learn(Fact::Permitted { region: region.clone(), weight: live.canary_weight });
        (live.canary_weight, live.canary_up, live.primary_revision) = (0, false, NEW.to_owned());
        model.change(self.now, live);
        self.learn(Fact::PromotionBegan { region: region.clone() });
        self.learn(Fact::Ended { region: region.clone(), ending: Ending::Succeeded });
        let before = totals(&model);
        self.baking = Some(Baking { region: region.clone(), model, before });
        for _ in 0..22 {
            self.now = self.now + BIN;
            self.bake();
        }
    }

    /// Polls the region that bakes.
    fn bake(&mut self) {
        let Some(mut baking) = self.baking.take() else { return };
        let Baking { region, model, before } = &mut baking;
        model.advance(self.now);
        let after = totals(model);
        let polled = increment(region, self.now, Arms::PrimaryOnly, before, &after, model);
        let looked = self.fold(vec![Fact::Polled(polled)]);
        assert_eq!(looked.region(region).unwrap().late_breach, None, "a healthy bake");
        *before = after;
        self.baking = Some(baking);
    }

    /// A fact whose look nobody waits for.
    fn learn(&mut self, fact: Fact) {
        let _ = self.fold(vec![fact]);
    }

    fn fold(&mut self, facts: Vec<Fact>) -> Look {
        let entries: Vec<Entry> = facts.into_iter().map(|fact| Entry { at: self.now, fact }).collect();
        let (state, looked) = look(std::mem::take(&mut self.state), &entries, self.now);
        self.state = state;
        looked
    }
}
