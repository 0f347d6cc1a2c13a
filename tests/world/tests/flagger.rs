//! The model of Flagger drives the world.

use crate::support::{NEW, OLD, PATIENCE, answers, fast};
use haldane_clock::Clock;
use haldane_flagger_model::{CanarySpec, Flagger, Phase};
use haldane_world::{Arm, World, until};

/// The versions of an arm's pods.
async fn versions(world: &World, arm: Arm) -> Vec<String> {
    world.pods(arm).await.into_iter().map(|pod| pod.version).collect()
}

async fn becomes(world: &World, arm: Arm, wanted: &[&str]) {
    let same = async || Ok((versions(world, arm).await == wanted).then_some(()));
    until(&format!("{} pods of {wanted:?}", arm.name()), PATIENCE, same).await.unwrap();
}

#[tokio::test]
async fn a_rollout_starts_moves_promotes_and_clears_real_pods_without_losing_a_request() {
    let mut world = World::start(fast(11, 100)).await.unwrap();
    let mut flagger = Flagger::new(CanarySpec::new("fnp", "api", &[20, 100], Vec::new()), OLD, Clock::real());
    world.follow(flagger.live());
    flagger.deploy(NEW);
    flagger.tick().await;
    becomes(&world, Arm::Canary, &[NEW]).await;
    assert_eq!(world.load().of_version(NEW), 0, "pods without weight get no traffic");

    while flagger.live().borrow().canary_weight != 20 {
        flagger.tick().await;
    }
    let met = async || Ok((world.load().of_version(NEW) > 5).then_some(()));
    until("users meet the canary", PATIENCE, met).await.unwrap();

    while flagger.status().phase != Phase::Promoting {
        flagger.tick().await;
    }
    becomes(&world, Arm::Primary, &[NEW, NEW]).await;
    while flagger.status().phase != Phase::Succeeded {
        flagger.tick().await;
    }
    becomes(&world, Arm::Canary, &[]).await;
    let old = world.truth(OLD).await.unwrap();
    answers(&world, 50).await;
    assert_eq!(world.truth(OLD).await.unwrap(), old, "the old version is gone");
    assert_eq!(world.troubles(), Vec::<String>::new());
    let report = world.stop_load().await.unwrap();
    assert_eq!((report.failed, report.of_the_proxy()), (0, 0), "{report:?}");
    let served = world.truth(OLD).await.unwrap().requests() + world.truth(NEW).await.unwrap().requests();
    assert_eq!(served, report.sent, "nothing is lost, and nothing counted twice");
}
