//! The hook table: from a hook and the latest look to one answer. Every cell is law.
//!
//! | hook | advance | hold | rollback | no look / too old |
//! |---|---|---|---|---|
//! | confirm-rollout | yes | no | (judged as a new run) | by admission |
//! | pre-rollout | yes | yes | yes | yes |
//! | rollout | yes | yes | **no** | yes |
//! | confirm-traffic-increase, confirm-promotion | yes, for this weight | no | no | no |
//! | rollback | no | no | **yes = roll back** | no |
//! | post-rollout, event | yes | yes | yes | yes |
//!
//! A person's orders need no look: a rollback that was ordered and a weight that was approved are answered by the same
//! columns, however old the last poll is. In guard mode an ordered rollback is the only one.
//!
//! A failing `rollout` or `pre-rollout` adds a failed check that Flagger never forgets, so they fail for nothing but
//! a breach. `rollback` is inverted: yes there rolls back production.

use crate::cluster::Strategy;
use crate::policy::Mode;
use crate::reason::Reason;
use crate::report::{Decision, RegionLook};
use crate::state::{Rollout, Stage};
use crate::time::{Span, Timestamp, is_fresh};
use std::fmt;
use std::str::FromStr;

/// Flagger's hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hook {
    /// May the rollout start?
    ConfirmRollout,
    /// Called on every tick at weight 0; a failure counts against the run.
    PreRollout,
    /// Called on every tick with traffic; a failure counts against the run.
    Rollout,
    /// May the weight rise?
    ConfirmTrafficIncrease,
    /// May the canary be promoted?
    ConfirmPromotion,
    /// The run is over.
    PostRollout,
    /// Shall the canary be rolled back? Yes means yes.
    Rollback,
    /// Something happened.
    Event,
}

impl Hook {
    /// Every hook.
    pub const ALL: [Self; 8] = [
        Self::ConfirmRollout,
        Self::PreRollout,
        Self::Rollout,
        Self::ConfirmTrafficIncrease,
        Self::ConfirmPromotion,
        Self::PostRollout,
        Self::Rollback,
        Self::Event,
    ];

    /// Its name in Flagger's `type` and in our addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConfirmRollout => "confirm-rollout",
            Self::PreRollout => "pre-rollout",
            Self::Rollout => "rollout",
            Self::ConfirmTrafficIncrease => "confirm-traffic-increase",
            Self::ConfirmPromotion => "confirm-promotion",
            Self::PostRollout => "post-rollout",
            Self::Rollback => "rollback",
            Self::Event => "event",
        }
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Hook {
    type Err = UnknownHook;
    fn from_str(name: &str) -> Result<Self, UnknownHook> {
        Self::ALL.into_iter().find(|h| h.name() == name).ok_or(UnknownHook)
    }
}

/// A name that is no hook of Flagger's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownHook;

impl fmt::Display for UnknownHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no such hook; there are {}", Hook::ALL.map(Hook::name).join(", "))
    }
}

impl std::error::Error for UnknownHook {}

/// Yes (200) or a considered no (403), with one line for people.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Answer {
    /// Yes.
    pub yes: bool,
    /// Why, in one line.
    pub line: String,
}

impl Answer {
    /// A yes.
    pub fn yes(line: impl Into<String>) -> Self {
        Self { yes: true, line: line.into() }
    }

    /// A considered no.
    pub fn no(line: impl Into<String>) -> Self {
        Self { yes: false, line: line.into() }
    }
}

/// What a look lets a hook rest on: the table's columns.
#[derive(Clone, Debug, PartialEq)]
enum Column {
    Advance,
    Hold(Vec<Reason>),
    Rollback(Vec<Reason>),
    /// A person, and not only evidence, wants it back.
    Ordered(Vec<Reason>),
    TooOld(Reason),
}

/// Answers a hook from the latest look at its rollout, at `now`.
pub fn answer(hook: Hook, rollout: Option<&Rollout>, look: Option<&RegionLook>, now: Timestamp) -> Answer {
    if matches!(hook, Hook::PostRollout | Hook::Event) {
        return Answer::yes("noted");
    }
    let mode = rollout.map_or(Mode::Enforce, |r| r.policy.mode);
    let column = column(hook, rollout, look, now);
    let word = match &column {
        Column::Advance => match look.and_then(|l| l.approved.as_ref()) {
            Some(approved) => format!("advance: {approved}"),
            None => "advance".to_owned(),
        },
        Column::Hold(reasons) => format!("hold: {}", lines(reasons)),
        Column::Rollback(reasons) | Column::Ordered(reasons) => format!("roll back: {}", lines(reasons)),
        Column::TooOld(reason) => format!("hold: {reason}"),
    };
    let enforced = enforced(hook, &column);
    let yes = match (mode, hook) {
        (Mode::Enforce, _) => enforced,
        // Evidence goes back only where the policy enforces; a person decides for herself.
        (Mode::Guard, Hook::Rollback) => matches!(column, Column::Ordered(_)),
        (Mode::Guard, _) => enforced || hook == Hook::Rollout,
        (Mode::Shadow, _) => hook != Hook::Rollback,
    };
    Answer { yes, line: told(mode, &word) }
}

fn told(mode: Mode, word: &str) -> String {
    match mode {
        Mode::Shadow => format!("shadow mode; enforced, the answer would be: {word}"),
        Mode::Guard => format!("guard mode; the decision is: {word}"),
        Mode::Enforce => word.to_owned(),
    }
}

/// The table.
fn enforced(hook: Hook, column: &Column) -> bool {
    match hook {
        Hook::PreRollout | Hook::PostRollout | Hook::Event => true,
        Hook::Rollout => !matches!(column, Column::Rollback(_) | Column::Ordered(_)),
        Hook::ConfirmRollout | Hook::ConfirmTrafficIncrease | Hook::ConfirmPromotion => {
            matches!(column, Column::Advance)
        }
        Hook::Rollback => matches!(column, Column::Rollback(_) | Column::Ordered(_)),
    }
}

fn column(hook: Hook, rollout: Option<&Rollout>, look: Option<&RegionLook>, now: Timestamp) -> Column {
    let (Some(rollout), Some(look)) = (rollout, look) else {
        return Column::TooOld(Reason::LookTooOld { age: None });
    };
    if let (Some(_), Decision::Rollback(reasons)) = (&rollout.orders.rollback, &look.decision) {
        return Column::Ordered(reasons.clone());
    }
    // Admission rests on other regions' fates, not on this region's polls; an approval rests on a person.
    if hook != Hook::ConfirmRollout
        && look.approved.is_none()
        && let Some(old) = too_old(look, now, rollout.policy.max_age())
    {
        return Column::TooOld(old);
    }
    let column = match &look.decision {
        Decision::Advance => Column::Advance,
        Decision::Hold(_) if hook == Hook::ConfirmRollout && start_approved(rollout) => Column::Advance,
        Decision::Hold(reasons) if hook == Hook::ConfirmRollout => before_pods(reasons),
        Decision::Hold(reasons) => Column::Hold(reasons.clone()),
        Decision::Rollback(reasons) => Column::Rollback(reasons.clone()),
    };
    match misplaced(hook, rollout, now) {
        Some(reason) if column == Column::Advance => Column::Hold(vec![reason]),
        Some(_) | None => column,
    }
}

/// What is left of a hold for confirm-rollout: admission. Flagger asks it again after a yes (which was lost, or which
/// another gate beside ours refused), and until it passes there are no canary pods whose queries could answer.
fn before_pods(reasons: &[Reason]) -> Column {
    let left: Vec<Reason> = reasons.iter().filter(|r| !r.is_preflight()).cloned().collect();
    if left.is_empty() { Column::Advance } else { Column::Hold(left) }
}

/// A start that was approved stays approved while confirm-rollout is asked again: the yes may have been lost.
fn start_approved(rollout: &Rollout) -> bool {
    rollout.orders.hold.is_none() && rollout.orders.approval.as_ref().is_some_and(|a| a.start)
}

fn too_old(look: &RegionLook, now: Timestamp, max_age: Span) -> Option<Reason> {
    let age = look.polled.map(|p| now - p);
    age.is_none_or(|a| !is_fresh(a, max_age)).then_some(Reason::LookTooOld { age })
}

/// A question that does not fit the step, or that may come from a step that nobody reported.
fn misplaced(hook: Hook, rollout: &Rollout, now: Timestamp) -> Option<Reason> {
    match (hook, rollout.stage) {
        (Hook::ConfirmRollout, _) => None,
        (_, Stage::Waiting) => Some(Reason::NotAdmitted),
        // Blue/green asks it twice: for all traffic, and for the promotion.
        (Hook::ConfirmPromotion, Stage::Admitted) if rollout.policy.strategy == Strategy::BlueGreen => {
            unanswered(rollout, now)
        }
        (Hook::ConfirmPromotion, _) if !at_top(rollout) => {
            Some(Reason::PromotionAskedEarly { weight: rollout.weight() })
        }
        (Hook::ConfirmTrafficIncrease, _) => unanswered(rollout, now),
        (
            Hook::ConfirmPromotion
            | Hook::PreRollout
            | Hook::Rollout
            | Hook::PostRollout
            | Hook::Rollback
            | Hook::Event,
            _,
        ) => None,
    }
}

/// Whether the rollout is at the top of its ladder.
pub fn at_top(rollout: &Rollout) -> bool {
    matches!(rollout.stage, Stage::Step { index, .. } if index + 1 == rollout.policy.steps.len())
}

/// A repeated question after a yes gets the same yes, because the first may have been lost on its way. But a
/// repetition later than a retry's may just as well come from the next step, with the one event that would have told
/// us so lost (Flagger's ticks keep to a grid, so one that was slow to ask is followed early by the next). Only the traffic can say which it is, so the yes waits until it has; until then no event
/// but that one helps.
fn unanswered(rollout: &Rollout, now: Timestamp) -> Option<Reason> {
    const RETRY: Span = Span::from_s(2);
    let permission = rollout.permission.filter(|p| !at_top(rollout) && now - p.at > RETRY)?;
    Some(Reason::PermissionUnanswered { weight: permission.weight })
}

/// Why a decision to leave a weight is answered with no all the same: no poll is fresh enough, or nobody knows whether
/// an earlier yes was used. A report that shows the decision alone would promise a step that is not given.
pub fn held_back(rollout: &Rollout, look: &RegionLook, now: Timestamp) -> Option<Reason> {
    let leaves = matches!(rollout.stage, Stage::Admitted | Stage::Step { .. });
    if !leaves || look.decision != Decision::Advance {
        return None;
    }
    let fresh = look.approved.is_some();
    let old = (!fresh).then(|| too_old(look, now, rollout.policy.max_age())).flatten();
    old.or_else(|| unanswered(rollout, now))
}

/// One line: the first reason in full, the number of the others.
fn lines(reasons: &[Reason]) -> String {
    match reasons {
        [] => String::new(),
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Fact;
    use crate::tests::world::{EAST, HEALTHY, World};

    #[test]
    fn every_hook_reads_back_from_its_name() {
        for hook in Hook::ALL {
            assert_eq!(hook.name().parse(), Ok(hook));
        }
        assert_eq!("promote".parse::<Hook>(), Err(UnknownHook));
    }

    #[test]
    fn the_table_holds_in_every_cell() {
        let columns = || {
            [
                Column::Advance,
                Column::Hold(vec![Reason::Promoting]),
                Column::Rollback(vec![Reason::Promoting]),
                Column::TooOld(Reason::LookTooOld { age: None }),
                Column::Ordered(vec![Reason::Promoting]),
            ]
        };
        let row = |hook| columns().map(|c| enforced(hook, &c));
        assert_eq!(row(Hook::ConfirmRollout), [true, false, false, false, false]);
        assert_eq!(row(Hook::PreRollout), [true, true, true, true, true]);
        assert_eq!(row(Hook::Rollout), [true, true, false, true, false]);
        assert_eq!(row(Hook::ConfirmTrafficIncrease), [true, false, false, false, false]);
        assert_eq!(row(Hook::ConfirmPromotion), [true, false, false, false, false]);
        assert_eq!(row(Hook::Rollback), [false, false, true, false, true]);
        assert_eq!(row(Hook::PostRollout), [true, true, true, true, true]);
        assert_eq!(row(Hook::Event), [true, true, true, true, true]);
    }

    #[test]
    fn a_hook_without_any_look_neither_advances_nor_rolls_back() {
        let now = Timestamp::from_s(0);
        for hook in
            [Hook::ConfirmTrafficIncrease, Hook::ConfirmPromotion, Hook::Rollback, Hook::ConfirmRollout]
        {
            assert!(!answer(hook, None, None, now).yes, "{hook}");
        }
        for hook in [Hook::PreRollout, Hook::Rollout, Hook::PostRollout, Hook::Event] {
            assert!(answer(hook, None, None, now).yes, "{hook}");
        }
    }

    fn ask(world: &World, hook: Hook) -> Answer {
        answer(hook, Some(world.rollout(EAST)), Some(world.seen(EAST)), world.now)
    }

    fn row(world: &World) -> [bool; 8] {
        Hook::ALL.map(|hook| ask(world, hook).yes)
    }

    fn in_mode(mode: Mode, sick: bool) -> World {
        let mut policy = crate::tests::world::policy(&[EAST]);
        policy.mode = mode;
        let mut world = World::with_first_step(policy);
        if sick {
            world.east().canary = HEALTHY.errors(0.05);
        }
        world.minutes(4);
        assert_eq!(world.rolls_back(EAST), sick);
        world
    }

    // Hook::ALL: confirm-rollout, pre-rollout, rollout, confirm-traffic-increase, confirm-promotion, post-rollout,
    // rollback, event.
    #[test]
    fn shadow_mode_lets_everything_pass_and_never_rolls_back() {
        for sick in [false, true] {
            let world = in_mode(Mode::Shadow, sick);
            assert_eq!(row(&world), [true, true, true, true, true, true, false, true]);
            let line = ask(&world, Hook::ConfirmTrafficIncrease).line;
            let would = if sick { "roll back: evidence" } else { "hold: observed 4m of 10m" };
            assert!(
                line.starts_with(&format!("shadow mode; enforced, the answer would be: {would}")),
                "{line}"
            );
        }
    }

    #[test]
    fn guard_mode_holds_and_never_rolls_back_nor_fails_a_check() {
        for sick in [false, true] {
            let world = in_mode(Mode::Guard, sick);
            assert_eq!(row(&world), [false, true, true, false, false, true, false, true]);
            assert!(ask(&world, Hook::Rollback).line.starts_with("guard mode; the decision is: "));
        }
    }

    #[test]
    fn enforce_mode_holds_and_rolls_back() {
        assert_eq!(row(&in_mode(Mode::Enforce, false)), [false, true, true, false, false, true, false, true]);
        assert_eq!(row(&in_mode(Mode::Enforce, true)), [false, true, false, false, false, true, true, true]);
    }

    #[test]
    fn a_look_that_is_too_old_neither_advances_nor_rolls_back() {
        for sick in [false, true] {
            let mut world = in_mode(Mode::Enforce, sick);
            world.now = world.now + Span::from_s(91);
            assert_eq!(row(&world)[1..], [true, true, false, false, true, false, true]);
            assert_eq!(ask(&world, Hook::Rollback).line, "hold: the last poll of this region is 1m31s old");
            world.now = world.now - Span::from_s(1);
            assert_eq!(ask(&world, Hook::Rollback).yes, sick, "three increments are still fresh");
        }
    }

    fn advancing() -> World {
        let mut world = World::at_five_percent();
        world.minutes(10);
        assert!(world.advances(EAST));
        world
    }

    fn permit(world: &mut World, weight: u32) {
        world.tell(Fact::Permitted { region: EAST.into(), weight });
    }

    #[test]
    fn a_repeated_question_gets_the_same_yes_at_once_and_later_only_when_the_traffic_has_not_moved() {
        let mut world = advancing();
        permit(&mut world, 5);
        world.now = world.now + Span::from_s(2);
        assert!(ask(&world, Hook::ConfirmTrafficIncrease).yes, "a retry of the same call");
        world.now = world.now + Span::from_s(1);
        let line = "hold: leaving 5 % was allowed and no event says that it happened; the next polls' traffic will tell";
        assert_eq!(ask(&world, Hook::ConfirmTrafficIncrease), Answer::no(line));
        world.tell(Fact::Heard { region: EAST.into(), said: None });
        assert!(
            !ask(&world, Hook::ConfirmTrafficIncrease).yes,
            "another event says nothing about the weight"
        );
        world.minutes(1);
        assert!(ask(&world, Hook::ConfirmTrafficIncrease).yes, "the requests are still split as at 5 %");
    }

    #[test]
    fn what_holds_back_a_step_that_is_decided_is_named_and_nothing_else_is() {
        let why = |world: &World| held_back(world.rollout(EAST), world.seen(EAST), world.now);
        let mut world = advancing();
        assert_eq!(why(&world), None);
        permit(&mut world, 5);
        world.now = world.now + Span::from_s(3);
        assert_eq!(why(&world), Some(Reason::PermissionUnanswered { weight: 5 }));
        let mut world = advancing();
        world.now = world.now + Span::from_min(2);
        assert!(matches!(why(&world), Some(Reason::LookTooOld { age: Some(_) })));
        let mut world = World::at_five_percent();
        world.now = world.now + Span::from_min(2);
        assert_eq!(why(&world), None, "it is held for reasons of its own");
    }

    #[test]
    fn a_permission_ends_with_the_weight_that_it_was_for() {
        let mut world = advancing();
        permit(&mut world, 5);
        world.weight(EAST, 50);
        assert!(!ask(&world, Hook::ConfirmTrafficIncrease).yes);
        world.minutes(5);
        assert!(world.rollout(EAST).permission.is_none() && ask(&world, Hook::ConfirmTrafficIncrease).yes);
    }

    #[test]
    fn a_permission_does_not_outlive_a_breach() {
        let mut world = advancing();
        permit(&mut world, 5);
        world.east().canary = HEALTHY.errors(0.05);
        world.minutes(3);
        world.tell(Fact::Heard { region: EAST.into(), said: None });
        assert!(!ask(&world, Hook::ConfirmTrafficIncrease).yes && ask(&world, Hook::Rollback).yes);
    }

    #[test]
    fn promotion_asked_below_the_top_is_refused_by_name() {
        let mut world = advancing();
        let early = "hold: promotion is asked for, but the last weight reported is 5 %, not the top";
        assert_eq!(ask(&world, Hook::ConfirmPromotion), Answer::no(early));
        assert!(ask(&world, Hook::ConfirmTrafficIncrease).yes);
        world.weight(EAST, 100);
        world.minutes(5);
        assert!(ask(&world, Hook::ConfirmPromotion).yes && ask(&world, Hook::ConfirmTrafficIncrease).yes);
        permit(&mut world, 100);
        world.tick();
        assert!(ask(&world, Hook::ConfirmPromotion).yes, "at the top both hooks ask for one permission");
        assert!(ask(&world, Hook::ConfirmTrafficIncrease).yes);
    }

    #[test]
    fn a_rollout_that_is_not_admitted_gets_no_traffic() {
        let mut world = World::new(crate::tests::world::policy(&[EAST]));
        world.open(EAST, None, crate::fact::HeardBy::ConfirmRollout);
        assert!(ask(&world, Hook::ConfirmRollout).yes, "admission rests on no poll of this region");
        world.tick();
        let refused = Answer::no("hold: the rollout has not been admitted");
        assert_eq!(ask(&world, Hook::ConfirmTrafficIncrease), refused);
        assert_eq!(ask(&world, Hook::ConfirmPromotion), refused);
    }

    #[test]
    fn after_the_end_the_old_verdict_answers_no_rollback() {
        let mut world = in_mode(Mode::Enforce, true);
        world.end(EAST, crate::fact::Ending::Superseded);
        assert!(!ask(&world, Hook::Rollback).yes && ask(&world, Hook::Rollout).yes);
    }
}
