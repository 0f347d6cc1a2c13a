//! A person's orders, at every stage and against every decision: what they do, what they do not, and when they lapse.

use super::world::{EAST, HEALTHY, RELEASE, WEST, World, ordered, policy};
use crate::answer::{Answer, Hook, answer};
use crate::fact::{Ending, Fact, HeardBy, RolloutId};
use crate::headline::{Standing, headline, standing};
use crate::increment::Missing;
use crate::order::{Effect, Order, Refusal, examine};
use crate::policy::Mode;
use crate::reason::{Reason, Trouble};
use crate::report::Decision;
use crate::state::Stage;
use crate::time::Span;

const ALL: [Order; 4] = [Order::Approve { weight: 5 }, Order::Hold, Order::Resume, Order::Rollback];

fn approve(weight: u32) -> Order {
    Order::Approve { weight }
}

fn ask(world: &World, hook: Hook) -> Answer {
    answer(hook, Some(world.rollout(EAST)), Some(world.seen(EAST)), world.now)
}

fn examined(world: &World, order: Order) -> Result<Effect, Refusal> {
    let rollout = world.rollout(EAST);
    examine(rollout, &ordered(EAST, rollout.id.clone(), order))
}

fn refused(world: &World, order: Order) -> Option<Refusal> {
    examined(world, order).err()
}

fn in_mode(mode: Mode) -> World {
    let mut policy = policy(&[EAST]);
    policy.mode = mode;
    World::with_first_step(policy)
}

fn waiting() -> World {
    let mut policy = policy(&[EAST, WEST]);
    policy.regions[0].after = vec![WEST.into()];
    let mut world = World::new(policy);
    world.open(EAST, Some(RELEASE), HeardBy::ConfirmRollout);
    world
}

fn headline_of(world: &World) -> String {
    headline(world.seen(EAST), &world.policy)
}

#[test]
fn an_approval_lets_one_weight_pass_whatever_it_waits_for_and_the_report_says_what() {
    let mut world = World::at_five_percent();
    world.east().missing = Some(Missing::FirstReading);
    world.minutes(1);
    assert!(!ask(&world, Hook::ConfirmTrafficIncrease).yes);
    world.order(EAST, approve(5));
    let yes = Answer::yes("advance: approved by ann: it is safe");
    assert_eq!(ask(&world, Hook::ConfirmTrafficIncrease), yes);
    let overruled = &world.seen(EAST).approved.as_ref().unwrap().overrules;
    assert!(matches!(overruled[0], Reason::Observing { .. }), "{overruled:?}");
    assert!(overruled.iter().any(|r| matches!(r, Reason::NotCounted { .. })), "{overruled:?}");
    assert_eq!(headline_of(&world), "us-east may leave 5 % for 50 %, approved by ann: it is safe.");
    world.tell(Fact::Permitted { region: EAST.into(), weight: 5 });
    world.weight(EAST, 50);
    assert!(!ask(&world, Hook::ConfirmTrafficIncrease).yes && world.rollout(EAST).orders.is_empty());
}

#[test]
fn an_approval_works_while_no_poll_comes_at_all() {
    let mut world = World::at_five_percent();
    world.minutes(1);
    world.now = world.now + Span::from_min(10);
    world.order(EAST, approve(5));
    assert!(ask(&world, Hook::ConfirmTrafficIncrease).yes);
    world.now = world.now + Span::from_min(60);
    assert!(ask(&world, Hook::ConfirmTrafficIncrease).yes);
}

#[test]
fn an_approval_does_not_overrule_what_guards_against_skipping_a_step() {
    let mut world = World::at_five_percent();
    world.order(EAST, approve(5));
    assert!(!ask(&world, Hook::ConfirmPromotion).yes, "promotion is asked below the top");
    world.tell(Fact::Permitted { region: EAST.into(), weight: 5 });
    world.now = world.now + Span::from_s(3);
    let line = ask(&world, Hook::ConfirmTrafficIncrease).line;
    assert!(line.starts_with("hold: leaving 5 % was allowed and no event says"), "{line}");
}

#[test]
fn approved_at_zero_percent_it_starts_and_its_first_traffic_needs_another_approval() {
    let mut world = waiting();
    assert!(!ask(&world, Hook::ConfirmRollout).yes);
    world.order(EAST, approve(0));
    assert!(ask(&world, Hook::ConfirmRollout).yes);
    assert_eq!(headline_of(&world), "us-east may start, approved by ann: it is safe.");
    world.tell(Fact::Admitted { region: EAST.into() });
    assert!(ask(&world, Hook::ConfirmRollout).yes, "asked again, because the yes was lost");
    assert!(!ask(&world, Hook::ConfirmTrafficIncrease).yes);
    world.order(EAST, approve(0));
    assert!(ask(&world, Hook::ConfirmTrafficIncrease).yes);
    let first = "us-east may get its first traffic, 5 %, approved by ann: it is safe.";
    assert_eq!(headline_of(&world), first);
    world.weight(EAST, 5);
    assert!(!ask(&world, Hook::ConfirmTrafficIncrease).yes);
}

#[test]
fn an_approval_gets_a_run_past_a_weight_that_is_no_step_but_not_past_an_unknown_one() {
    let mut world = World::at_five_percent();
    world.weight(EAST, 20);
    assert!(!ask(&world, Hook::ConfirmTrafficIncrease).yes);
    world.order(EAST, approve(20));
    assert!(ask(&world, Hook::ConfirmTrafficIncrease).yes);
    world.open(EAST, Some(RELEASE), HeardBy::MidRun);
    assert_eq!(refused(&world, approve(20)), Some(Refusal::WeightUnknown));
    world.order(EAST, approve(20));
    assert!(!ask(&world, Hook::ConfirmTrafficIncrease).yes);
}

#[test]
fn an_approval_is_for_the_weight_that_it_names() {
    let mut world = World::at_five_percent();
    assert_eq!(refused(&world, approve(50)), Some(Refusal::WeightMoved { weight: 5 }));
    world.order(EAST, approve(50));
    world.weight(EAST, 50);
    assert!(!ask(&world, Hook::ConfirmTrafficIncrease).yes, "approved in advance");
}

#[test]
fn a_breach_ends_an_approval_and_none_can_be_given_after_it() {
    let mut world = World::at_five_percent();
    world.order(EAST, approve(5));
    world.east().canary = HEALTHY.errors(0.05);
    world.minutes(3);
    assert!(world.rolls_back(EAST) && world.rollout(EAST).orders.approval.is_none());
    assert_eq!(refused(&world, approve(5)), Some(Refusal::Breached));
    assert_eq!(refused(&world, Order::Hold), Some(Refusal::Breached));
    world.order(EAST, approve(5));
    assert!(ask(&world, Hook::Rollback).yes && !ask(&world, Hook::ConfirmTrafficIncrease).yes);
}

#[test]
fn a_hold_outweighs_evidence_and_approval_until_somebody_resumes() {
    let mut world = World::at_five_percent();
    world.order(EAST, approve(5));
    world.order(EAST, Order::Hold);
    world.minutes(30);
    let held = Reason::HeldBy {
        by: ordered(EAST, RolloutId(String::new()), Order::Hold).by,
        why: ordered(EAST, RolloutId(String::new()), Order::Hold).reason,
    };
    assert_eq!(world.decision(EAST), &Decision::Hold(vec![held]));
    assert_eq!(ask(&world, Hook::ConfirmTrafficIncrease), Answer::no("hold: held by ann: it is safe"));
    assert_eq!(headline_of(&world), "us-east is at 5 % held by ann: it is safe.");
    assert_eq!(standing(world.seen(EAST)), Standing::Held);
    let by = world.rollout(EAST).orders.hold.clone().unwrap().by;
    assert_eq!(refused(&world, approve(5)), Some(Refusal::Held { by }));
    world.order(EAST, Order::Resume);
    assert!(world.advances(EAST) && world.seen(EAST).approved.is_none(), "by evidence");
}

#[test]
fn a_hold_never_keeps_a_breach_from_rolling_back() {
    let mut world = World::at_five_percent();
    world.order(EAST, Order::Hold);
    world.east().canary = HEALTHY.errors(0.05);
    world.minutes(3);
    assert!(ask(&world, Hook::Rollback).yes);
    world.order(EAST, Order::Resume);
    assert!(ask(&world, Hook::Rollback).yes);
}

#[test]
fn a_held_run_is_not_started() {
    let mut world = World::new(policy(&[EAST]));
    world.open(EAST, Some(RELEASE), HeardBy::ConfirmRollout);
    world.order(EAST, Order::Hold);
    assert_eq!(ask(&world, Hook::ConfirmRollout), Answer::no("hold: held by ann: it is safe"));
    assert_eq!(standing(world.seen(EAST)), Standing::Held);
    world.order(EAST, Order::Resume);
    assert!(ask(&world, Hook::ConfirmRollout).yes);
}

#[test]
fn an_ordered_rollback_is_answered_at_once_for_good_and_without_any_poll() {
    let mut world = World::at_five_percent();
    world.now = world.now + Span::from_min(60);
    assert!(!ask(&world, Hook::Rollback).yes);
    world.order(EAST, Order::Rollback);
    let yes = Answer::yes("roll back: rollback ordered by ann: it is safe");
    assert_eq!(ask(&world, Hook::Rollback), yes);
    assert_eq!(headline_of(&world), "us-east must go back from 5 %: rollback ordered by ann: it is safe.");
    for order in [Order::Hold, Order::Resume, approve(5)] {
        world.order(EAST, order);
        world.minutes(12);
        assert!(ask(&world, Hook::Rollback).yes && !ask(&world, Hook::ConfirmTrafficIncrease).yes, "{order}");
    }
    world.end(EAST, Ending::Failed);
    assert!(matches!(world.rollout(EAST).stage, Stage::RolledBackByOrder { .. }));
    assert_eq!(headline_of(&world), "us-east was rolled back by order of ann: it is safe.");
    assert_eq!(standing(world.seen(EAST)).name(), "rolled-back-by-order");
    assert!(!ask(&world, Hook::Rollback).yes, "the order dies with its run");
}

#[test]
fn an_ordered_rollback_is_trouble_elsewhere_and_no_evidence() {
    let mut world = World::with_first_step(policy(&[EAST, WEST]));
    world.minutes(2);
    let pools = world.state.pools.clone();
    world.order(EAST, Order::Rollback);
    assert_eq!(world.state.pools, pools);
    let elsewhere = |trouble| move |r: &Reason| *r == Reason::OtherRegion { region: EAST.into(), trouble };
    assert!(world.holds_for(WEST, elsewhere(Trouble::OrderedBack)), "{:?}", world.decision(WEST));
    assert!(world.rollout(WEST).breach.is_none());
    world.end(EAST, Ending::Failed);
    assert!(world.holds_for(WEST, elsewhere(Trouble::RolledBackByOrder)));
    let said = world.reasons(WEST).iter().map(ToString::to_string).next();
    assert_eq!(said.as_deref(), Some("us-east was rolled back by a person's order with this release"));
}

#[test]
fn evidence_beside_an_ordered_rollback_is_named_after_it() {
    let mut world = World::at_five_percent();
    world.order(EAST, Order::Rollback);
    world.east().canary = HEALTHY.errors(0.05);
    world.minutes(3);
    assert!(matches!(world.reasons(EAST), [Reason::OrderedRollback { .. }, Reason::Breach { .. }]));
}

// Hook::ALL: confirm-rollout, pre-rollout, rollout, confirm-traffic-increase, confirm-promotion, post-rollout,
// rollback, event.
#[test]
fn in_guard_mode_a_person_rolls_back_what_evidence_may_not() {
    let mut world = in_mode(Mode::Guard);
    world.east().canary = HEALTHY.errors(0.05);
    world.minutes(3);
    assert!(!ask(&world, Hook::Rollback).yes);
    world.order(EAST, Order::Rollback);
    let row = Hook::ALL.map(|hook| ask(&world, hook).yes);
    assert_eq!(row, [false, true, true, false, false, true, true, true]);
    assert_eq!(
        ask(&world, Hook::Rollback).line.split(" (").next().unwrap(),
        "guard mode; the decision is: roll back: rollback ordered by ann: it is safe"
    );
}

#[test]
fn in_guard_mode_approval_hold_and_resume_work() {
    let mut world = in_mode(Mode::Guard);
    world.order(EAST, approve(5));
    assert!(ask(&world, Hook::ConfirmTrafficIncrease).yes);
    world.order(EAST, Order::Hold);
    assert!(!ask(&world, Hook::ConfirmTrafficIncrease).yes);
    world.order(EAST, Order::Resume);
    world.order(EAST, approve(5));
    assert!(ask(&world, Hook::ConfirmTrafficIncrease).yes);
}

#[test]
fn in_shadow_mode_every_order_is_refused_and_inert() {
    let mut world = in_mode(Mode::Shadow);
    let before = world.state.clone();
    for order in ALL {
        assert_eq!(refused(&world, order), Some(Refusal::OnTrial));
        world.order(EAST, order);
    }
    assert_eq!(world.state, before);
    assert!(!ask(&world, Hook::Rollback).yes);
}

#[test]
fn an_order_for_another_run_changes_nothing_and_names_the_current_one() {
    let mut world = World::at_five_percent();
    let before = world.state.clone();
    for order in ALL {
        world.tell(Fact::Ordered(ordered(EAST, RolloutId("old".into()), order)));
        let current = world.rollout(EAST).id.clone();
        let asked = ordered(EAST, RolloutId("old".into()), order);
        assert_eq!(examine(world.rollout(EAST), &asked), Err(Refusal::AnotherRun { current }));
    }
    assert_eq!(world.state, before);
}

#[test]
fn orders_die_with_their_run() {
    for order in [Order::Hold, Order::Rollback, approve(5)] {
        let mut world = World::at_five_percent();
        world.order(EAST, order);
        world.now = world.now + Span::from_s(1);
        world.enter(EAST);
        assert!(world.rollout(EAST).orders.is_empty(), "{order}");
        let mut world = World::at_five_percent();
        world.order(EAST, order);
        world.end(EAST, Ending::Superseded);
        assert_eq!(refused(&world, order), Some(Refusal::Over));
        assert!(!ask(&world, Hook::Rollback).yes && !ask(&world, Hook::ConfirmTrafficIncrease).yes);
    }
}

#[test]
fn while_flagger_promotes_only_a_resume_is_taken() {
    let mut world = World::at_five_percent();
    world.tell(Fact::PromotionBegan { region: EAST.into() });
    for order in [approve(100), Order::Hold, Order::Rollback] {
        assert_eq!(refused(&world, order), Some(Refusal::Promoting), "{order}");
    }
    assert_eq!(examined(&world, Order::Resume), Ok(Effect::Stands));
}

#[test]
fn an_order_given_twice_stands() {
    for order in [approve(5), Order::Hold, Order::Rollback] {
        let mut world = World::at_five_percent();
        assert_eq!(examined(&world, order), Ok(Effect::Changes), "{order}");
        world.order(EAST, order);
        assert_eq!(examined(&world, order), Ok(Effect::Stands), "{order}");
    }
}

#[test]
fn a_rollout_without_orders_is_recorded_as_before_there_were_any() {
    let mut world = World::at_five_percent();
    world.minutes(2);
    let texts = [serde_json::to_string(&world.state).unwrap(), serde_json::to_string(&world.look).unwrap()];
    for key in ["orders", "approved", "ordered_back", "report_only"] {
        assert!(texts.iter().all(|t| !t.contains(key)), "{key}");
    }
}
