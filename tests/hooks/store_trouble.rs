//! The store fails: nothing advances, nothing is rolled back, no check is burnt, and afterwards all goes on.

use crate::policy::{HOME, one_region};
use crate::traffic::Traffic;
use crate::world::{NEW, World, status_of};
use haldane_core::state::Stage;
use haldane_core::time::Span;
use haldane_flagger_model::HookKind::{
    self, ConfirmPromotion, ConfirmRollout, ConfirmTrafficIncrease, Event, PreRollout, Rollback, Rollout,
};
use haldane_flagger_model::Phase::{Failed, Progressing, Succeeded, Waiting, WaitingPromotion};
use haldane_flagger_model::TickReport;
use std::fs;

impl World {
    /// The database file disappears: every commit is refused from here on.
    pub(crate) fn lose_store(&self) {
        fs::rename(self.db(), self.db().with_extension("aside")).unwrap();
    }

    pub(crate) fn restore_store(&self) {
        fs::rename(self.db().with_extension("aside"), self.db()).unwrap();
    }
}

fn assert_answers(report: &TickReport, expected: &[(HookKind, u16)]) {
    for (kind, status) in expected {
        assert_eq!(status_of(report, *kind), Some(*status), "{kind}");
    }
    let events = report.calls.iter().filter(|c| c.kind == Event);
    assert!(events.map(|c| &c.outcome).all(|o| *o == Ok(200)), "{:?}", report.calls);
}

#[tokio::test]
async fn no_run_is_admitted_that_cannot_be_recorded() {
    let mut world = World::start(one_region()).await;
    world.deploy(NEW);
    world.lose_store();
    let report = world.tick().await;
    assert_answers(&report, &[(ConfirmRollout, 403)]);
    assert_eq!(world.effect().phase, Waiting);
    assert!(world.rollout_in(HOME).is_none(), "what is not recorded is not known");
    world.restore_store();
    world.tick().await;
    assert_eq!(world.effect().phase, Progressing);
    world.until_phase(HOME, Succeeded).await;
}

#[tokio::test]
async fn no_permission_is_given_that_cannot_be_recorded() {
    for weight in [0, 5, 50] {
        let mut world = World::start(one_region()).await;
        if weight == 0 {
            world.admit().await;
            world.tick().await;
        } else {
            world.climb_to(weight).await;
        }
        world.poll_until("advance").await;
        world.lose_store();
        for _ in 0..2 {
            let report = world.tick().await;
            assert_answers(&report, &[(Rollback, 403), (ConfirmTrafficIncrease, 403)]);
            let check = if weight == 0 { PreRollout } else { Rollout };
            assert_answers(&report, &[(check, 200)]);
            assert_eq!((world.effect().weight, world.effect().failed_checks), (weight, 0));
            world.poll().await;
        }
        let reply = world.ask("confirm-traffic-increase").await;
        assert_eq!((reply.status, reply.body.as_str()), (403, "hold: the answer cannot be recorded"));
        world.restore_store();
        world.tick().await;
        assert!(world.effect().weight > weight, "{:?}", world.reasons_in(HOME));
        assert_eq!(world.effect().failed_checks, 0);
    }
}

#[tokio::test]
async fn no_promotion_is_given_that_cannot_be_recorded() {
    let mut world = World::start(one_region()).await;
    world.climb_to(100).await;
    let mut hooks = world.webhooks(HOME);
    hooks.retain(|h| h.kind != ConfirmTrafficIncrease);
    world.home().flagger.edit(|spec| spec.webhooks = hooks);
    world.poll_until("advance").await;
    world.lose_store();
    let report = world.tick().await;
    assert_answers(&report, &[(Rollout, 200), (Rollback, 403), (ConfirmPromotion, 403)]);
    assert_eq!((world.effect().weight, world.effect().phase), (100, WaitingPromotion));
    world.restore_store();
    world.until_phase(HOME, Succeeded).await;
}

#[tokio::test]
async fn a_breach_that_cannot_be_recorded_holds_and_is_acted_on_once_it_can() {
    let mut world = World::start(one_region()).await;
    world.climb_to(5).await;
    world.healthy_poll().await;
    world.lose_store();
    for _ in 0..6 {
        world.sick_poll().await;
        let report = world.tick().await;
        assert_answers(&report, &[(Rollback, 403), (Rollout, 200), (ConfirmTrafficIncrease, 403)]);
        let effect = world.effect();
        assert_eq!((effect.weight, effect.failed_checks, effect.phase), (5, 0, Progressing));
    }
    world.restore_store();
    world.poll().await;
    let report = world.tick().await;
    assert_answers(&report, &[(Rollback, 200)]);
    assert_eq!((world.effect().weight, world.effect().phase), (0, Failed));
    let since = world.clock.now();
    assert_eq!(world.stage(), Stage::RolledBack { since, ours: true });
}

#[tokio::test]
async fn a_weight_that_moved_while_the_store_was_gone_is_not_left_on_the_old_yes() {
    let mut world = World::start(one_region()).await;
    world.climb_to(5).await;
    world.poll_until("advance").await;
    assert_eq!(world.ask("confirm-traffic-increase").await.status, 200);
    world.lose_store();
    let report = world.tick().await;
    assert_answers(&report, &[(ConfirmTrafficIncrease, 200)]);
    assert_eq!(world.effect().weight, 50, "the permission was recorded before");
    for _ in 0..4 {
        world.advance(Span::from_s(10));
        let report = world.tick().await;
        assert_answers(&report, &[(ConfirmTrafficIncrease, 403), (Rollout, 200)]);
        assert_eq!((world.effect().weight, world.effect().failed_checks), (50, 0));
    }
    world.restore_store();
    world.tick().await;
    assert_eq!(world.effect().weight, 50);
    world.poll().await;
    assert_eq!(world.rollout().weight(), Some(50), "the event was kept");
    world.until_phase(HOME, Succeeded).await;
}

#[tokio::test]
async fn an_end_that_was_told_while_the_store_was_gone_is_kept() {
    let mut world = World::start(one_region()).await;
    world.climb_to(5).await;
    world.home().traffic = Traffic::Sick;
    world.poll_until("rollback").await;
    world.lose_store();
    // The breach is on record: going back needs nothing more.
    let report = world.tick().await;
    assert_answers(&report, &[(Rollback, 200)]);
    assert_eq!((world.effect().weight, world.effect().phase), (0, Failed));
    world.restore_store();
    world.poll().await;
    assert!(matches!(world.stage(), Stage::RolledBack { ours: true, .. }), "{:?}", world.stage());
}

#[tokio::test]
async fn readiness_says_that_the_store_is_gone_and_that_it_is_back() {
    let mut world = World::start(one_region()).await;
    assert_eq!(world.get("/readyz").await.status, 200);
    world.deploy(NEW);
    world.lose_store();
    world.tick().await;
    let reply = world.get("/readyz").await;
    assert_eq!(reply.status, 503);
    let body: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(body["ready"], false);
    assert_ne!(body["store"], "ok");
    assert_eq!(world.get("/healthz").await.status, 200, "a restart would mend nothing");
    world.restore_store();
    // Nobody routes hooks to a service that is not ready: polls alone must make it ready again.
    world.poll().await;
    let reply = world.get("/readyz").await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}
