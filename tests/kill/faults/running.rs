//! The process hangs, and the disk takes no more, in the middle of a rollout that would go on.

use super::{CUT, FACTOR, FULL, HUNG, held, ready_at_5, status, tell};
use crate::recorded::Recorded;
use crate::service::Service;
use crate::world::World;
use haldane_core::fact::Fact;
use haldane_core::time::Timestamp;
use haldane_flagger_model::HookKind::Rollback;
use haldane_pods::Scenario;
use std::fs::{self, File};
use std::time::Duration;

/// Bytes that any file of the process may have: more than its log, less than the store's write-ahead log.
const LEAST: u64 = 65_536;

/// Real time that Flagger waits for a Haldane that hangs.
const SHORT: Duration = Duration::from_millis(100);

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_hangs_holds_and_goes_on_when_it_wakes() {
    let mut world = World::start(Scenario::Healthy, FACTOR, 21).await;
    let service = world.serve().await;
    ready_at_5(&mut world, &service).await;
    let id = service.rollout().await.id;
    let before = Recorded::of(&service, &id).await;
    service.signal("STOP").await;
    let patience = world.hooks_wait(SHORT);
    let ticks = held(&mut world, 2).await;
    assert!(ticks.iter().all(|t| status(t, Rollback).is_none()), "{ticks:#?}");
    service.signal("CONT").await;
    world.hooks_wait(patience);
    goes_on(&mut world, &service, &before, &id).await;
    service.stop().await;
    let end = "woken, it counts what it slept through with its next poll and goes on in the same step";
    tell(HUNG, &ticks, "nothing: nobody answers", end);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_takes_no_more_holds_and_loses_no_fact() {
    let mut world = World::start(Scenario::Healthy, FACTOR, 22).await;
    let service = world.serve_under_limits().await;
    ready_at_5(&mut world, &service).await;
    let id = service.rollout().await.id;
    let before = Recorded::of(&service, &id).await;
    let wal = world.place.directory.path().join("haldane.db-wal").metadata().unwrap().len();
    assert!(wal > LEAST && (world.place.log().len() as u64) < LEAST / 2, "{wal} bytes are written ahead");
    let since = world.now();
    service.limit_files(&LEAST.to_string()).await;
    let ticks = held(&mut world, 9).await; // as long as three polls
    assert!(ticks.iter().all(|t| status(t, Rollback) == Some(403)), "{ticks:#?}");
    let (ready, said) = service.ask("readyz").await;
    assert_eq!(ready, 503, "{said}");
    let told = service.rollout().await.headline;
    assert!(told.contains("nothing can be recorded"), "{told}");
    let until = world.now();
    service.limit_files("unlimited").await;
    let after = goes_on(&mut world, &service, &before, &id).await;
    assert!(polls_between(&after, since, until) >= 1, "the polls of the outage are lost");
    assert_eq!(service.ask("readyz").await.0, 200);
    service.stop().await;
    let log = world.place.log();
    assert!(log.contains("nothing can be recorded: holding") && log.contains("the disk under"), "{log}");
    let end = "with room again it goes on by itself; the polls of the outage are recorded";
    tell(FULL, &ticks, &told, end);
}

/// Ticks until 5 % is left, on the evidence that was there before and without anything counted twice.
async fn goes_on(world: &mut World, service: &Service, before: &Recorded, id: &str) -> Recorded {
    world.until(service, "at 50 %", |s| s.weight_percent == Some(50)).await;
    assert_eq!(service.rollout().await.id, id);
    let after = Recorded::of(service, id).await;
    after.assert_continues(before);
    after.assert_counted_once(world);
    after
}

fn polls_between(recorded: &Recorded, since: Timestamp, until: Timestamp) -> usize {
    let inside = |fact: &Fact| matches!(fact, Fact::Polled(i) if i.as_of > since && i.as_of < until);
    recorded.facts().iter().filter(|entry| inside(&entry.fact)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_cut_to_nothing_under_a_running_process_holds_until_it_is_restored() {
    let mut world = World::start(Scenario::Healthy, FACTOR, 23).await;
    let mut service = world.serve().await;
    world.deploy(&service);
    world.until(&service, "at 5 %", |s| s.weight_percent == Some(5)).await;
    service.stop().await; // so that the file alone is the whole store
    let (db, backup) = (world.place.db(), world.place.directory.path().join("backup"));
    fs::copy(&db, &backup).unwrap();
    service = world.serve().await;
    world.without_a_tick(&service, |s| s.decision.as_deref() == Some("advance")).await;
    let id = service.rollout().await.id;
    File::options().write(true).open(&db).unwrap().set_len(0).unwrap();
    let ticks = held(&mut world, 2).await;
    assert!(ticks.iter().all(|t| status(t, Rollback) == Some(403)), "{ticks:#?}");
    let (ready, said) = service.ask("readyz").await;
    assert!(ready == 503 && said.contains("cut short while in use"), "{said}");
    let told = service.rollouts().await.remove(0).headline;
    assert!(told.contains("nothing can be recorded"), "{told}");
    service.kill().await;
    for beside in ["haldane.db-wal", "haldane.db-shm"] {
        fs::remove_file(world.place.directory.path().join(beside)).unwrap();
    }
    fs::copy(&backup, &db).unwrap();
    service = world.serve().await;
    world.until(&service, "at 50 %", |s| s.weight_percent == Some(50)).await;
    assert_eq!(service.rollout().await.id, id);
    service.stop().await;
    assert!(world.place.log().contains("cut short while in use"), "{}", world.place.log());
    let end = "a person restores a copy and starts it; it goes on from what that copy holds";
    tell(CUT, &ticks, &told, end);
}
