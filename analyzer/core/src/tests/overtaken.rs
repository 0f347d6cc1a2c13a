//! What the cluster shows comes in pieces that overtake each other and the hooks: two watches, a hook, an outage.

use super::cluster::{at, placed_at};
use super::world::{EAST, RELEASE, WEST, World, policy};
use crate::answer::{Hook, answer};
use crate::cluster::{CanaryView, Phase, Seen, Strategy};
use crate::fact::{Ending, Fact, HeardBy};
use crate::reason::Reason;
use crate::report::Decision;
use crate::state::Stage;

fn old_run_over() -> CanaryView {
    CanaryView {
        phase: Phase::Succeeded,
        applied: Some("old".into()),
        image: Some("api:1.0.0".into()),
        ..at(0)
    }
}

fn lost() -> Seen {
    Seen::Lost { why: "refused".into() }
}

fn admit(world: &mut World) {
    world.tell(Fact::Admitted { region: EAST.into() });
}

#[test]
fn what_was_seen_before_the_cluster_was_lost_names_no_run_that_begins() {
    for by in [HeardBy::ConfirmRollout, HeardBy::MidRun] {
        let mut world = World::new(policy(&[EAST]));
        world.view(EAST, old_run_over());
        world.see(EAST, lost());
        world.open(EAST, None, by);
        admit(&mut world);
        world.view(EAST, at(0));
        assert_eq!(world.cluster_holds(EAST), [], "{by:?}");
        assert_eq!(world.rollout(EAST).release.as_deref(), Some("api:2.0.0"), "{by:?}");
    }
}

#[test]
fn an_image_that_is_seen_a_moment_after_the_admission_still_names_the_run_and_is_admitted_anew() {
    let mut ordered = policy(&[EAST, WEST]);
    ordered.regions[0].after = vec![WEST.into()];
    let mut world = World::new(ordered);
    world.open(WEST, Some("api:1.0.0"), HeardBy::ConfirmRollout);
    world.promote(WEST);
    world.tick();
    world.view(EAST, old_run_over());
    world.open(EAST, Some("api:1.0.0"), HeardBy::ConfirmRollout);
    assert_eq!(world.decision(EAST), &Decision::Advance, "the old release may run here");
    admit(&mut world);
    world.view(EAST, CanaryView { image: Some("api:2.0.0".into()), ..old_run_over() });
    world.view(EAST, at(0));
    world.tick();
    assert_eq!(world.rollout(EAST).release.as_deref(), Some("api:2.0.0"));
    assert_eq!(world.cluster_holds(EAST), []);
    assert!(world.reasons(EAST).contains(&Reason::AwaitsRegion { region: WEST.into() }));
}

/// `old` at 50 %, then Flagger restarts: it takes the traffic first and says so after, but two watches tell it.
fn restarted() -> World {
    let mut world = placed_at(50);
    world.end(EAST, Ending::Superseded);
    world.open(EAST, None, HeardBy::Restart);
    world
}

fn newer(weight: u32, claimed: u32) -> CanaryView {
    CanaryView { applied: Some("newer".into()), claimed: Some(claimed), ..at(weight) }
}

#[test]
fn a_weight_that_the_run_before_left_behind_is_not_the_new_ones() {
    let mut world = restarted();
    world.view(EAST, newer(50, 0));
    assert_eq!(world.rollout(EAST).stage, Stage::Admitted, "the routes are a moment old");
    assert_eq!(world.cluster_holds(EAST).len(), 1, "and until they agree it holds");
    world.view(EAST, newer(0, 0));
    world.tick();
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
    world.view(EAST, newer(5, 0));
    assert_eq!(world.rollout(EAST).weight(), Some(5), "the routes move first");
    world.view(EAST, newer(5, 5));
    world.minutes(11);
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
}

#[test]
fn a_run_that_is_met_at_a_weight_is_placed_as_soon_as_status_and_routes_agree() {
    let mut world = restarted();
    world.view(EAST, newer(50, 50));
    assert_eq!(world.rollout(EAST).weight(), Some(50), "restarted and walked on while nobody could look");
    let mut world = restarted();
    world.view(EAST, newer(50, 5));
    assert_eq!(world.rollout(EAST).stage, Stage::Admitted);
    world.view(EAST, newer(50, 50));
    assert_eq!(world.rollout(EAST).weight(), Some(50));
}

#[test]
fn a_promotion_that_nobody_allowed_is_no_evidence_even_from_the_last_step() {
    let mut ordered = policy(&[EAST, WEST]);
    ordered.regions[1].after = vec![EAST.into()];
    let awaits = [Reason::AwaitsRegion { region: EAST.into() }];
    for top in [true, false] {
        let mut world = World::new(ordered.clone());
        if top {
            world.enter(EAST);
            world.weight(EAST, 100);
        } else {
            // Where nobody knows the step, nobody can have allowed to leave it.
            world.enter(EAST);
            world.weight(EAST, 0);
            assert_eq!(world.rollout(EAST).stage, Stage::Unknown);
        }
        world.tell(Fact::PromotionBegan { region: EAST.into() });
        world.end(EAST, Ending::Succeeded);
        world.tick();
        world.open(WEST, Some(RELEASE), HeardBy::ConfirmRollout);
        assert_eq!(world.reasons(WEST), awaits, "top: {top}, {:?}", world.rollout(EAST).stage);
    }
}

#[test]
fn the_same_without_a_beginning_that_anybody_heard() {
    for weight in [100, 0] {
        let mut world = World::new(policy(&[EAST]));
        world.enter(EAST);
        world.weight(EAST, weight);
        world.end(EAST, Ending::Succeeded);
        let stage = world.rollout(EAST).stage;
        assert!(matches!(stage, Stage::PromotedUnjudged { .. }), "{stage:?}");
    }
}

#[test]
fn first_traffic_needs_somebody_who_will_tell_the_weight() {
    let mut world = World::new(policy(&[EAST]));
    let blind = |view: CanaryView| CanaryView { weight: None, claimed: None, ..view };
    world.view(EAST, blind(old_run_over()));
    world.open(EAST, None, HeardBy::ConfirmRollout);
    admit(&mut world);
    world.view(EAST, blind(at(0)));
    world.tick();
    assert_eq!(world.reasons(EAST), [Reason::EventHookSilent], "its routes are of a kind that is not read");
}

#[test]
fn first_traffic_needs_to_know_which_run_the_cluster_shows() {
    let mut world = World::new(policy(&[EAST]));
    let nameless = |view: CanaryView| CanaryView { applied: None, ..view };
    world.view(EAST, nameless(old_run_over()));
    world.open(EAST, None, HeardBy::ConfirmRollout);
    admit(&mut world);
    world.view(EAST, nameless(at(0)));
    world.tick();
    assert_eq!(world.reasons(EAST), [Reason::EventHookSilent], "a weight of no known run is no run's");
}

/// Blue/green that was allowed all traffic, which then does not come: a provider without routes, or a mesh that is stuck.
fn blue_green_unmoved(routes: Option<u32>) -> bool {
    let mut blue_green = policy(&[EAST]);
    blue_green.strategy = Strategy::BlueGreen;
    blue_green.steps.retain(|s| s.weight == 100);
    let mut world = World::new(blue_green);
    world.open(EAST, None, HeardBy::ConfirmRollout);
    admit(&mut world);
    world.tell(Fact::Heard { region: EAST.into(), said: None });
    if let Some(weight) = routes {
        let bare = CanaryView { ladder: vec![100], strategy: Strategy::BlueGreen, ..at(weight) };
        world.view(EAST, CanaryView { weight: None, ..bare.clone() });
        world.view(EAST, bare);
    }
    world.tick();
    let asked = |world: &World| {
        answer(Hook::ConfirmPromotion, Some(world.rollout(EAST)), world.look.region(&EAST.into()), world.now)
            .yes
    };
    assert!(asked(&world), "{:?}", world.decision(EAST));
    world.tell(Fact::Permitted { region: EAST.into(), weight: 0 });
    world.minutes(2);
    asked(&world)
}

#[test]
fn blue_green_without_traffic_is_not_allowed_twice_because_the_second_yes_would_promote() {
    assert!(!blue_green_unmoved(None), "nobody knows whether the first yes was used");
    assert!(blue_green_unmoved(Some(0)), "the routes say that it was not");
}

#[test]
fn the_promotion_of_the_run_before_is_not_the_run_that_begins_beside_it() {
    let mut world = placed_at(100);
    world.end(EAST, Ending::Unknown);
    world.open(EAST, None, HeardBy::ConfirmRollout);
    world.view(EAST, CanaryView { phase: Phase::Promoting, claimed: None, ..at(100) });
    let named = world.rollout(EAST).identity.as_ref().and_then(|i| i.applied.clone());
    assert_eq!(named, None, "no run is promoted before it had traffic; its end would end this one");
    world.view(EAST, newer(0, 0));
    assert_eq!(world.rollout(EAST).identity.as_ref().unwrap().applied.as_deref(), Some("newer"));
}
