//! The first sentence of every report: what is happening, why, and what comes next.

use crate::order::Signed;
use crate::policy::{Mode, Policy};
use crate::reason::Reason;
use crate::report::{Decision, RegionLook, StepLook, Verdict};
use crate::state::Stage;
use crate::time::Timestamp;
use serde::Serialize;

/// How a rollout stands, in one word for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Its turn has not come.
    Waiting,
    /// Under way.
    Progressing,
    /// It waits for a person: held by one, or undecided after its longest extension.
    Held,
    /// Evidence crossed the budget; Flagger has not rolled back yet.
    RollingBack,
    /// Runs the release.
    Promoted,
    /// Back on the old version.
    RolledBack,
    /// Back on the old version because a person ordered it.
    RolledBackByOrder,
    /// The promotion failed, with all traffic on the new version.
    FailedPromotion,
    /// Another run took its place.
    Superseded,
    /// Runs the release, which Flagger promoted without an analysis.
    PromotedUnjudged,
    /// Nobody said how it ended.
    Unknown,
}

impl Standing {
    /// The word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Progressing => "progressing",
            Self::Held => "held",
            Self::RollingBack => "rolling-back",
            Self::Promoted => "promoted",
            Self::RolledBack => "rolled-back",
            Self::RolledBackByOrder => "rolled-back-by-order",
            Self::FailedPromotion => "failed-promotion",
            Self::Superseded => "superseded",
            Self::PromotedUnjudged => "promoted-unjudged",
            Self::Unknown => "unknown",
        }
    }
}

/// How a rollout stands.
pub fn standing(look: &RegionLook) -> Standing {
    match look.stage {
        Stage::Promoted { .. } => Standing::Promoted,
        Stage::RolledBack { .. } => Standing::RolledBack,
        Stage::RolledBackByOrder { .. } => Standing::RolledBackByOrder,
        Stage::FailedPromotion { .. } => Standing::FailedPromotion,
        Stage::Superseded { .. } => Standing::Superseded,
        Stage::PromotedUnjudged { .. } => Standing::PromotedUnjudged,
        Stage::EndedUnknown { .. } => Standing::Unknown,
        Stage::Waiting if held(look).is_none() => Standing::Waiting,
        Stage::Waiting
        | Stage::Admitted
        | Stage::Unknown
        | Stage::OffLadder { .. }
        | Stage::Step { .. }
        | Stage::Promoting { .. } => match (&look.decision, &look.step) {
            (Decision::Rollback(_), _) => Standing::RollingBack,
            (Decision::Hold(_), Some(step)) if step.overdue => Standing::Held,
            (Decision::Hold(_), _) if held(look).is_some() => Standing::Held,
            (Decision::Advance | Decision::Hold(_), _) => Standing::Progressing,
        },
    }
}

/// The sentence, and another one where the mode does not let the decision act.
pub fn headline(look: &RegionLook, policy: &Policy) -> String {
    let inert = inert(look, policy).map(|why| format!(" {why}")).unwrap_or_default();
    format!("{}{inert}", sentence(look, policy))
}

/// What the mode makes of the decision: without it "holds" would be read as Flagger's state, and it is only Haldane's view.
fn inert(look: &RegionLook, policy: &Policy) -> Option<&'static str> {
    if look.stage.ended().is_some() {
        return None;
    }
    let is_ordered = |reasons: &[Reason]| matches!(reasons.first(), Some(Reason::OrderedRollback { .. }));
    match (policy.mode, &look.decision) {
        (Mode::Shadow, Decision::Hold(_) | Decision::Rollback(_)) => {
            Some("In mode shadow this stops nothing: Flagger goes on.")
        }
        (Mode::Guard, Decision::Rollback(reasons)) if !is_ordered(reasons) => {
            Some("In mode guard it only waits: nothing is rolled back.")
        }
        (Mode::Shadow, Decision::Advance)
        | (Mode::Guard, Decision::Advance | Decision::Hold(_) | Decision::Rollback(_))
        | (Mode::Enforce, Decision::Advance | Decision::Hold(_) | Decision::Rollback(_)) => None,
    }
}

fn sentence(look: &RegionLook, policy: &Policy) -> String {
    let region = &look.region;
    if let Some(by_a_person) = by_a_person(look, policy) {
        return by_a_person;
    }
    match look.stage {
        Stage::Waiting => match look.decision {
            Decision::Advance => format!("{region} may begin, and does when Flagger asks next."),
            Decision::Hold(_) | Decision::Rollback(_) => {
                format!("{region} waits for its turn{}.", because(&look.decision))
            }
        },
        Stage::Admitted => match look.decision {
            Decision::Advance => {
                format!("{region} is ready for its first traffic; {} % comes next.", first(policy))
            }
            Decision::Hold(_) | Decision::Rollback(_) => {
                format!("{region} is admitted but has no traffic yet{}.", because(&look.decision))
            }
        },
        Stage::Unknown | Stage::OffLadder { .. } => format!("{region} holds{}.", because(&look.decision)),
        Stage::Step { .. } => look.step.as_ref().map_or_else(String::new, |step| at_step(look, step, policy)),
        Stage::Promoting { judged: false, .. } => {
            format!("{region} is being promoted past the gates, as skipAnalysis does.")
        }
        Stage::Promoting { .. } => format!("{region} is being promoted: all gates of the last step passed."),
        Stage::Promoted { since } => promoted(look, since),
        Stage::RolledBack { ours: true, .. } => {
            let why = look.taken_back.as_ref().filter(|_| because_of_breach(look).is_empty());
            let with = why.map(|from| format!(" with the release, which breached in {from}"));
            format!("{region} was rolled back{}.", with.unwrap_or_else(|| because_of_breach(look)))
        }
        Stage::RolledBack { ours: false, .. } => {
            format!("{region} was rolled back by Flagger itself, not by this analysis.")
        }
        Stage::RolledBackByOrder { .. } => {
            let ordered = |o: &Signed| format!(" of {}: {}", o.by, o.reason);
            let whose = look.ordered_back.as_ref().map(ordered).unwrap_or_default();
            format!("{region} was rolled back by order{whose}.")
        }
        Stage::FailedPromotion { .. } => {
            format!(
                "{region} failed its promotion and serves the NEW version with all traffic; a person must look."
            )
        }
        Stage::Superseded { .. } => format!("{region} began another run before this one was over."),
        Stage::PromotedUnjudged { .. } => {
            format!(
                "{region} runs the release, but nobody judged it to the end: it was promoted past the gates."
            )
        }
        Stage::EndedUnknown { .. } => {
            format!("{region} has no run under way; how this one ended was not seen.")
        }
    }
}

/// The hold of a person that the decision names.
fn held(look: &RegionLook) -> Option<&Reason> {
    look.decision.reasons().first().filter(|r| matches!(r, Reason::HeldBy { .. }))
}

/// Where a person decided, the sentence begins with that.
fn by_a_person(look: &RegionLook, policy: &Policy) -> Option<String> {
    let region = &look.region;
    let at = look.weight.filter(|w| *w > 0).map(|w| format!(" at {w} %")).unwrap_or_default();
    if let Some(hold) = held(look) {
        return Some(format!("{region} is{at} {hold}."));
    }
    if let Some(approved) = &look.approved {
        let may = match (look.stage, &look.step) {
            (Stage::Waiting, _) => "may start".to_owned(),
            (_, Some(step)) => format!("may leave {} % for {}", look.weight.unwrap_or(0), next(step, policy)),
            (Stage::Admitted, None) => format!("may get its first traffic, {} %", first(policy)),
            (_, None) => format!("may leave {} %", look.weight.unwrap_or(0)),
        };
        return Some(format!("{region} {may}, {approved}."));
    }
    match (&look.decision, look.stage) {
        (Decision::Rollback(reasons), stage) => {
            let ordered = reasons.first().filter(|r| matches!(r, Reason::OrderedRollback { .. }))?;
            let must = if stage == Stage::Waiting { "will not start" } else { "must go back" };
            let from = if at.is_empty() { at } else { at.replacen("at", "from", 1) };
            Some(format!("{region} {must}{from}: {ordered}."))
        }
        (Decision::Advance | Decision::Hold(_), _) => None,
    }
}

fn next(step: &StepLook, policy: &Policy) -> String {
    let next = policy.steps.get(step.index + 1);
    next.map_or_else(|| "promotion".to_owned(), |s| format!("{} %", s.weight))
}

fn at_step(look: &RegionLook, step: &StepLook, policy: &Policy) -> String {
    let (region, weight) = (&look.region, look.weight.unwrap_or(0));
    match &look.decision {
        Decision::Advance => {
            let next = next(step, policy);
            format!("{region} passed every gate at {weight} %; {next} comes next.")
        }
        Decision::Rollback(_) => format!("{region} must go back from {weight} %{}.", because(&look.decision)),
        Decision::Hold(_) if step.overdue => {
            format!("{region} is held at {weight} % and waits for a person{}.", because(&look.decision))
        }
        Decision::Hold(_) if step.elapsed < step.observe => {
            let left = step.observe - step.elapsed;
            format!("{region} is observed at {weight} % for {left} more; {}.", worst(look))
        }
        Decision::Hold(_) => {
            let left = step.extend_up_to - step.elapsed;
            format!("{region} is extended at {weight} % for up to {left} more{}.", because(&look.decision))
        }
    }
}

fn worst(look: &RegionLook) -> String {
    let mut reasons = look.decision.reasons().iter();
    let other = reasons.find(|r| !matches!(r, Reason::Observing { .. }));
    other.map_or_else(|| "all its gates pass so far".to_owned(), ToString::to_string)
}

fn promoted(look: &RegionLook, since: Timestamp) -> String {
    let (region, baked) = (&look.region, look.as_of - since);
    match &look.late_breach {
        Some(breach) => format!("{region} runs the release and breached after its promotion: {breach}."),
        None => format!("{region} runs the release, for {baked} now, and nothing speaks against it."),
    }
}

fn because_of_breach(look: &RegionLook) -> String {
    let gate = look.gates.iter().find(|g| g.verdict == Verdict::Breached && !g.report_only);
    gate.map_or_else(String::new, |g| {
        let (signal, against) = (g.signal, g.against);
        format!(": {signal} against the {against} breached with {:.0} bad of {:.0} requests", g.bad, g.total)
    })
}

fn because(decision: &Decision) -> String {
    decision.reasons().first().map_or_else(String::new, |r| format!(": {r}"))
}

fn first(policy: &Policy) -> u32 {
    policy.steps.first().map_or(0, |s| s.weight)
}
