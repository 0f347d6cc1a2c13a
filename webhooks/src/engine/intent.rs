//! What a hook call tells about its rollout, before it is answered.
//!
//! A call may open a rollout, close one, or report where it stands. This is a pure reading of the call against what
//! is known, so that the fast path (nothing to record) and the recording path cannot disagree.

use crate::flagger::event_text::{Meaning, meaning};
use crate::flagger::payload::HookCall;
use haldane_core::answer::Hook;
use haldane_core::cluster::Strategy;
use haldane_core::fact::{Ending, Fact, HeardBy};
use haldane_core::state::{Rollout, Stage};

/// Something to do before a call is answered, in this order.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Intent {
    /// The current rollout is over.
    Close(Ending),
    /// A new one is under way.
    Open(HeardBy),
    /// Something was learned about the current one.
    Learn(Fact),
}

/// Reads `call` against the current rollout of its region.
pub(super) fn intents(rollout: Option<&Rollout>, call: &HookCall) -> Vec<Intent> {
    let open = rollout.filter(|r| r.stage.ended().is_none());
    match call.hook {
        Hook::ConfirmRollout => confirm_rollout(open, call),
        Hook::Event if open.is_some_and(|rollout| is_late(rollout, call)) => Vec::new(),
        Hook::Event => began(open, call).into_iter().chain(event(open, call)).collect(),
        Hook::PostRollout => match (open, call.phase.as_str()) {
            (Some(_), "Succeeded") => vec![Intent::Close(Ending::Succeeded)],
            (Some(_), "Failed") => vec![Intent::Close(Ending::Failed)],
            (Some(_) | None, _) => Vec::new(),
        },
        Hook::PreRollout
        | Hook::Rollout
        | Hook::ConfirmTrafficIncrease
        | Hook::ConfirmPromotion
        | Hook::Rollback => in_a_run(open, call),
    }
}

/// confirm-rollout says that no run is under way; its checksum still names the previous spec.
fn confirm_rollout(open: Option<&Rollout>, call: &HookCall) -> Vec<Intent> {
    let opening = Intent::Open(HeardBy::ConfirmRollout);
    match open {
        None => vec![opening],
        Some(rollout) if other_word(&rollout.release, &call.release) => {
            vec![Intent::Close(Ending::Superseded), opening]
        }
        // Asked again before any traffic: the same rollout, whose yes may have been lost.
        Some(rollout)
            if rollout.exposed.is_none() && matches!(rollout.stage, Stage::Waiting | Stage::Admitted) =>
        {
            Vec::new()
        }
        Some(_) => vec![Intent::Close(Ending::Unknown), opening],
    }
}

/// A hook that Flagger only calls during a run.
fn in_a_run(open: Option<&Rollout>, call: &HookCall) -> Vec<Intent> {
    let Some(rollout) = open else {
        return vec![Intent::Open(HeardBy::MidRun)];
    };
    if another_run(rollout, call) {
        return vec![Intent::Close(Ending::Superseded), Intent::Open(HeardBy::MidRun)];
    }
    let named = (rollout.checksum.is_none() && call.checksum.is_some())
        || (rollout.release.is_none() && call.release.is_some());
    let (checksum, release) = (call.checksum.clone(), call.release.clone());
    let identified = Fact::Identified { region: call.region.clone(), checksum, release };
    named.then_some(Intent::Learn(identified)).into_iter().collect()
}

/// An event's phase is real. It tells of a promotion whose beginning was not heard: if that fails, all traffic is on the
/// new version, and the end must not be taken for a rollback.
fn began(open: Option<&Rollout>, call: &HookCall) -> Option<Intent> {
    let promoting = matches!(call.phase.as_str(), "Promoting" | "Finalising");
    let news = promoting && open.is_some_and(|r| !matches!(r.stage, Stage::Promoting { .. }));
    let region = call.region.clone();
    news.then_some(Intent::Learn(Fact::PromotionBegan { region }))
}

fn event(open: Option<&Rollout>, call: &HookCall) -> Vec<Intent> {
    let (Some(rollout), Some(text), Some((namespace, name))) =
        (open, &call.event_message, call.service.split_once('/'))
    else {
        return Vec::new();
    };
    let region = call.region.clone();
    let learned = match meaning(text, namespace, name) {
        Meaning::Restarting => {
            return vec![Intent::Close(Ending::Superseded), Intent::Open(HeardBy::Restart), heard(call)];
        }
        Meaning::Succeeded => return ended(call, Ending::Succeeded),
        Meaning::Failed => return ended(call, Ending::Failed),
        Meaning::Promoting if !matches!(rollout.stage, Stage::Promoting { .. }) => {
            Fact::PromotionBegan { region }
        }
        Meaning::Weight(weight) => Fact::WeightSeen { region, weight },
        Meaning::AllTraffic => Fact::WeightSeen { region, weight: 100 },
        // The matched users are all that such a run is about.
        Meaning::Iteration if rollout.policy.strategy == Strategy::AbTesting => {
            Fact::WeightSeen { region, weight: 100 }
        }
        Meaning::Starting if rollout.stage != Stage::Admitted => Fact::WeightSeen { region, weight: 0 },
        Meaning::Starting | Meaning::Promoting | Meaning::Iteration | Meaning::Other if news(rollout) => {
            return vec![heard(call)];
        }
        Meaning::Starting | Meaning::Promoting | Meaning::Iteration | Meaning::Other => return Vec::new(),
    };
    let dated = call.said.map(|_| heard(call));
    std::iter::once(Intent::Learn(learned)).chain(dated).collect()
}

/// The instant of the end goes over to the next run, so that a second copy of it does not end that one, too.
fn ended(call: &HookCall, ending: Ending) -> Vec<Intent> {
    call.said.map(|_| heard(call)).into_iter().chain([Intent::Close(ending)]).collect()
}

fn heard(call: &HookCall) -> Intent {
    Intent::Learn(Fact::Heard { region: call.region.clone(), said: call.said })
}

/// Whether an event is from before what is already known of this run: a call that got stuck on its way, or its second
/// copy. Flagger never says again where the weight is, so an old weight that were believed would hold the run for good.
/// An old end would close a run that has only begun, and call its release promoted.
fn is_late(rollout: &Rollout, call: &HookCall) -> bool {
    let Some(said) = call.said else {
        return false;
    };
    let meaning = told(call);
    let ends = matches!(meaning, Some(Meaning::Succeeded | Meaning::Failed));
    // Several events of a tick may share their millisecond, but no run begins or ends twice in one.
    let once = ends || meaning == Some(Meaning::Restarting);
    let is_old =
        rollout.told.is_some_and(|told| said < told || (said == told && rollout.exposed.is_none() && once));
    // No run ends or starts anew before it opened, however far the clocks are apart: runs are longer. Where the cluster
    // has told of the restart, its event comes after the run that it tells of.
    is_old || (once && said < rollout.opened)
}

fn told(call: &HookCall) -> Option<Meaning> {
    let (namespace, name) = call.service.split_once('/')?;
    Some(meaning(call.event_message.as_ref()?, namespace, name))
}

/// Whether hearing anything at all matters: the first event of a run.
fn news(rollout: &Rollout) -> bool {
    rollout.heard.is_none()
}

/// The checksum names the spec, and a run has one. The release is only what somebody wrote beside a hook: it decides
/// where no checksum does, but one that is misspelt on one hook of six must not end a run on every tick.
fn another_run(rollout: &Rollout, call: &HookCall) -> bool {
    let other_spec = other_word(&rollout.checksum, &call.checksum);
    let same_spec = rollout.checksum.is_some() && rollout.checksum == call.checksum;
    other_spec || (!same_spec && other_word(&rollout.release, &call.release))
}

/// Both are known, and they differ.
fn other_word(known: &Option<String>, said: &Option<String>) -> bool {
    matches!((known, said), (Some(known), Some(said)) if known != said)
}
