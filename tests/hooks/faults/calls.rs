//! Calls that are lost, repeated, late or simultaneous, and an end of Haldane between two of them.

use super::{AT_ONCE, DIES, Fault, INCREASE, LATE, LOST, REPEATED, Scene, TICK};
use crate::traffic::Traffic;
use crate::world::status_of;
use futures_util::future::join_all;
use haldane_core::state::Stage;
use haldane_flagger_model::HookKind::Rollback;
use haldane_flagger_model::Phase::{Failed, Succeeded};
use std::time::Duration;

/// Real time that Flagger waits for an answer that is late; the only real waiting in these tests.
const SHORT: Duration = Duration::from_secs(1);

/// Questions of one kind that arrive together.
const TOGETHER: usize = 8;

#[tokio::test]
async fn a_lost_or_late_answer_skips_no_step_and_is_given_again() {
    let mut scene = Scene::ready_at(5).await;
    scene.relay.breaks(Fault::LosesAnswers);
    let report = scene.tick().await;
    assert_eq!((status_of(report, INCREASE), status_of(report, Rollback)), (Some(0), Some(0)));
    assert_eq!(scene.world.rollout().permission.map(|p| p.weight), Some(5), "Haldane has said yes");
    scene.relay.breaks(Fault::AnswersLate);
    scene.world.home().flagger.edit(|spec| spec.webhooks.iter_mut().for_each(|h| h.timeout = SHORT));
    let report = scene.tick().await;
    assert_eq!(status_of(report, INCREASE), Some(0), "it came too late");
    scene.hooks_of(crate::world::NEW);
    scene.relay.breaks(Fault::None);
    let report = scene.tick().await;
    assert_eq!(status_of(report, INCREASE), Some(403), "nobody knows whether the yes was used");
    assert_eq!(scene.weight(), 5);
    let told = scene.headline().await;
    assert!(told.contains("leaving 5 % was allowed and no event says that it happened"), "{told}");
    scene.world.poll().await;
    scene.world.tick().await;
    assert_eq!((scene.weight(), scene.times_given(5).await), (50, 2));
    scene.is_promoted().await;
    scene.tell(
        LOST,
        &told,
        "the next poll shows that 5 % was not left, and the yes is given again; promoted",
    );
}

#[tokio::test]
async fn hooks_that_arrive_twice_open_nothing_twice_and_give_nothing_twice() {
    let mut scene = Scene::start().await;
    scene.relay.breaks(Fault::Repeats);
    scene.deploy("2.0.0");
    while scene.weight() != 5 {
        scene.round().await;
    }
    scene.deploy("2.0.1");
    let mut told = None;
    while scene.world.effect().phase != Succeeded {
        scene.round().await;
        if scene.weight() == 50 && told.is_none() {
            told = Some(scene.headline().await);
        }
        assert!(scene.ticks.len() < 60, "{:?}", scene.summary().await);
    }
    for weight in [0, 5, 50, 100] {
        assert_eq!(scene.times_given(weight).await, 1, "{weight} %");
    }
    scene.is_promoted().await;
    assert_eq!(scene.outcomes().await, ["superseded", "promoted"]);
    scene.tell(REPEATED, &told.unwrap(), "each yes is recorded once, each run opened once; promoted");
}

#[tokio::test]
async fn hooks_of_an_earlier_step_or_run_move_nothing_when_they_arrive_late() {
    let mut scene = Scene::ready_at(5).await;
    scene.world.tick().await;
    let before = scene.world.stage();
    assert!(matches!(before, Stage::Step { index: 1, .. }), "{before:?}");
    for (hook, text) in
        [("event", "Starting canary analysis"), ("event", "canary weight 5\""), ("event", "Scaling up")]
    {
        assert_eq!(scene.relay.delivers_again(hook, text).await, 200);
        assert_eq!(scene.world.stage(), before, "{text} of an earlier step moved the run");
    }
    assert_eq!(scene.relay.delivers_again("confirm-traffic-increase", "").await, 403);
    assert_eq!(scene.relay.delivers_again("rollback", "").await, 403);
    scene.tick().await;
    let told = scene.headline().await;
    assert_eq!((scene.weight(), scene.world.rollout().permission), (50, None));

    // Another revision begins; events of the run before it are still on their way.
    scene.deploy("2.0.1");
    scene.tick().await;
    let new = scene.world.rollout();
    assert_eq!((scene.weight(), new.stage), (0, Stage::Admitted));
    for text in ["canary weight 50", "canary weight 5\""] {
        assert_eq!(scene.relay.delivers_again("event", text).await, 200);
        assert_eq!(scene.world.rollout().stage, Stage::Admitted, "{text} belongs to the run before");
    }
    scene.is_promoted().await;
    assert_eq!(scene.world.rollout().id, new.id);
    assert_eq!(scene.relay.delivers_again("event", "Restarting analysis").await, 200);
    assert_eq!(scene.outcomes().await, ["superseded", "promoted"]);
    let end =
        "told by the instant that Flagger wrote into the event, what is older changes nothing; promoted";
    scene.tell(LATE, &told, end);
}

#[tokio::test]
async fn questions_at_the_same_instant_get_one_permission() {
    let mut scene = Scene::ready_at(5).await;
    let ask = |hook: &'static str| join_all((0..TOGETHER).map(|_| scene.world.ask(hook)).collect::<Vec<_>>());
    let (increases, rollbacks, promotions) =
        tokio::join!(ask("confirm-traffic-increase"), ask("rollback"), ask("confirm-promotion"));
    assert!(increases.iter().all(|reply| reply.status == 200), "{increases:?}");
    assert!(rollbacks.iter().chain(&promotions).all(|reply| reply.status == 403), "{rollbacks:?}");
    assert_eq!(scene.times_given(5).await, 1);
    let report = scene.world.tick().await;
    assert_eq!((status_of(&report, INCREASE), scene.weight()), (Some(200), 50), "the same instant");
    scene.ticks.push(report);
    let told = scene.headline().await;
    scene.is_promoted().await;

    let mut sick = Scene::ready_at(5).await;
    sick.world.home().traffic = Traffic::Sick;
    sick.world.poll_until("rollback").await;
    let ask = |hook: &'static str| join_all((0..TOGETHER).map(|_| sick.world.ask(hook)).collect::<Vec<_>>());
    let (increases, rollbacks) = tokio::join!(ask("confirm-traffic-increase"), ask("rollback"));
    assert!(increases.iter().all(|reply| reply.status == 403), "{increases:?}");
    assert!(rollbacks.iter().all(|reply| reply.status == 200), "{rollbacks:?}");
    sick.world.tick().await;
    assert_eq!((sick.world.effect().phase, sick.outcomes().await), (Failed, vec!["rolled-back".to_owned()]));
    let end =
        "one permission is recorded, and all get the same answer; promoted (a sick canary: rolled back)";
    scene.tell(AT_ONCE, &told, end);
}

#[tokio::test]
async fn a_yes_that_was_recorded_and_never_given_is_given_after_the_restart() {
    let mut scene = Scene::ready_at(5).await;
    scene.relay.breaks(Fault::LosesAnswers);
    scene.tick().await;
    let given = scene.world.rollout().permission;
    assert_eq!(given.map(|p| p.weight), Some(5));
    scene.world.stop_haldane().await;
    scene.world.advance(TICK);
    scene.world.start_haldane().await;
    scene.relay.leads_to(scene.world.base());
    scene.hooks_of(crate::world::NEW);
    scene.relay.breaks(Fault::None);
    assert_eq!(scene.world.rollout().permission, given, "it is on record");
    let report = scene.tick().await;
    assert_eq!(status_of(report, INCREASE), Some(403));
    let told = scene.headline().await;
    assert!(told.contains("leaving 5 % was allowed and no event says that it happened"), "{told}");
    scene.world.poll().await;
    scene.world.tick().await;
    assert_eq!(scene.weight(), 50);
    scene.is_promoted().await;
    let end = "asked again, it waits for the next poll, which shows that 5 % was not left; promoted";
    scene.tell(DIES, &told, end);
}
