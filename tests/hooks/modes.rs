//! Modes: a policy that is tried out must not be able to do harm.

use crate::policy::{HOME, in_mode};
use crate::traffic::Traffic;
use crate::world::{World, status_of};
use haldane_core::state::Stage;
use haldane_core::time::Span;
use haldane_flagger_model::HookKind::{self, ConfirmTrafficIncrease, Rollback, Rollout};
use haldane_flagger_model::Phase::{Progressing, Succeeded, WaitingPromotion};
use std::fs;

#[tokio::test]
async fn in_shadow_mode_a_release_without_any_look_goes_through_at_flaggers_own_pace() {
    let mut world = World::start(in_mode("shadow")).await;
    world.deploy(crate::world::NEW);
    for _ in 0..10 {
        let report = world.tick().await;
        for call in &report.calls {
            let expected = if call.kind == Rollback { 403 } else { 200 };
            assert_eq!(status_of(&report, call.kind), Some(expected), "{}", call.kind);
        }
        world.advance(Span::from_s(10));
    }
    assert_eq!((world.effect().phase, world.effect().failed_checks), (Succeeded, 0));
}

#[tokio::test]
async fn in_shadow_mode_a_sick_release_goes_through_and_the_report_says_what_would_have_been_done() {
    let mut world = World::start(in_mode("shadow")).await;
    world.climb_to(5).await;
    world.home().traffic = Traffic::Sick;
    world.poll_until("rollback").await;
    let reply = world.ask("rollback").await;
    assert_eq!(reply.status, 403);
    assert!(
        reply.body.starts_with("shadow mode; enforced, the answer would be: roll back: "),
        "{}",
        reply.body
    );
    let id = world.rollout().id;
    world.until_phase(HOME, Succeeded).await;
    assert_eq!(world.effect().failed_checks, 0);
    assert!(matches!(world.stage(), Stage::Promoted { .. }) && world.rollout().id == id);
    let page = world.get(&format!("/rollouts/{id}")).await.body;
    assert!(page.contains("the answer would be: roll back"), "{page}");
}

#[tokio::test]
async fn in_shadow_mode_even_a_store_that_is_gone_holds_nothing() {
    let mut world = World::start(in_mode("shadow")).await;
    world.climb_to(5).await;
    let aside = world.db().with_extension("aside");
    fs::rename(world.db(), &aside).unwrap();
    let report = world.tick().await;
    assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(200));
    assert_eq!(status_of(&report, Rollback), Some(403));
    assert_eq!((world.effect().weight, world.effect().failed_checks), (50, 0));
    fs::rename(&aside, world.db()).unwrap();
}

#[tokio::test]
async fn in_shadow_mode_a_run_that_nobody_could_record_is_held_by_nothing() {
    let mut world = World::start(in_mode("shadow")).await;
    let aside = world.db().with_extension("aside");
    fs::rename(world.db(), &aside).unwrap();
    world.deploy(crate::world::NEW);
    for _ in 0..10 {
        world.tick().await;
        world.advance(Span::from_s(10));
    }
    assert_eq!((world.effect().phase, world.effect().failed_checks), (Succeeded, 0));
    fs::rename(&aside, world.db()).unwrap();
}

#[tokio::test]
async fn in_guard_mode_a_breach_is_held_and_neither_rolled_back_nor_counted() {
    let mut world = World::start(in_mode("guard")).await;
    world.climb_to(5).await;
    world.home().traffic = Traffic::Sick;
    world.poll_until("rollback").await;
    for _ in 0..5 {
        world.poll().await;
        let report = world.tick().await;
        assert_eq!(status_of(&report, Rollback), Some(403));
        assert_eq!(status_of(&report, Rollout), Some(200));
        assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(403));
        let effect = world.effect();
        assert_eq!((effect.weight, effect.failed_checks, effect.phase), (5, 0, Progressing));
    }
    let reply = world.ask("rollback").await;
    assert!(reply.body.starts_with("guard mode; the decision is: roll back: "), "{}", reply.body);
}

#[tokio::test]
async fn in_guard_mode_windows_are_observed_and_promotion_waits_for_them() {
    let mut world = World::start(in_mode("guard")).await;
    world.climb_to(100).await;
    let report = world.tick().await;
    assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(403));
    let mut hooks = world.webhooks(HOME);
    hooks.retain(|h| h.kind != HookKind::ConfirmTrafficIncrease);
    world.home().flagger.edit(|spec| spec.webhooks = hooks);
    world.tick().await;
    assert_eq!(world.effect().phase, WaitingPromotion);
    world.until_phase(HOME, Succeeded).await;
}
