//! `kill -9` in the middle of a rollout: the outcome is the same, and nothing is lost or counted twice.

use crate::faults::{KILLED, tell};
use crate::recorded::Recorded;
use crate::replayed;
use crate::service::Service;
use crate::world::{NEW, OLD, World};
use haldane::report::summary::RolloutSummary;
use haldane_core::report::NoiseSource;
use haldane_flagger_model::{Phase, TickReport};
use haldane_pods::Scenario;

/// Fast enough for a whole rollout in some twenty seconds, slow enough that a busy machine still polls in time.
const FACTOR: f64 = 240.0;

/// A bad canary is found out within minutes: slower, so that a kill fits in between.
const SLOW_FACTOR: f64 = 60.0;

/// Flagger's ticks while the service is dead.
const TICKS_ALONE: usize = 3;

/// Kills the service between two ticks, lets the world go on without it, and starts it again on the same store.
async fn killed_and_restarted(world: &mut World, service: Service, alone: &mut Vec<TickReport>) -> Service {
    let id = service.rollout().await.id;
    let before = Recorded::of(&service, &id).await;
    service.kill().await;
    let (live, phase) = (world.live(), world.phase());
    for _ in 0..TICKS_ALONE {
        alone.push(world.tick().await);
        assert_eq!(
            (world.live(), world.phase()),
            (live.clone(), phase),
            "something moved while nobody judged"
        );
    }
    let service = world.serve().await;
    assert_eq!(service.rollout().await.id, id);
    let after = Recorded::of(&service, &id).await;
    after.assert_continues(&before);
    after.assert_counted_once(world);
    service
}

/// Two minutes into the observation of a step; at weight 0 there is none, admission is enough.
fn is_observing(summary: &RolloutSummary, weight: u32) -> bool {
    let observed = summary.step.as_ref().is_some_and(|step| step.elapsed_s >= 120.0);
    summary.weight_percent == Some(weight) && (weight == 0 || observed)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_release_is_promoted_although_the_service_is_killed_in_each_of_its_steps() {
    let mut world = World::start(Scenario::Healthy, FACTOR, 11).await;
    let mut service = world.serve().await;
    let mut alone = Vec::new();
    world.deploy(&service);
    for weight in [0, 5, 50, 100] {
        world.until(&service, &format!("observing at {weight} %"), |s| is_observing(s, weight)).await;
        assert_eq!((world.phase(), world.live().canary_weight), (Phase::Progressing, weight));
        service = killed_and_restarted(&mut world, service, &mut alone).await;
        assert_eq!(service.rollout().await.weight_percent, Some(weight), "the place is forgotten");
    }
    world.until(&service, "promoted", |s| s.closed_us.is_some()).await;
    let summary = service.rollout().await;
    assert_eq!((summary.standing.as_str(), world.phase()), ("promoted", Phase::Succeeded));
    assert_eq!(world.live().primary_revision, NEW);

    let recorded = Recorded::of(&service, &summary.id).await;
    recorded.assert_counted_once(&world);
    let gates = recorded.looks().into_iter().flat_map(|look| look.gates);
    let noise: Vec<NoiseSource> = gates.map(|gate| gate.noise).collect();
    assert!(!noise.is_empty() && noise.iter().all(|n| *n == NoiseSource::None), "{noise:?}");

    service.stop().await;
    assert_restored_each_time(&world, 4);
    replayed::assert_derived(&world.place, &summary.id).await;
    replayed::assert_replayed(&world.place, &summary.id).await;
    let told = replayed::told(&world.place, &summary.id).await;
    assert!(told.contains("no history: distribution-free bettors, cautious proof"), "{told}");
    let end = "restarted, it folds its facts and goes on in the same step; promoted";
    tell(
        KILLED,
        &alone,
        "nothing while it is dead; then the same report, to the byte, and what was added",
        end,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_release_is_rolled_back_although_the_service_is_killed_while_it_finds_out_and_when_it_knows() {
    let mut world = World::start(Scenario::Errors, SLOW_FACTOR, 12).await;
    let mut service = world.serve().await;
    let mut alone = Vec::new();
    world.deploy(&service);
    let suspects = |s: &RolloutSummary| s.against.is_some_and(|against| against > 0.0);
    world.until(&service, "suspicious at 5 %", |s| s.weight_percent == Some(5) && suspects(s)).await;
    assert_eq!(
        service.rollout().await.decision.as_deref(),
        Some("hold"),
        "killed too late to prove anything"
    );
    service = killed_and_restarted(&mut world, service, &mut alone).await;
    assert!(suspects(&service.rollout().await), "the evidence is forgotten");

    // The verdict is recorded, but Flagger has not asked since.
    world.without_a_tick(&service, |s| s.decision.as_deref() == Some("rollback")).await;
    service = killed_and_restarted(&mut world, service, &mut alone).await;
    assert_eq!(service.rollout().await.decision.as_deref(), Some("rollback"), "the verdict is forgotten");
    world.until(&service, "rolled back", |s| s.closed_us.is_some()).await;
    let summary = service.rollout().await;
    assert_eq!((summary.standing.as_str(), world.phase()), ("rolled-back", Phase::Failed));
    let live = world.live();
    assert_eq!((live.primary_revision.as_str(), live.canary_weight), (OLD, 0));
    Recorded::of(&service, &summary.id).await.assert_counted_once(&world);

    service.stop().await;
    assert_restored_each_time(&world, 2);
    replayed::assert_derived(&world.place, &summary.id).await;
    replayed::assert_replayed(&world.place, &summary.id).await;
    replayed::assert_tampering_is_found(&world.place, &summary.id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_moved_unseen_in_a_kill_is_never_skipped() {
    let mut world = World::start(Scenario::Healthy, SLOW_FACTOR, 13).await;
    let mut service = world.serve().await;
    world.deploy(&service);
    world.until(&service, "admitted", |s| s.weight_percent == Some(0)).await;
    world.tick().await; // Flagger waits for the canary's pods.
    world.without_a_tick(&service, |s| s.decision.as_deref() == Some("advance")).await;
    world.tick_with_a_kill_at_the_new_weight(service).await;
    service = world.serve().await;
    // Ten minutes: as long as the step would be observed if its beginning had been heard.
    for _ in 0..60 {
        let report = world.tick().await;
        assert_eq!(world.live().canary_weight, 5, "5 % was left without having been observed: {report:#?}");
    }
    let summary = service.rollout().await;
    assert_eq!((summary.weight_percent, world.phase()), (Some(0), Phase::Progressing));
    let report = Recorded::of(&service, &summary.id).await;
    let why = [
        "leaving 0 % was allowed and no event says that it happened",
        "weight 0 % was reported, but the canary gets",
    ];
    assert!(why.iter().any(|w| report.answers.contains(w)), "nobody is told why it holds: {summary:#?}");
    service.stop().await;
}

/// Each restart folded the stored facts, and found the state that the dead process had recorded.
#[track_caller]
fn assert_restored_each_time(world: &World, restarts: usize) {
    let log = world.place.log();
    assert_eq!(log.matches("state restored from the store").count(), restarts, "{log}");
    assert!(!log.contains("ERROR"), "{log}");
}
