//! Several regions at one step side by side: which is convicted, when, by whose evidence, and what the others do about it.
//!
//! The polls are given, region by region, so that the same counts can be judged alone and in company. Within one instant
//! regions are polled one after another, each with a look of its own: what a conviction does to the others is then counted
//! in their own polls.

use crate::folded::Folded;
use crate::readings::{Polled, increment, openings, past};
use crate::site::Tally;
use crate::watch::{Found, found};
use haldane_core::fact::{Ending, Fact};
use haldane_core::increment::{Arms, Region};
use haldane_core::plan;
use haldane_core::policy::Policy;
use haldane_core::reason::{Reason, Stratum};
use haldane_core::report::{Decision, Look, RegionLook};
use haldane_core::time::Timestamp;

/// What one region counted: the primary before, then canary and primary, poll by poll.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Stream {
    /// The primary's past.
    pub history: Vec<Tally>,
    /// Canary and primary.
    pub polls: Vec<[Tally; 2]>,
}

/// What a convicted region does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Convicted {
    /// Goes back before its next poll, as Flagger does.
    GoesBack,
    /// Stays, so that every stratum's own time can be seen.
    Stays,
}

/// What was seen of one region.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Seen {
    /// The decision to roll it back.
    pub rolled_back: Option<Found>,
    /// Minutes until its own evidence crossed its own share of the budget.
    pub own_min: Option<f64>,
    /// Minutes until the evidence of all together crossed the pool's share, with this region among them.
    pub pool_min: Option<f64>,
    /// Polls of its own that it took from the first conviction elsewhere until it was held for that.
    pub polls_until_held: Option<usize>,
}

/// The regions of `policy`, as many as there are `streams`, at its step `step`; one poll per `policy.bin()`. `targets`
/// are the canary's pods in each.
pub fn beside(
    policy: &Policy,
    step: usize,
    streams: &[Stream],
    targets: u32,
    convicted: Convicted,
) -> Vec<Seen> {
    let Some(weight) = policy.steps.get(step).map(|s| s.weight) else {
        return Vec::new();
    };
    let regions: Vec<Region> = policy.regions.iter().map(|r| r.name.clone()).take(streams.len()).collect();
    let mut side = Side::open(policy, regions, streams, weight);
    let polls = streams.iter().map(|s| s.polls.len()).max().unwrap_or(0);
    for index in 0..polls {
        side.instant(policy, streams, (index, targets), convicted);
    }
    side.seats.into_iter().map(|seat| seat.seen).collect()
}

struct Side {
    fold: Folded,
    began: Timestamp,
    seats: Vec<Seat>,
}

struct Seat {
    region: Region,
    seen: Seen,
    gone: bool,
    /// Its own polls since another was convicted.
    since: Option<usize>,
}

impl Side {
    fn open(policy: &Policy, regions: Vec<Region>, streams: &[Stream], weight: u32) -> Self {
        let mut fold = Folded::default();
        let pasts: Vec<_> =
            regions.iter().zip(streams).map(|(r, s)| past(policy, r, &s.history, fold.now())).collect();
        let opened = openings(policy, &pasts, fold.now()).into_iter().map(|o| Fact::Opened(Box::new(o)));
        let placed = regions.iter().flat_map(|region| {
            let region = || region.clone();
            [
                Fact::Heard { region: region(), said: None },
                Fact::Admitted { region: region() },
                Fact::WeightSeen { region: region(), weight },
            ]
        });
        let _ = fold.learn(opened.chain(placed).collect());
        let seat = |region| Seat { region, seen: Seen::default(), gone: false, since: None };
        Self { began: fold.now(), fold, seats: regions.into_iter().map(seat).collect() }
    }

    /// One poll of each region that is still there: each with its look where it matters whose comes first.
    fn instant(
        &mut self,
        policy: &Policy,
        streams: &[Stream],
        (index, targets): (usize, u32),
        convicted: Convicted,
    ) {
        self.fold.pass(policy.bin());
        let mut facts = Vec::new();
        for (at, stream) in streams.iter().enumerate() {
            let Some(tallies) = stream.polls.get(index) else { continue };
            facts.extend(self.poll(at, policy, tallies, targets, convicted));
            if convicted == Convicted::GoesBack {
                let looked = self.fold.learn(std::mem::take(&mut facts));
                self.look(&looked);
            }
        }
        if convicted == Convicted::Stays {
            let looked = self.fold.learn(facts);
            self.look(&looked);
        }
    }

    /// What a region tells when it is its turn; nothing once it has gone back.
    fn poll(
        &mut self,
        at: usize,
        policy: &Policy,
        [canary, primary]: &[Tally; 2],
        targets: u32,
        convicted: Convicted,
    ) -> Option<Fact> {
        let seat = self.seats.get_mut(at).filter(|seat| !seat.gone)?;
        if convicted == Convicted::GoesBack && seat.seen.rolled_back.is_some() {
            seat.gone = true;
            return Some(Fact::Ended { region: seat.region.clone(), ending: Ending::Failed });
        }
        seat.since = seat.since.map(|polls| polls + 1);
        let arms = match plan::arms(self.fold.state(), &seat.region) {
            Arms::CanaryOnly => Arms::CanaryOnly,
            Arms::Both | Arms::PrimaryOnly => Arms::Both,
        };
        let (region, as_of, dt) = (&seat.region, self.fold.now(), policy.bin());
        let polled = Polled { policy, region, as_of, dt, arms, canary: *canary, primary: *primary, targets };
        Some(Fact::Polled(increment(&polled)))
    }

    fn look(&mut self, looked: &Look) {
        let minutes = (self.fold.now() - self.began).as_min();
        for seat in self.seats.iter_mut().filter(|s| !s.gone) {
            if let Some(look) = looked.region(&seat.region) {
                seat.look(look, minutes);
            }
        }
        if self.seats.iter().any(|s| s.seen.rolled_back.is_some()) {
            for seat in self.seats.iter_mut().filter(|s| s.seen.rolled_back.is_none()) {
                let polls = *seat.since.get_or_insert(0);
                let is_held = looked.region(&seat.region).is_some_and(is_held_for_another);
                if is_held && seat.seen.polls_until_held.is_none() {
                    seat.seen.polls_until_held = Some(polls);
                }
            }
        }
    }
}

impl Seat {
    fn look(&mut self, look: &RegionLook, minutes: f64) {
        let crossed = |stratum: Stratum| {
            let of = look.strata.iter().find(|s| s.stratum == stratum);
            of.is_some_and(|s| s.ln_e >= s.ln_threshold).then_some(minutes)
        };
        self.seen.own_min = self.seen.own_min.or_else(|| crossed(Stratum::Region));
        self.seen.pool_min = self.seen.pool_min.or_else(|| crossed(Stratum::Pool));
        if let (None, Decision::Rollback(reasons)) = (&self.seen.rolled_back, &look.decision) {
            self.seen.rolled_back = Some(found(minutes, reasons));
        }
    }
}

fn is_held_for_another(look: &RegionLook) -> bool {
    let elsewhere = |reason: &Reason| matches!(reason, Reason::OtherRegion { .. });
    matches!(&look.decision, Decision::Hold(reasons) if reasons.iter().any(elsewhere))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference;
    use haldane_core::time::Span;

    /// Two regions of a hundred requests a second at the canary, three polls of nothing and then errors in the second.
    fn streams() -> [Stream; 2] {
        let arm = |total: f64, errors: f64| Tally { total, bad: [0.0, errors, 0.0] };
        let of = |sick: bool| Stream {
            history: vec![arm(57_000.0, 6.0); 240],
            polls: (0..12)
                .map(|i| [arm(3_000.0, if sick && i >= 3 { 150.0 } else { 0.0 }), arm(57_000.0, 6.0)])
                .collect(),
        };
        [of(false), of(true)]
    }

    #[test]
    fn the_sick_one_goes_back_and_the_other_is_held_in_that_very_look() {
        let policy = reference::policy(2, Span::from_s(30));
        let seen = beside(&policy, 0, &streams(), 2, Convicted::GoesBack);
        assert_eq!((&seen[0].rolled_back, seen[0].polls_until_held), (&None, Some(0)), "{seen:?}");
        let found = seen[1].rolled_back.as_ref().unwrap();
        assert!(found.minutes <= 3.5, "{seen:?}");
        assert_eq!(seen[1].polls_until_held, None);
    }

    #[test]
    fn one_stream_is_one_region_of_the_policy_s_budget() {
        let policy = reference::policy(2, Span::from_s(30));
        let [_, sick] = streams();
        let alone = beside(&policy, 0, &[sick], 2, Convicted::Stays);
        let together = beside(&policy, 0, &streams(), 2, Convicted::Stays);
        assert_eq!((alone.len(), alone[0].own_min), (1, together[1].own_min));
        assert!(alone[0].pool_min <= alone[0].own_min, "its counts are all that the pool has: {alone:?}");
    }
}
