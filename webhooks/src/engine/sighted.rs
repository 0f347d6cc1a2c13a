//! What a view of the cluster tells about the rollout of its region: a beginning, a promotion, an end.
//!
//! Hooks say the same, mostly sooner. Here is what is left when they did not come: the process was away, or somebody did
//! what no hook tells. Pure, like the reading of hooks beside it.

use super::intent::Intent;
use haldane_core::answer::at_top;
use haldane_core::cluster::{CanaryView, Phase, Seen};
use haldane_core::fact::{Ending, Fact, HeardBy};
use haldane_core::state::{Rollout, Stage};
use haldane_core::time::Span;

/// Reads `seen` against the current rollout of its region.
pub(super) fn intents(rollout: Option<&Rollout>, seen: &Seen) -> Vec<Intent> {
    let Some(open) = rollout.filter(|r| r.stage.ended().is_none()) else {
        // Only hooks open a rollout: before one, nobody has asked anything.
        return Vec::new();
    };
    match seen {
        Seen::Lost { .. } => Vec::new(),
        Seen::Gone => vec![Intent::Close(Ending::Unknown)],
        Seen::Canary(view) => of_view(open, view),
    }
}

fn of_view(open: &Rollout, view: &CanaryView) -> Vec<Intent> {
    if view.phase.in_a_run() && names_another_spec(open, view) {
        return vec![Intent::Close(Ending::Superseded), Intent::Open(HeardBy::Restart)];
    }
    let promoting = matches!(open.stage, Stage::Promoting { .. });
    let began = || Intent::Learn(Fact::PromotionBegan { region: open.region.clone() });
    match view.phase {
        Phase::Promoting if !promoting && is_this_run(open, view) => vec![began()],
        Phase::Succeeded if is_over(open, view) => vec![Intent::Close(succeeded(open, view))],
        // A rollback takes the traffic away; a promotion that failed leaves it all on the new version.
        Phase::Failed if is_over(open, view) && view.weight == Some(100) && !promoting => {
            vec![began(), Intent::Close(Ending::Failed)]
        }
        Phase::Failed if is_over(open, view) => vec![Intent::Close(Ending::Failed)],
        Phase::Initial | Phase::Waiting if was_seen_in_a_run(open) => vec![Intent::Close(Ending::Unknown)],
        Phase::Initial
        | Phase::Waiting
        | Phase::Progressing
        | Phase::WaitingPromotion
        | Phase::Promoting
        | Phase::Succeeded
        | Phase::Failed
        | Phase::Other => Vec::new(),
    }
}

fn applied(open: &Rollout) -> Option<&String> {
    open.identity.as_ref()?.applied.as_ref()
}

fn was_seen_in_a_run(open: &Rollout) -> bool {
    applied(open).is_some()
}

fn names_another_spec(open: &Rollout, view: &CanaryView) -> bool {
    matches!((applied(open), &view.applied), (Some(ours), Some(theirs)) if ours != theirs)
}

/// Whether the view is of this run, as far as the two can be told apart.
fn is_this_run(open: &Rollout, view: &CanaryView) -> bool {
    match (applied(open), &view.applied) {
        (Some(ours), Some(theirs)) => ours == theirs,
        (None, _) | (_, None) => written_since(open, view),
    }
}

/// Whether an end that is seen is this run's end. A run that only begins is seen beside the end of the one before.
fn is_over(open: &Rollout, view: &CanaryView) -> bool {
    let began =
        open.exposed.is_some() || was_seen_in_a_run(open) || matches!(open.stage, Stage::Promoting { .. });
    began && is_this_run(open, view)
}

/// Whether Flagger wrote this after the run had opened; it writes whole seconds.
fn written_since(open: &Rollout, view: &CanaryView) -> bool {
    view.written.is_some_and(|at| at + Span::from_s(1) > open.opened)
}

/// A promotion of which nobody saw the last step is nobody's verdict.
fn succeeded(open: &Rollout, view: &CanaryView) -> Ending {
    let promoting = matches!(open.stage, Stage::Promoting { .. });
    let at_the_end = at_top(open) || open.stage == Stage::Unknown;
    if promoting || (at_the_end && !view.skip_analysis) { Ending::Succeeded } else { Ending::Skipped }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy_file;
    use haldane_core::cluster::{Sighting, Strategy};
    use haldane_core::fact::{Entry, Opened, RolloutId};
    use haldane_core::fold::look;
    use haldane_core::state::ServiceState;
    use haldane_core::time::Timestamp;
    use std::collections::BTreeMap;

    const EAST: &str = "us-east";
    const OPENED: Timestamp = Timestamp::from_s(1000);

    fn view(phase: Phase, applied: &str, weight: u32) -> CanaryView {
        CanaryView {
            phase,
            weight: Some(weight),
            claimed: None,
            applied: Some(applied.to_owned()),
            written: Some(OPENED + Span::from_s(60)),
            failed_checks: 0,
            threshold: 5,
            ladder: vec![5, 50, 100],
            strategy: Strategy::Canary,
            skip_analysis: false,
            suspended: false,
            image: Some("api:2.0.0".to_owned()),
        }
    }

    /// A rollout that was opened as told, and then lived through `facts`.
    fn rollout(by: HeardBy, facts: &[Fact]) -> Rollout {
        let (policy, _) = policy_file::parse("fnp.yaml", include_str!("../../../policies/fnp.yaml")).unwrap();
        let opened = Fact::Opened(Box::new(Opened {
            rollout: RolloutId::mint(&policy.service, &EAST.into(), OPENED),
            region: EAST.into(),
            release: None,
            checksum: None,
            by,
            policy,
            history: BTreeMap::new(),
            pooled_fano: BTreeMap::new(),
        }));
        let entries: Vec<Entry> = std::iter::once(opened)
            .chain(facts.iter().cloned())
            .map(|fact| Entry { at: OPENED, fact })
            .collect();
        let (mut state, _) = look(ServiceState::default(), &entries, OPENED);
        state.rollouts.remove(&EAST.into()).unwrap()
    }

    fn seen(phase: Phase, applied: &str, weight: u32) -> Fact {
        let view = Box::new(view(phase, applied, weight));
        Fact::Sighted(Sighting { region: EAST.into(), seen: Seen::Canary(view) })
    }

    /// In a run that analyses the spec `new`, at `weight`.
    fn in_a_run(weight: u32) -> Rollout {
        let admitted = Fact::Admitted { region: EAST.into() };
        let facts = [admitted, seen(Phase::Progressing, "new", 0), seen(Phase::Progressing, "new", weight)];
        rollout(HeardBy::ConfirmRollout, &facts)
    }

    fn read(rollout: &Rollout, view: CanaryView) -> Vec<Intent> {
        intents(Some(rollout), &Seen::Canary(Box::new(view)))
    }

    fn began() -> Intent {
        Intent::Learn(Fact::PromotionBegan { region: EAST.into() })
    }

    #[test]
    fn the_end_of_the_run_before_ends_no_run_that_begins() {
        let asked = rollout(HeardBy::ConfirmRollout, &[]);
        for phase in [Phase::Initial, Phase::Waiting, Phase::Succeeded, Phase::Failed, Phase::Promoting] {
            let old = CanaryView { written: Some(OPENED - Span::from_s(60)), ..view(phase, "old", 0) };
            assert_eq!(read(&asked, old), [], "{phase:?}");
        }
    }

    #[test]
    fn an_end_that_no_hook_told_is_seen_and_a_rollback_is_not_a_failed_promotion() {
        let run = in_a_run(5);
        assert_eq!(read(&run, view(Phase::Failed, "new", 0)), [Intent::Close(Ending::Failed)]);
        assert_eq!(read(&run, view(Phase::Failed, "new", 100)), [began(), Intent::Close(Ending::Failed)]);
        assert_eq!(read(&run, view(Phase::Succeeded, "new", 0)), [Intent::Close(Ending::Skipped)]);
        assert_eq!(
            read(&in_a_run(100), view(Phase::Succeeded, "new", 0)),
            [Intent::Close(Ending::Succeeded)]
        );
        let skipped = CanaryView { skip_analysis: true, ..view(Phase::Succeeded, "new", 0) };
        assert_eq!(read(&in_a_run(100), skipped), [Intent::Close(Ending::Skipped)]);
        assert_eq!(intents(Some(&run), &Seen::Gone), [Intent::Close(Ending::Unknown)]);
        assert_eq!(read(&run, view(Phase::Waiting, "new", 0)), [Intent::Close(Ending::Unknown)]);
    }

    #[test]
    fn a_promotion_that_was_heard_of_ends_even_where_the_cluster_was_not_seen_before() {
        let promoting = rollout(HeardBy::MidRun, &[Fact::PromotionBegan { region: EAST.into() }]);
        assert_eq!(read(&promoting, view(Phase::Succeeded, "new", 0)), [Intent::Close(Ending::Succeeded)]);
        let of_before =
            CanaryView { written: Some(OPENED - Span::from_s(2)), ..view(Phase::Succeeded, "new", 0) };
        assert_eq!(read(&promoting, of_before), []);
    }

    #[test]
    fn a_promotion_is_learned_once_and_another_spec_is_another_run() {
        assert_eq!(read(&in_a_run(100), view(Phase::Promoting, "new", 100)), [began()]);
        let promoting = {
            let mut run = in_a_run(100);
            run.stage = Stage::Promoting { since: OPENED, judged: true };
            run
        };
        assert_eq!(read(&promoting, view(Phase::Promoting, "new", 100)), []);
        let restarted = [Intent::Close(Ending::Superseded), Intent::Open(HeardBy::Restart)];
        assert_eq!(read(&in_a_run(5), view(Phase::Progressing, "newer", 0)), restarted);
        assert_eq!(read(&in_a_run(5), view(Phase::Progressing, "new", 5)), []);
    }

    #[test]
    fn without_a_rollout_or_without_a_view_nothing_follows() {
        assert_eq!(intents(None, &Seen::Gone), []);
        let lost = Seen::Lost { why: "refused".to_owned() };
        assert_eq!(intents(Some(&in_a_run(5)), &lost), []);
    }
}
