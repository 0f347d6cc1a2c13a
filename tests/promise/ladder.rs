//! One release climbing the example policy's ladder through all regions, in the fold alone.
//!
//! The arrival model is the demo's and so are seeds and history; Flagger is reduced to "the weight moves when the fold
//! allows it", because its own behaviour is tested elsewhere.

use haldane::demo::fnp;
use haldane_core::fact::{Ending, Entry, Fact, HeardBy, Opened, RolloutId};
use haldane_core::fold::look;
use haldane_core::headline::{Standing, standing};
use haldane_core::history::{PastIncrement, pooled_fano, summarise};
use haldane_core::increment::{Arms, Counts, Increment, Reading, Region};
use haldane_core::policy::Policy;
use haldane_core::report::{Decision, Look, RegionLook};
use haldane_core::signal::Signal;
use haldane_core::state::ServiceState;
use haldane_core::time::{Span, Timestamp};
use haldane_flagger_model::Live;
use haldane_pods::{Arm, ArrivalModel, HistoryWindow, ModelConfig, Scenario, history};

const BIN: Span = Span::from_s(30);
const NEW: &str = "2.0.0";
const LIMIT_MS: f64 = 200.0;
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
    let mut world = World { state: ServiceState::default(), now: ORIGIN, scenario, seed, policy };
    let regions: Vec<Region> = world.policy.regions.iter().map(|r| r.name.clone()).collect();
    let mut last = None;
    let mut first_fano = None;
    for (region, index) in regions.iter().zip(1..) {
        let climb = world.region(region, index);
        let fano = *first_fano.get_or_insert(climb.history_fano);
        let end = climb.end;
        last = Some(Climb { history_fano: fano, ..climb });
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
}

impl World {
    fn region(&mut self, region: &Region, index: u64) -> Climb {
        let config = ModelConfig::new(self.seed * 1_000 + index, self.now, self.scenario, NEW);
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
        let looked = self.fold(vec![Fact::Opened(Box::new(opened)), Fact::Heard { region: region.clone() }]);
        assert_eq!(looked.region(region).unwrap().decision, Decision::Advance, "admission must be open");
        self.learn(Fact::Admitted { region: region.clone() });
        (live.canary_up, live.canary_revision) = (true, NEW.to_owned());
        model.change(self.now, &live);
        let (mut left, mut exposed) = (Vec::new(), None);
        let mut before = totals(&model);
        loop {
            self.now = self.now + BIN;
            model.advance(self.now);
            let after = totals(&model);
            let arms = haldane_core::plan::arms(&self.state, region);
            let blind = model.metrics(Arm::Canary, self.now) != haldane_pods::Metrics::Served;
            let looked =
                self.fold(vec![Fact::Polled(increment(region, self.now, arms, &before, &after, blind))]);
            before = after;
            let look = looked.region(region).unwrap().clone();
            let minutes = exposed.map_or(0.0, |e: Timestamp| (self.now - e).as_min());
            let end = |end| Climb { end, minutes, left: Vec::new(), history_fano };
            match (&look.decision, standing(&look)) {
                (Decision::Rollback(_), _) => return end(End::RolledBack),
                (_, Standing::Held) => return end(End::Held),
                (Decision::Hold(_), _) => {}
                (Decision::Advance, _) => {
                    let next = look.step.as_ref().map_or(0, |s| s.index + 1);
                    left.extend(look.step.is_some().then_some(look));
                    let Some(step) = self.policy.steps.get(next).cloned() else {
                        self.promote(region, &mut model, &mut live);
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
    fn promote(&mut self, region: &Region, model: &mut ArrivalModel, live: &mut Live) {
        (live.canary_weight, live.canary_up, live.primary_revision) = (0, false, NEW.to_owned());
        model.change(self.now, live);
        self.learn(Fact::PromotionBegan { region: region.clone() });
        self.learn(Fact::Ended { region: region.clone(), ending: Ending::Succeeded });
        let mut before = totals(model);
        for _ in 0..22 {
            self.now = self.now + BIN;
            model.advance(self.now);
            let after = totals(model);
            let polled = increment(region, self.now, Arms::PrimaryOnly, &before, &after, false);
            let looked = self.fold(vec![Fact::Polled(polled)]);
            assert_eq!(looked.region(region).unwrap().late_breach, None, "a healthy bake");
            before = after;
        }
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

/// Requests, errors and slow requests of both arms since the origin.
type Totals = [(f64, f64, f64); 2];

fn totals(model: &ArrivalModel) -> Totals {
    [Arm::Canary, Arm::Primary].map(|arm| {
        let total = model.total(arm);
        (total.requests as f64, total.errors as f64, total.slower_than(LIMIT_MS).unwrap() as f64)
    })
}

fn increment(
    region: &Region,
    as_of: Timestamp,
    arms: Arms,
    before: &Totals,
    after: &Totals,
    blind: bool,
) -> Increment {
    let since = as_of - BIN;
    let counts = |arm: usize, bad: fn(&(f64, f64, f64)) -> f64| {
        let wanted =
            arms.include([haldane_core::increment::Arm::Canary, haldane_core::increment::Arm::Primary][arm]);
        let total = after[arm].0 - before[arm].0;
        wanted.then(|| Counts::exact(bad(&after[arm]) - bad(&before[arm]), total))
    };
    let reading = |bad: fn(&(f64, f64, f64)) -> f64| {
        if blind {
            return Reading::Missing(haldane_core::increment::Missing::FirstReading);
        }
        Reading::Counted { since, canary: counts(0, bad), primary: counts(1, bad), bracket: None }
    };
    let signals = [
        (Signal::P99Latency, reading(|t| t.2)),
        (Signal::ErrorRate, reading(|t| t.1)),
        (Signal::Http5xx, reading(|t| t.1)),
    ];
    Increment { region: region.clone(), as_of, arms, canary_targets: 2, signals: signals.into() }
}

fn past(region: &Region, config: &ModelConfig) -> Vec<PastIncrement> {
    let window = HistoryWindow { minutes: 60, bin: BIN, limit_ms: LIMIT_MS };
    let bins = history(config, &window).unwrap();
    let past = bins.iter().map(|bin| {
        let counted = |bad| Reading::Counted {
            since: bin.as_of - BIN,
            canary: None,
            primary: Some(Counts::exact(bad, bin.requests)),
            bracket: None,
        };
        let signals = [
            (Signal::P99Latency, counted(bin.slower_than_limit)),
            (Signal::ErrorRate, counted(bin.errors)),
            (Signal::Http5xx, counted(bin.errors)),
        ];
        let (region, arms) = (region.clone(), Arms::PrimaryOnly);
        let increment =
            Increment { region, as_of: bin.as_of, arms, canary_targets: 0, signals: signals.into() };
        PastIncrement { increment, synthetic: true }
    });
    past.collect()
}
