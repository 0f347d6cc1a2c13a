//! Answers, from what is known: the fast path, and what has to be recorded with a yes.

use super::handle::Published;
use super::intent;
use crate::flagger::payload::HookCall;
use haldane_core::answer::{Answer, Hook, answer};
use haldane_core::fact::{Fact, RolloutId};
use haldane_core::policy::Mode;
use haldane_core::state::{Rollout, Stage};
use haldane_store::HookRecord;

/// An answer, and the rollout it was given for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Yes or no, with its line.
    pub answer: Answer,
    /// Which rollout, if one is known.
    pub rollout: Option<RolloutId>,
}

impl Answered {
    /// The HTTP status: 200 is yes, 403 a considered no that Flagger passes on.
    pub const fn status(&self) -> u16 {
        if self.answer.yes { 200 } else { 403 }
    }

    /// What the store keeps of it.
    pub(super) fn record(&self, call: &HookCall) -> HookRecord {
        HookRecord {
            at: call.at,
            service: call.service.clone(),
            region: call.region.clone(),
            hook: call.hook.name().to_owned(),
            rollout: self.rollout.as_ref().map(|r| r.0.clone()),
            payload: call.recorded.clone(),
            status: self.status(),
            line: self.answer.line.clone(),
        }
    }
}

/// The answer, if the call neither tells nor gives anything that would have to be recorded first.
pub(super) fn from_published(published: &Published, call: &HookCall) -> Option<Answered> {
    // Admission is judged at the instant of the question: bakes end between looks.
    if call.hook == Hook::ConfirmRollout {
        return None;
    }
    let (rollout, look) = published.region(&call.region);
    if !intent::intents(rollout, call).is_empty() {
        return None;
    }
    let answer = answer(call.hook, rollout, look, call.at);
    let gives = answer.yes && given(call.hook, rollout).is_some();
    (!gives).then(|| Answered { answer, rollout: rollout.map(|r| r.id.clone()) })
}

/// What a yes to `hook` gives, if it has not been given already.
pub(super) fn given(hook: Hook, rollout: Option<&Rollout>) -> Option<Fact> {
    let rollout = rollout?;
    let region = rollout.region.clone();
    match hook {
        Hook::ConfirmRollout => (rollout.stage == Stage::Waiting).then_some(Fact::Admitted { region }),
        Hook::ConfirmTrafficIncrease | Hook::ConfirmPromotion => {
            let weight = rollout.weight()?;
            let already = rollout.permission.is_some_and(|p| p.weight == weight);
            (!already).then_some(Fact::Permitted { region, weight })
        }
        Hook::PreRollout | Hook::Rollout | Hook::PostRollout | Hook::Rollback | Hook::Event => None,
    }
}

/// The answer when nothing can be recorded: what neither advances nor rolls back, and burns no failed check. In
/// shadow mode that trouble is ours alone: a policy on trial holds nothing.
pub(super) fn unrecorded(hook: Hook, mode: Mode, trouble: &str) -> Answered {
    let yes = match hook {
        Hook::PreRollout | Hook::Rollout | Hook::PostRollout | Hook::Event => true,
        Hook::ConfirmRollout | Hook::ConfirmTrafficIncrease | Hook::ConfirmPromotion => mode == Mode::Shadow,
        Hook::Rollback => false,
    };
    let line = match mode {
        Mode::Shadow => format!("shadow mode; {trouble}"),
        Mode::Guard | Mode::Enforce => format!("hold: {trouble}"),
    };
    Answered { answer: Answer { yes, line }, rollout: None }
}
