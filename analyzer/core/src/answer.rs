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
//! A failing `rollout` or `pre-rollout` adds a failed check that Flagger never forgets, so they fail for nothing but
//! a breach. `rollback` is inverted: yes there rolls back production.

use crate::policy::Mode;
use crate::reason::Reason;
use crate::report::{Decision, RegionLook};
use crate::state::{Rollout, Stage};
use crate::time::{Span, Timestamp};
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
        Self::ALL
            .into_iter()
            .find(|h| h.name() == name)
            .ok_or(UnknownHook)
    }
}

/// A name that is no hook of Flagger's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownHook;

impl fmt::Display for UnknownHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no such hook; there are {}",
            Hook::ALL.map(Hook::name).join(", ")
        )
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
        Self {
            yes: true,
            line: line.into(),
        }
    }

    /// A considered no.
    pub fn no(line: impl Into<String>) -> Self {
        Self {
            yes: false,
            line: line.into(),
        }
    }
}

/// What a look lets a hook rest on: the table's columns.
#[derive(Clone, Debug, PartialEq)]
enum Column {
    Advance,
    Hold(Vec<Reason>),
    Rollback(Vec<Reason>),
    TooOld(Reason),
}

/// Answers a hook from the latest look at its rollout, at `now`.
pub fn answer(hook: Hook, rollout: Option<&Rollout>, look: Option<&RegionLook>, now: Timestamp) -> Answer {
    let mode = rollout.map_or(Mode::Enforce, |r| r.policy.mode);
    let column = column(hook, rollout, look, now);
    let word = match &column {
        Column::Advance => "advance".to_owned(),
        Column::Hold(reasons) => format!("hold: {}", lines(reasons)),
        Column::Rollback(reasons) => format!("roll back: {}", lines(reasons)),
        Column::TooOld(reason) => format!("hold: {reason}"),
    };
    let enforced = enforced(hook, &column);
    let yes = match mode {
        Mode::Enforce => enforced,
        Mode::Guard => enforced || hook == Hook::Rollout,
        Mode::Shadow => true,
    };
    match (hook, mode) {
        (Hook::Rollback, Mode::Guard | Mode::Shadow) => Answer::no(told(mode, &word)),
        (_, Mode::Guard | Mode::Shadow) => Answer {
            yes,
            line: told(mode, &word),
        },
        (_, Mode::Enforce) => Answer { yes, line: word },
    }
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
        Hook::Rollout => !matches!(column, Column::Rollback(_)),
        Hook::ConfirmRollout | Hook::ConfirmTrafficIncrease | Hook::ConfirmPromotion => {
            matches!(column, Column::Advance)
        }
        Hook::Rollback => matches!(column, Column::Rollback(_)),
    }
}

fn column(hook: Hook, rollout: Option<&Rollout>, look: Option<&RegionLook>, now: Timestamp) -> Column {
    let (Some(rollout), Some(look)) = (rollout, look) else {
        return Column::TooOld(Reason::LookTooOld { age: None });
    };
    // Admission rests on other regions' fates, not on this region's polls.
    if hook != Hook::ConfirmRollout
        && let Some(old) = too_old(look, now, rollout.policy.max_age())
    {
        return Column::TooOld(old);
    }
    let column = match &look.decision {
        Decision::Advance => Column::Advance,
        Decision::Hold(reasons) => held(hook, rollout, reasons),
        Decision::Rollback(reasons) => Column::Rollback(reasons.clone()),
    };
    match misplaced(hook, rollout, now) {
        Some(reason) if column == Column::Advance => Column::Hold(vec![reason]),
        Some(_) | None => column,
    }
}

/// Confirm-rollout asked again after its yes: that yes was lost, and the canary still has no pods. What only its pods
/// could show must not hold it now, or Flagger would wait for us and we for Flagger.
fn held(hook: Hook, rollout: &Rollout, reasons: &[Reason]) -> Column {
    let again = hook == Hook::ConfirmRollout && rollout.stage == Stage::Admitted;
    let left: Vec<Reason> = reasons
        .iter()
        .filter(|r| !(again && r.is_preflight()))
        .cloned()
        .collect();
    if again && left.is_empty() {
        Column::Advance
    } else {
        Column::Hold(left)
    }
}

fn too_old(look: &RegionLook, now: Timestamp, max_age: Span) -> Option<Reason> {
    let age = look.polled.map(|p| now - p);
    age.is_none_or(|a| a > max_age)
        .then_some(Reason::LookTooOld { age })
}

/// A question that does not fit the step, or that may come from a step that nobody reported.
fn misplaced(hook: Hook, rollout: &Rollout, now: Timestamp) -> Option<Reason> {
    match (hook, rollout.stage) {
        (Hook::ConfirmRollout, _) => None,
        (_, Stage::Waiting) => Some(Reason::NotAdmitted),
        (Hook::ConfirmPromotion, _) if !at_top(rollout) => Some(Reason::PromotionAskedEarly {
            weight: rollout.weight(),
        }),
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

/// A repeated question after a yes. At once it is a retry and gets the same yes. Later it is another tick's, which can
/// come sooner than Flagger's interval of ten seconds when the tick before was slow to ask; and then either
/// the yes was lost on its way, or the event that told of the new weight was: then a second yes would skip a step.
/// Other events tell nothing here ("check passed" comes before the lost one, a halt follows our own no). What tells
/// is traffic counted since the yes, held against the reported weight by the decision; at weight 0 Flagger begins
/// each tick by saying so, which withdraws the yes.
fn unanswered(rollout: &Rollout, now: Timestamp) -> Option<Reason> {
    const RETRY: Span = Span::from_s(2);
    let permission = rollout
        .permission
        .filter(|p| !at_top(rollout) && now - p.at >= RETRY)?;
    let weight = permission.weight;
    rollout
        .share_percent
        .is_none()
        .then_some(Reason::PermissionUnanswered { weight })
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
            ]
        };
        let row = |hook| columns().map(|c| enforced(hook, &c));
        assert_eq!(row(Hook::ConfirmRollout), [true, false, false, false]);
        assert_eq!(row(Hook::PreRollout), [true, true, true, true]);
        assert_eq!(row(Hook::Rollout), [true, true, false, true]);
        assert_eq!(row(Hook::ConfirmTrafficIncrease), [true, false, false, false]);
        assert_eq!(row(Hook::ConfirmPromotion), [true, false, false, false]);
        assert_eq!(row(Hook::Rollback), [false, false, true, false]);
        assert_eq!(row(Hook::PostRollout), [true, true, true, true]);
        assert_eq!(row(Hook::Event), [true, true, true, true]);
    }

    #[test]
    fn a_hook_without_any_look_neither_advances_nor_rolls_back() {
        let now = Timestamp::from_s(0);
        for hook in [
            Hook::ConfirmTrafficIncrease,
            Hook::ConfirmPromotion,
            Hook::Rollback,
            Hook::ConfirmRollout,
        ] {
            assert!(!answer(hook, None, None, now).yes, "{hook}");
        }
        for hook in [Hook::PreRollout, Hook::Rollout, Hook::PostRollout, Hook::Event] {
            assert!(answer(hook, None, None, now).yes, "{hook}");
        }
    }
}
