//! The table, row by row. Each cell builds its situation, lets Flagger ask this hook *alone* (the gates below it are
//! held shut by a gate that always halts), ticks once, and reads the effect off Flagger.
//!
//! The last column comes in three kinds, because each can go wrong by itself: never looked at, and too old a look
//! that would have advanced, or rolled back, while it was fresh.

use crate::policy::{AWAY, HOME, in_order, one_region};
use crate::traffic::Traffic;
use crate::world::{Effect, NEW, World, status_of};
use haldane_core::report::Decision;
use haldane_core::state::Stage;
use haldane_core::time::Span;
use haldane_flagger_model::HookKind::{
    self, ConfirmPromotion, ConfirmRollout, ConfirmTrafficIncrease, Event, PostRollout, PreRollout, Rollback,
    Rollout,
};
use haldane_flagger_model::Phase::{Failed, Initialized, Progressing, Promoting, Waiting, WaitingPromotion};
use haldane_flagger_model::{Health, Phase, TickReport, Webhook};
use haldane_store::HookRecord;

/// Longer than three increments: a look of then is too old.
const LONG: Span = Span::from_min(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Advance,
    Hold,
    Rollback,
    NoLook,
    OldAdvance,
    OldRollback,
}
use Column::{Advance, Hold, NoLook, OldAdvance, OldRollback, Rollback as RollBack};

const COLUMNS: [Column; 6] = [Advance, Hold, RollBack, NoLook, OldAdvance, OldRollback];

fn effect(weight: u32, failed_checks: u32, phase: Phase) -> Effect {
    Effect { weight, failed_checks, phase }
}

/// A world whose first region stands at `weight`, with a decision as the column says.
async fn at(weight: u32, column: Column) -> World {
    let mut world = World::start(one_region()).await;
    if column == NoLook {
        climb_unseen(&mut world, weight).await;
        return world;
    }
    if weight == 0 {
        world.admit().await;
        at_weight_0(&mut world, column).await;
    } else {
        world.climb_to(weight).await;
        if matches!(column, RollBack | OldRollback) {
            world.home().traffic = Traffic::Sick;
        }
        world.poll_until(decision_of(column)).await;
    }
    assert_eq!(world.decision().name(), decision_of(column));
    if matches!(column, OldAdvance | OldRollback) {
        world.advance(LONG);
    }
    world
}

fn decision_of(column: Column) -> &'static str {
    match column {
        Advance | OldAdvance => "advance",
        Hold | NoLook => "hold",
        RollBack | OldRollback => "rollback",
    }
}

/// Without traffic a decision to roll back exists only where a canary had some before: Flagger says that it starts.
async fn at_weight_0(world: &mut World, column: Column) {
    match column {
        Advance | OldAdvance => {
            world.tell_in(HOME, "Starting canary analysis for api.fnp").await;
            world.poll_until("advance").await;
        }
        RollBack | OldRollback => {
            world.climb_to(5).await;
            world.home().traffic = Traffic::Sick;
            world.poll_until("rollback").await;
            climb_unseen(world, 0).await;
            world.tell_in(HOME, "Starting canary analysis for api.fnp").await;
            // Traffic had begun and no restart was told: nobody knows the step any more, and the verdict stands.
            assert_eq!(world.stage(), Stage::Unknown);
        }
        Hold | NoLook => {}
    }
}

/// A Flagger that comes to `weight` without asking anybody.
async fn climb_unseen(world: &mut World, weight: u32) {
    let flagger = world.flagger(HOME);
    flagger.edit(|spec| spec.webhooks.clear());
    flagger.deploy(NEW);
    world.home().flagger = flagger;
    halt(world, &[]);
    for _ in 0..3 {
        world.tick().await;
    }
    assert_eq!(world.effect(), effect(0, 0, Progressing));
    world.home().flagger.edit(|spec| spec.webhooks.clear());
    while world.effect().weight < weight {
        world.tick().await;
    }
}

/// Leaves Flagger with these of its hooks, and with a confirm-traffic-increase that never passes.
fn halt(world: &World, kinds: &[HookKind]) {
    let mut hooks = only(world, kinds);
    let never = format!("{}/gate/halt", world.base());
    hooks.push(Webhook::new(ConfirmTrafficIncrease, never));
    world.places[HOME].flagger.edit(|spec| spec.webhooks = hooks);
}

fn only(world: &World, kinds: &[HookKind]) -> Vec<Webhook> {
    let mut hooks = world.webhooks(HOME);
    hooks.retain(|h| kinds.contains(&h.kind));
    hooks
}

/// One tick in which Flagger asks `kind` alone; with what it was answered.
async fn ask(world: &mut World, kind: HookKind) -> Option<u16> {
    let report = world.tick().await;
    answered(&report, kind)
}

fn answered(report: &TickReport, kind: HookKind) -> Option<u16> {
    status_of(report, kind)
}

/// The last answer to `kind` that the store has for the region's present rollout.
async fn recorded(world: &World, kind: HookKind) -> Option<HookRecord> {
    world.store().flush().await.unwrap();
    let id = world.rollout_in(HOME)?.id;
    let records = world.store().hooks(&id.0, 1_000).await.unwrap();
    records.into_iter().find(|r| r.hook == kind.path_name())
}

#[tokio::test]
async fn confirm_traffic_increase_raises_the_weight_on_advance_and_on_nothing_else() {
    for column in COLUMNS {
        let mut world = at(5, column).await;
        let hooks = only(&world, &[ConfirmTrafficIncrease]);
        world.home().flagger.edit(|spec| spec.webhooks = hooks);
        let status = ask(&mut world, ConfirmTrafficIncrease).await;
        let (weight, expected) = if column == Advance { (50, 200) } else { (5, 403) };
        assert_eq!(status, Some(expected), "{column:?}");
        assert_eq!(world.effect(), effect(weight, 0, Progressing), "{column:?}");
    }
}

#[tokio::test]
async fn confirm_traffic_increase_at_weight_0_raises_the_weight_when_preflight_passed_and_on_nothing_else() {
    for column in COLUMNS {
        let mut world = at(0, column).await;
        let hooks = only(&world, &[ConfirmTrafficIncrease]);
        world.home().flagger.edit(|spec| spec.webhooks = hooks);
        let status = ask(&mut world, ConfirmTrafficIncrease).await;
        let (weight, expected) = if column == Advance { (5, 200) } else { (0, 403) };
        assert_eq!(status, Some(expected), "{column:?}");
        assert_eq!(world.effect(), effect(weight, 0, Progressing), "{column:?}");
    }
}

#[tokio::test]
async fn confirm_promotion_promotes_on_advance_and_waits_on_everything_else() {
    for column in COLUMNS {
        let mut world = at(100, column).await;
        let hooks = only(&world, &[ConfirmPromotion]);
        world.home().flagger.edit(|spec| spec.webhooks = hooks);
        let status = ask(&mut world, ConfirmPromotion).await;
        let (phase, expected) = if column == Advance { (Promoting, 200) } else { (WaitingPromotion, 403) };
        assert_eq!(status, Some(expected), "{column:?}");
        assert_eq!(world.effect(), effect(100, 0, phase), "{column:?}");
    }
}

#[tokio::test]
async fn rollback_goes_back_on_a_fresh_breach_and_on_nothing_else() {
    for weight in [5, 100] {
        for column in COLUMNS {
            let mut world = at(weight, column).await;
            let mut hooks = only(&world, &[Rollback]);
            for shut in [ConfirmTrafficIncrease, ConfirmPromotion] {
                hooks.push(Webhook::new(shut, format!("{}/gate/halt", world.base())));
            }
            world.home().flagger.edit(|spec| spec.webhooks = hooks);
            let status = ask(&mut world, Rollback).await;
            let expected = if column == RollBack { 200 } else { 403 };
            assert_eq!(status, Some(expected), "{weight} {column:?}");
            let after =
                if column == RollBack { effect(0, 0, Failed) } else { effect(weight, 0, Progressing) };
            assert_eq!(world.effect(), after, "{weight} {column:?}");
        }
    }
}

#[tokio::test]
async fn rollback_goes_back_while_flagger_waits_for_the_promotion() {
    let mut world = at(100, Hold).await;
    let mut hooks = only(&world, &[Rollback]);
    hooks.push(Webhook::new(ConfirmPromotion, format!("{}/gate/halt", world.base())));
    world.home().flagger.edit(|spec| spec.webhooks = hooks);
    world.tick().await;
    assert_eq!(world.effect(), effect(100, 0, WaitingPromotion));
    world.home().traffic = Traffic::Sick;
    world.poll_until("rollback").await;
    assert_eq!(ask(&mut world, Rollback).await, Some(200));
    assert_eq!(world.effect(), effect(0, 0, Failed));
}

#[tokio::test]
async fn rollout_costs_a_check_on_a_fresh_breach_and_on_nothing_else() {
    for weight in [5, 100] {
        for column in COLUMNS {
            let mut world = at(weight, column).await;
            halt(&world, &[Rollout]);
            let status = ask(&mut world, Rollout).await;
            let (failed, expected) = if column == RollBack { (1, 403) } else { (0, 200) };
            assert_eq!(status, Some(expected), "{weight} {column:?}");
            assert_eq!(world.effect(), effect(weight, failed, Progressing), "{weight} {column:?}");
        }
    }
}

#[tokio::test]
async fn rollout_alone_takes_a_breach_back_one_tick_after_the_threshold() {
    let mut world = at(5, RollBack).await;
    halt(&world, &[Rollout]);
    for failed in 1..=3 {
        assert_eq!(ask(&mut world, Rollout).await, Some(403));
        assert_eq!(world.effect(), effect(5, failed, Progressing));
    }
    world.tick().await;
    assert_eq!(world.effect(), effect(0, 0, Failed));
}

#[tokio::test]
async fn pre_rollout_costs_no_check_in_any_column() {
    for column in COLUMNS {
        let mut world = at(0, column).await;
        halt(&world, &[PreRollout]);
        for _ in 0..2 {
            assert_eq!(ask(&mut world, PreRollout).await, Some(200), "{column:?}");
            assert_eq!(world.effect(), effect(0, 0, Progressing), "{column:?}");
        }
    }
}

#[tokio::test]
async fn event_is_answered_yes_recorded_and_moves_nothing_in_any_column() {
    for column in COLUMNS {
        let mut world = at(5, column).await;
        let known = world.rollout_in(HOME).is_some();
        halt(&world, &[Event]);
        assert_eq!(ask(&mut world, Event).await, Some(200), "{column:?}");
        assert_eq!(world.effect(), effect(5, 0, Progressing), "{column:?}");
        let record = recorded(&world, Event).await;
        assert_eq!(record.map(|r| r.status), known.then_some(200), "{column:?}");
    }
}

#[tokio::test]
async fn post_rollout_is_answered_yes_recorded_and_ends_the_run_in_any_column() {
    for column in COLUMNS {
        let mut world = at(5, column).await;
        let known = world.rollout_in(HOME).is_some();
        halt(&world, &[PostRollout]);
        world.home().flagger.cluster().set_canary_health(Health::Stuck);
        assert_eq!(ask(&mut world, PostRollout).await, Some(200), "{column:?}");
        assert_eq!(world.effect(), effect(0, 0, Failed), "{column:?}");
        let record = recorded(&world, PostRollout).await;
        assert_eq!(record.map(|r| r.status), known.then_some(200), "{column:?}");
        if known {
            let ours = matches!(column, RollBack | OldRollback);
            let since = world.clock.now();
            assert_eq!(world.stage(), Stage::RolledBack { since, ours }, "{column:?}");
        }
    }
}

#[tokio::test]
async fn confirm_rollout_starts_a_region_without_order_though_nobody_has_looked_at_it() {
    let mut world = World::start(one_region()).await;
    world.deploy(NEW);
    assert_eq!(ask(&mut world, ConfirmRollout).await, Some(200));
    assert_eq!(world.effect(), effect(0, 0, Progressing));
    world.advance(LONG);
    assert_eq!(world.stage(), Stage::Admitted);
}

#[tokio::test]
async fn confirm_rollout_starts_a_region_whose_turn_has_come_and_holds_it_before() {
    let mut world = World::start(in_order()).await;
    world.deploy(NEW);
    world.tick_in(AWAY).await;
    assert_eq!(world.effect_in(AWAY), effect(0, 0, Waiting));
    world.until_phase(HOME, Phase::Succeeded).await;
    world.tick_in(AWAY).await;
    assert_eq!(world.effect_in(AWAY), effect(0, 0, Waiting), "it bakes");
    for _ in 0..10 {
        world.poll().await;
    }
    let report = world.tick_in(AWAY).await;
    assert_eq!(answered(&report, ConfirmRollout), Some(200));
    assert_eq!(world.effect_in(AWAY), effect(0, 0, Progressing));
}

#[tokio::test]
async fn confirm_rollout_holds_when_the_bake_before_it_cannot_be_judged_any_more() {
    let mut world = World::start(in_order()).await;
    world.until_phase(HOME, Phase::Succeeded).await;
    for _ in 0..10 {
        world.poll().await;
    }
    world.advance(LONG);
    world.deploy(NEW);
    let report = world.tick_in(AWAY).await;
    assert_eq!(answered(&report, ConfirmRollout), Some(403));
    assert_eq!(world.effect_in(AWAY), effect(0, 0, Waiting));
    let reply = world.ask_in(AWAY, "confirm-rollout").await;
    assert_eq!(reply.body, "hold: us-east bakes unseen: its metrics are missing");
}

#[tokio::test]
async fn confirm_rollout_is_judged_as_a_new_run_whatever_the_old_one_was_decided_to_be() {
    for column in [Advance, Hold, RollBack, OldAdvance, OldRollback] {
        let mut world = at(5, column).await;
        let old = world.rollout();
        let flagger = world.flagger(HOME);
        world.home().flagger = flagger;
        world.deploy(NEW);
        assert_eq!(world.effect(), effect(0, 0, Initialized));
        world.advance(Span::from_s(10));
        assert_eq!(ask(&mut world, ConfirmRollout).await, Some(200), "{column:?}");
        assert_eq!(world.effect(), effect(0, 0, Progressing), "{column:?}");
        let new = world.rollout();
        assert_ne!(old.id, new.id);
        assert!(new.stage == Stage::Admitted && new.breach.is_none() && new.permission.is_none());
        let ended = world.store().rollout(&old.id.0).await.unwrap().unwrap();
        assert_eq!(ended.outcome.as_deref(), Some("unknown"), "{column:?}");
    }
}

#[tokio::test]
async fn all_eight_hooks_together_advance_hold_and_go_back_as_decided() {
    for (column, expected) in [
        (Advance, effect(50, 0, Progressing)),
        (Hold, effect(5, 0, Progressing)),
        (RollBack, effect(0, 0, Failed)),
        (OldAdvance, effect(5, 0, Progressing)),
        (OldRollback, effect(5, 0, Progressing)),
        (NoLook, effect(5, 0, Progressing)),
    ] {
        let mut world = at(5, column).await;
        let hooks = world.webhooks(HOME);
        world.home().flagger.edit(|spec| spec.webhooks = hooks);
        world.tick().await;
        assert_eq!(world.effect(), expected, "{column:?}");
        if column != RollBack {
            assert!(!matches!(world.stage(), Stage::RolledBack { .. }));
        }
    }
}

#[tokio::test]
async fn a_refusal_is_a_403_with_one_line_and_never_what_flagger_would_misread() {
    for (column, hook) in [(Hold, "confirm-traffic-increase"), (Advance, "rollback"), (RollBack, "rollout")] {
        let world = at(5, column).await;
        let reply = world.ask(hook).await;
        assert_eq!(reply.status, 403);
        assert!(!reply.body.is_empty() && !reply.body.contains('\n'), "{:?}", reply.body);
        assert!(!reply.headers.contains_key("retry-after") && !reply.headers.contains_key("location"));
        assert_eq!(reply.headers["content-type"], "text/plain; charset=utf-8");
    }
    let world = at(5, Advance).await;
    assert!(matches!(world.decision(), Decision::Advance));
    assert_eq!(world.ask("confirm-traffic-increase").await.status, 200);
}
