//! What the cluster shows: where the run is, whose it is, and everything that somebody edits in its middle.

use super::world::{EAST, RELEASE, WEST, World, policy};
use crate::answer::{Hook, answer};
use crate::cluster::{CanaryView, Phase, Seen, Sighting, Strategy as Moves};
use crate::fact::{Ending, Fact, HeardBy};
use crate::reason::{ClusterHold, Reason};
use crate::report::Decision;
use crate::state::{Rollout, Stage};
use crate::time::Span;
use proptest::prelude::*;

/// A Canary in the middle of a run at `weight`, as it should be.
pub(super) fn at(weight: u32) -> CanaryView {
    CanaryView {
        phase: Phase::Progressing,
        weight: Some(weight),
        claimed: Some(weight),
        applied: Some("new".into()),
        written: None,
        failed_checks: 0,
        threshold: 5,
        ladder: vec![5, 50, 100],
        strategy: Moves::Canary,
        skip_analysis: false,
        suspended: false,
        image: Some("api:2.0.0".into()),
    }
}

/// Anything that a cluster could show.
pub(super) fn seen() -> impl proptest::strategy::Strategy<Value = Seen> {
    use proptest::sample::select;
    let phases = [Phase::Initial, Phase::Waiting, Phase::Progressing, Phase::WaitingPromotion]
        .into_iter()
        .chain([Phase::Promoting, Phase::Succeeded, Phase::Failed, Phase::Other]);
    let word = || select(vec![None, Some("a".to_owned()), Some("b".to_owned())]);
    let weight = select(vec![None, Some(0), Some(5), Some(50), Some(100), Some(1000)]);
    let edits = (any::<bool>(), any::<bool>(), any::<bool>());
    let weights = (weight.clone(), weight);
    let parts = (select(phases.collect::<Vec<_>>()), weights, word(), word(), edits);
    let view =
        parts.prop_map(|(phase, (weight, claimed), applied, image, (skip_analysis, suspended, edited))| {
            let ladder = if edited { vec![10, 100] } else { vec![5, 50, 100] };
            Seen::Canary(Box::new(CanaryView {
                phase,
                weight,
                claimed,
                applied,
                image,
                ladder,
                skip_analysis,
                suspended,
                ..at(0)
            }))
        });
    prop_oneof![8 => view, 1 => Just(Seen::Gone), 1 => Just(Seen::Lost { why: "refused".into() })]
}

impl World {
    pub(super) fn see(&mut self, region: &str, seen: Seen) {
        self.tell(Fact::Sighted(Sighting { region: region.into(), seen }));
    }

    pub(super) fn view(&mut self, region: &str, view: CanaryView) {
        self.see(region, Seen::Canary(Box::new(view)));
    }

    pub(super) fn cluster_holds(&self, region: &str) -> Vec<ClusterHold> {
        let named = |r: &Reason| if let Reason::Cluster(hold) = r { Some(hold.clone()) } else { None };
        self.reasons(region).iter().filter_map(named).collect()
    }
}

/// Admitted by hooks, then placed by the cluster alone: no event is ever heard.
pub(super) fn placed_at(weight: u32) -> World {
    let mut world = World::new(policy(&[EAST]));
    world.view(EAST, CanaryView { phase: Phase::Succeeded, applied: Some("old".into()), ..at(0) });
    world.open(EAST, None, HeardBy::ConfirmRollout);
    world.tell(Fact::Admitted { region: EAST.into() });
    world.view(EAST, at(0));
    world.view(EAST, at(weight));
    world
}

#[test]
fn the_cluster_alone_takes_a_release_through_every_step() {
    let mut world = World::new(policy(&[EAST]));
    world.view(EAST, CanaryView { phase: Phase::Succeeded, applied: Some("old".into()), ..at(0) });
    world.open(EAST, None, HeardBy::ConfirmRollout);
    world.tell(Fact::Admitted { region: EAST.into() });
    world.view(EAST, at(0));
    world.tick();
    assert!(
        world.advances(EAST),
        "no event hook is needed where the cluster is seen: {:?}",
        world.decision(EAST)
    );
    for (weight, ticks) in [(5, 20), (50, 10), (100, 10)] {
        world.view(EAST, at(weight));
        assert_eq!(world.rollout(EAST).weight(), Some(weight));
        assert_eq!(world.until_decided(EAST, 100), Some(ticks), "at {weight} %: {:?}", world.decision(EAST));
        assert!(world.advances(EAST));
    }
}

#[test]
fn a_promotion_that_is_waited_for_is_at_the_routes_weight_and_not_at_the_status_zero() {
    let mut world = placed_at(100);
    world.view(EAST, CanaryView { phase: Phase::WaitingPromotion, ..at(100) });
    world.ticks(12);
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
}

#[test]
fn a_run_that_is_met_in_its_middle_is_where_the_routes_say() {
    let mut world = World::new(policy(&[EAST]));
    world.view(EAST, at(50));
    world.open(EAST, None, HeardBy::MidRun);
    assert_eq!(world.rollout(EAST).weight(), Some(50));
    let mut late = World::new(policy(&[EAST]));
    late.open(EAST, None, HeardBy::MidRun);
    assert_eq!(late.rollout(EAST).weight(), None);
    late.view(EAST, at(50));
    assert_eq!(late.rollout(EAST).weight(), Some(50));
}

#[test]
fn a_view_that_is_a_moment_old_moves_no_run_back() {
    let mut world = placed_at(5);
    world.minutes(11);
    world.weight(EAST, 50);
    let failed_a_check = CanaryView { failed_checks: 1, ..at(5) };
    world.view(EAST, failed_a_check);
    assert_eq!(world.rollout(EAST).weight(), Some(50));
    assert_eq!(world.cluster_holds(EAST), [ClusterHold::RouteDiffers { reported: 50, live: 5 }]);
    world.view(EAST, at(50));
    assert_eq!((world.rollout(EAST).weight(), world.cluster_holds(EAST)), (Some(50), Vec::new()));
}

#[test]
fn the_last_view_of_the_run_before_places_nothing() {
    let mut world = World::new(policy(&[EAST]));
    world.view(EAST, CanaryView { applied: Some("old".into()), ..at(100) });
    world.open(EAST, None, HeardBy::Restart);
    world.view(EAST, CanaryView { applied: Some("old".into()), ..at(50) });
    assert_eq!(world.rollout(EAST).stage, Stage::Admitted);
    world.view(EAST, at(0));
    world.view(EAST, at(5));
    assert_eq!(world.rollout(EAST).weight(), Some(5));
}

/// What was edited, and what is said about it.
type Edit = (fn(&mut CanaryView), fn(&ClusterHold) -> bool);

#[test]
fn every_edit_in_the_middle_of_a_run_holds_and_is_named() {
    let edits: [Edit; 5] = [
        (|v| v.ladder = vec![10, 50, 100], |h| matches!(h, ClusterHold::LadderDiffers { .. })),
        (|v| v.skip_analysis = true, |h| *h == ClusterHold::AnalysisSkipped),
        (|v| v.suspended = true, |h| *h == ClusterHold::Suspended),
        (|v| v.image = Some("api:1.0.0".into()), |h| matches!(h, ClusterHold::ImageChanged { .. })),
        (|v| v.weight = Some(0), |h| *h == ClusterHold::RouteDiffers { reported: 5, live: 0 }),
    ];
    for (edit, named) in edits {
        let mut world = placed_at(5);
        world.minutes(11);
        assert!(world.advances(EAST), "{:?}", world.decision(EAST));
        let mut view = at(5);
        edit(&mut view);
        world.view(EAST, view.clone());
        let holds = world.cluster_holds(EAST);
        assert!(holds.len() == 1 && named(&holds[0]), "{view:?}: {:?}", world.decision(EAST));
        world.view(EAST, at(5));
        assert!(world.advances(EAST), "mended: {:?}", world.decision(EAST));
    }
}

#[test]
fn a_cluster_that_cannot_be_read_or_has_no_canary_holds() {
    let mut world = placed_at(5);
    world.minutes(11);
    world.see(EAST, Seen::Lost { why: "connection refused".into() });
    assert_eq!(world.cluster_holds(EAST), [ClusterHold::Lost { why: "connection refused".into() }]);
    world.view(EAST, at(5));
    assert!(world.advances(EAST), "nothing of the step is lost: {:?}", world.decision(EAST));
    world.see(EAST, Seen::Gone);
    assert_eq!(world.cluster_holds(EAST), [ClusterHold::NoCanary]);
}

#[test]
fn a_breach_outweighs_whatever_the_cluster_says() {
    let mut world = placed_at(5);
    world.east().canary = super::world::HEALTHY.errors(0.2);
    world.see(EAST, Seen::Lost { why: "refused".into() });
    world.until_decided(EAST, 20);
    assert!(world.rolls_back(EAST), "{:?}", world.decision(EAST));
}

#[test]
fn the_image_names_the_release_until_pods_run_and_never_overrides_what_a_hook_named() {
    let mut world = World::new(policy(&[EAST]));
    world.view(EAST, CanaryView { phase: Phase::Waiting, image: Some("api:2.0.0".into()), ..at(0) });
    world.open(EAST, Some("api:2.0.0"), HeardBy::ConfirmRollout);
    let release = |r: &Rollout| (r.release.clone(), r.identity.clone().and_then(|i| i.image));
    world.view(EAST, CanaryView { phase: Phase::Waiting, image: Some("api:2.0.1".into()), ..at(0) });
    assert_eq!(release(world.rollout(EAST)), (Some("api:2.0.1".into()), Some("api:2.0.1".into())));
    let mut named = World::new(policy(&[EAST]));
    named.open(EAST, Some(RELEASE), HeardBy::ConfirmRollout);
    named.view(EAST, CanaryView { phase: Phase::Waiting, ..at(0) });
    assert_eq!(release(named.rollout(EAST)), (Some(RELEASE.into()), Some("api:2.0.0".into())));
}

#[test]
fn a_deployment_that_is_seen_later_than_its_canary_still_names_the_run_before_it_has_traffic() {
    let mut world = World::new(policy(&[EAST]));
    let old = CanaryView { image: Some("api:1.0.0".into()), ..at(0) };
    world.view(EAST, CanaryView { phase: Phase::Succeeded, applied: Some("old".into()), ..old.clone() });
    world.open(EAST, None, HeardBy::ConfirmRollout);
    world.tell(Fact::Admitted { region: EAST.into() });
    world.view(EAST, old);
    world.view(EAST, at(0));
    assert_eq!(world.rollout(EAST).release.as_deref(), Some("api:2.0.0"));
    world.view(EAST, at(5));
    assert_eq!(world.cluster_holds(EAST), []);
    world.view(EAST, CanaryView { image: Some("api:2.0.1".into()), ..at(5) });
    assert!(matches!(world.cluster_holds(EAST)[..], [ClusterHold::ImageChanged { .. }]));
}

#[test]
fn a_promotion_past_the_gates_is_no_evidence_for_the_next_region() {
    let mut ordered = policy(&[EAST, WEST]);
    ordered.regions[1].after = vec![EAST.into()];
    let mut world = World::new(ordered);
    world.enter(EAST);
    world.tell(Fact::PromotionBegan { region: EAST.into() });
    world.end(EAST, Ending::Succeeded);
    assert!(
        matches!(world.rollout(EAST).stage, Stage::PromotedUnjudged { .. }),
        "{:?}",
        world.rollout(EAST).stage
    );
    world.open(WEST, Some(RELEASE), HeardBy::ConfirmRollout);
    assert_eq!(world.decision(WEST), &Decision::Hold(vec![Reason::AwaitsRegion { region: EAST.into() }]));
}

#[test]
fn blue_green_asks_for_all_traffic_first_and_for_the_promotion_after_its_window() {
    let mut blue_green = policy(&[EAST]);
    blue_green.strategy = Moves::BlueGreen;
    blue_green.steps.retain(|s| s.weight == 100);
    let mut world = World::new(blue_green);
    let view = |weight| CanaryView { ladder: vec![100], strategy: Moves::BlueGreen, ..at(weight) };
    world.view(EAST, CanaryView { phase: Phase::Succeeded, applied: Some("old".into()), ..view(0) });
    world.open(EAST, None, HeardBy::ConfirmRollout);
    let asked = |world: &World| {
        let (hook, look) = (Hook::ConfirmPromotion, world.look.region(&EAST.into()));
        answer(hook, Some(world.rollout(EAST)), look, world.now).yes
    };
    world.tell(Fact::Admitted { region: EAST.into() });
    world.view(EAST, view(0));
    assert!(!asked(&world), "nothing was counted yet");
    world.tick();
    assert!(asked(&world), "{:?}", world.decision(EAST));
    world.tell(Fact::Permitted { region: EAST.into(), weight: 0 });
    world.look_at(world.now + Span::from_s(10));
    assert!(
        !asked(&world),
        "the second question may be about the promotion, until the traffic is seen to have moved"
    );
    world.view(EAST, view(100));
    assert!(!asked(&world), "{:?}", world.decision(EAST));
    assert_eq!(world.until_decided(EAST, 100), Some(10));
    assert!(asked(&world));
}

#[test]
fn a_canary_of_another_strategy_than_its_policy_holds() {
    let mut world = placed_at(5);
    world.view(EAST, CanaryView { strategy: Moves::AbTesting, ..at(5) });
    let differs = ClusterHold::StrategyDiffers { canary: Moves::AbTesting, policy: Moves::Canary };
    assert_eq!(world.cluster_holds(EAST), [differs]);
}
