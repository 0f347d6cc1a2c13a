//! One whole release under a policy, through all its regions in their order, in the fold alone.
//!
//! Flagger is reduced to "the weight moves when the fold allows it"; its own behaviour is tested elsewhere. All regions
//! open at once, as they do when one pipeline deploys everywhere: those that come later wait for their admission, and
//! their primaries are polled all the while.

mod ends;
mod seat;

pub use ends::{End, Outcome, StepLeft};

use crate::fault::Fault;
use crate::folded::Folded;
use crate::noise::Noise;
use crate::readings::{openings, past};
use crate::site::Sky;
use crate::traffic::Traffic;
use ends::{held, rolled_back};
use haldane_core::fact::{Ending, Fact};
use haldane_core::policy::Policy;
use haldane_core::report::{Decision, Look, RegionLook};
use haldane_core::state::Stage;
use haldane_core::time::Span;
use rand_chacha::ChaCha8Rng;
use seat::Seat;

/// History before the release.
const HISTORY: Span = Span::from_min(120);

/// Beyond the end of its extension a step is waited for so long; what has not moved by then is held.
const PATIENCE: Span = Span::from_min(10);

/// What is simulated.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// Under which policy.
    pub policy: &'a Policy,
    /// What the service does in every region.
    pub traffic: Traffic,
    /// How it scatters.
    pub noise: Noise,
    /// What is wrong with the new version.
    pub fault: Fault,
}

/// Runs one release to its end.
pub fn rollout(setting: &Setting<'_>, rng: &mut ChaCha8Rng) -> Outcome {
    let mut release = Release::open(setting, rng);
    loop {
        if let Some(end) = release.tick(rng) {
            return release.outcome(end);
        }
    }
}

struct Release<'a> {
    setting: Setting<'a>,
    fold: Folded,
    sky: Option<Sky>,
    seats: Vec<Seat>,
    left: Vec<StepLeft>,
    /// Expected bad requests beyond the healthy rate.
    bad_served: f64,
    moved: haldane_core::time::Timestamp,
}

impl<'a> Release<'a> {
    fn open(setting: &Setting<'a>, rng: &mut ChaCha8Rng) -> Self {
        let Setting { policy, noise, .. } = *setting;
        let mut fold = Folded::default();
        let bin = policy.bin();
        let mut sky = noise.everywhere.then(|| Sky::new(noise.shared_sd, noise.tau_min, bin, rng));
        let mut seats: Vec<Seat> =
            policy.regions.iter().map(|region| Seat::new(setting, &region.name, rng)).collect();
        let mut tallies = vec![Vec::new(); seats.len()];
        for _ in 0..HISTORY.as_us() / bin.as_us().max(1) {
            if let Some(sky) = &mut sky {
                sky.turn(rng);
            }
            for (seat, tallies) in seats.iter_mut().zip(&mut tallies) {
                tallies.push(seat.past(setting, sky.as_ref(), rng));
            }
        }
        let pasts: Vec<_> =
            seats.iter().zip(&tallies).map(|(s, t)| past(policy, &s.region, t, fold.now())).collect();
        let opened = openings(policy, &pasts, fold.now()).into_iter().map(|o| Fact::Opened(Box::new(o)));
        let heard = seats.iter().map(|s| Fact::Heard { region: s.region.clone(), said: None });
        let _ = fold.learn(opened.chain(heard).collect());
        let moved = fold.now();
        Self { setting: *setting, fold, sky, seats, left: Vec::new(), bad_served: 0.0, moved }
    }

    /// One poll of every region, and what follows from the look.
    fn tick(&mut self, rng: &mut ChaCha8Rng) -> Option<End> {
        let bin = self.setting.policy.bin();
        self.fold.pass(bin);
        if let Some(sky) = &mut self.sky {
            sky.turn(rng);
        }
        let mut facts = Vec::with_capacity(self.seats.len());
        for seat in &mut self.seats {
            let polled = seat.poll(&self.setting, &self.fold, self.sky.as_ref(), rng);
            self.bad_served += polled.bad_served;
            facts.push(Fact::Polled(polled.increment));
        }
        let looked = self.fold.learn(facts);
        for index in 0..self.seats.len() {
            let region = self.seats[index].region.clone();
            let Some(look) = looked.region(&region) else { continue };
            if let Some(end) = self.follow(index, look) {
                return Some(end);
            }
        }
        if self.seats.iter().all(|s| s.promoted) {
            return Some(End::Promoted);
        }
        self.stuck(&looked)
    }

    fn follow(&mut self, index: usize, look: &RegionLook) -> Option<End> {
        let now = self.fold.now();
        let seat = &self.seats[index];
        if let Some(late) = &look.late_breach {
            return Some(held(seat, vec![format!("breached-late {}", ends::word(late))]));
        }
        match &look.decision {
            Decision::Rollback(reasons) => Some(rolled_back(seat, now, reasons)),
            Decision::Hold(_) => None,
            Decision::Advance => {
                self.advance(index, look);
                None
            }
        }
    }

    fn advance(&mut self, index: usize, look: &RegionLook) {
        let region = self.seats[index].region.clone();
        let next = match look.stage {
            Stage::Waiting => {
                self.learn(vec![Fact::Admitted { region }]);
                return;
            }
            Stage::Admitted => 0,
            Stage::Step { index, .. } => index + 1,
            Stage::Unknown
            | Stage::OffLadder { .. }
            | Stage::Promoting { .. }
            | Stage::Promoted { .. }
            | Stage::RolledBack { .. }
            | Stage::RolledBackByOrder { .. }
            | Stage::FailedPromotion { .. }
            | Stage::Superseded { .. }
            | Stage::PromotedUnjudged { .. }
            | Stage::EndedUnknown { .. } => return,
        };
        if let Some(step) = &look.step {
            let on_time = step.elapsed <= step.observe;
            let weight = self.seats[index].weight;
            self.left.push(StepLeft { step: step.index, weight, on_time });
        }
        match self.setting.policy.steps.get(next) {
            Some(step) => {
                let weight = step.weight;
                self.seats[index].weigh(weight, self.fold.now());
                self.learn(vec![Fact::WeightSeen { region, weight }]);
            }
            None => self.promote(index),
        }
    }

    fn promote(&mut self, index: usize) {
        let seat = &mut self.seats[index];
        let (region, weight) = (seat.region.clone(), seat.weight);
        seat.promote();
        self.learn(vec![
            Fact::Permitted { region: region.clone(), weight },
            Fact::PromotionBegan { region: region.clone() },
            Fact::Ended { region, ending: Ending::Succeeded },
        ]);
    }

    /// Facts whose look nobody waits for.
    fn learn(&mut self, facts: Vec<Fact>) {
        self.moved = self.fold.now();
        let _ = self.fold.learn(facts);
    }

    /// Nothing has moved for longer than the present step may be extended, or a bake may take.
    fn stuck(&self, looked: &Look) -> Option<End> {
        let policy = self.setting.policy;
        let seat =
            self.seats.iter().find(|s| s.weight > 0).or_else(|| self.seats.iter().find(|s| !s.promoted))?;
        let look = looked.region(&seat.region)?;
        let bake = policy.regions.iter().map(|r| r.bake).max().unwrap_or(Span::ZERO);
        let most = look.step.as_ref().map_or(bake, |s| s.extend_up_to);
        let still = self.fold.now() - self.moved;
        (still > most + PATIENCE).then(|| held(seat, ends::words(look.decision.reasons())))
    }

    fn outcome(self, end: End) -> Outcome {
        let fault_began = self.seats.iter().filter_map(|s| s.fault_began).min();
        Outcome {
            end,
            left: self.left,
            bad_served: self.bad_served,
            fault_began: fault_began.is_some(),
            minutes: (self.fold.now() - crate::folded::ORIGIN).as_min(),
        }
    }
}
