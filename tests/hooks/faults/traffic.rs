//! Flagger's route says one share of the requests, the pods count another.

use super::{ALL_CANARY, INCREASE, NO_CANARY, Scene};
use crate::traffic::Traffic;
use crate::world::status_of;
use haldane_flagger_model::HookKind::Rollback;

/// Far longer than the first step is observed.
const ROUNDS: usize = 12;

/// Five per cent routed and `traffic` counted, until long after the step would have been left.
async fn contradicted(traffic: Traffic) -> (Scene, String) {
    let mut scene = Scene::start().await;
    scene.world.climb_to(5).await;
    scene.world.home().traffic = traffic;
    for _ in 0..ROUNDS {
        let report = scene.round().await;
        assert_eq!((status_of(report, INCREASE), status_of(report, Rollback)), (Some(403), Some(403)));
    }
    assert_eq!(scene.weight(), 5);
    let told = scene.headline().await;
    scene.world.home().traffic = Traffic::Healthy;
    (scene, told)
}

#[tokio::test]
async fn a_canary_without_a_request_is_not_left_for_its_silence() {
    let (mut scene, told) = contradicted(Traffic::Unrouted).await;
    assert!(told.contains("weight 5 % was reported, but the canary gets 0 % of the requests"), "{told}");
    let silent = scene.summary().await.reasons;
    assert!(silent.iter().any(|r| r.ends_with("the canary gets no requests")), "{silent:?}");
    scene.is_promoted().await;
    scene.tell(NO_CANARY, &told, "once the requests are split as routed, it goes on; promoted");
}

#[tokio::test]
async fn a_canary_with_every_request_is_not_left_before_the_split_is_as_routed() {
    let (mut scene, told) = contradicted(Traffic::Misrouted).await;
    assert!(told.contains("weight 5 % was reported, but the canary gets 100 % of the requests"), "{told}");
    scene.is_promoted().await;
    scene.tell(ALL_CANARY, &told, "once the requests are split as routed, it goes on; promoted");
}
