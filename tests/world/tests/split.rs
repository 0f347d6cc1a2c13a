//! HAProxy splits as it is told, however many pods an arm has.

use crate::support::{NEW, answers, fast};
use haldane_world::{Arm, World};

/// Requests that each arm was chosen for while `count` were answered.
async fn routed(world: &World, count: u64) -> (u64, u64) {
    let of = async |arm| world.proxy().routed(arm).await.unwrap();
    let before = (of(Arm::Canary).await, of(Arm::Primary).await);
    answers(world, count).await;
    (of(Arm::Canary).await - before.0, of(Arm::Primary).await - before.1)
}

#[tokio::test]
async fn traffic_is_split_as_weighted_with_several_pods_per_arm() {
    let mut config = fast(1, 900);
    config.primary_pods = 3;
    let world = World::start(config).await.unwrap();
    world.scale(Arm::Canary, NEW, 2).await.unwrap();

    let (canary, primary) = routed(&world, 500).await;
    assert_eq!(canary, 0, "at weight 0 nobody meets the canary");
    assert!(primary >= 500);

    world.proxy().set_canary_weight(5).await.unwrap();
    let (canary, primary) = routed(&world, 4000).await;
    let (all, canary) = ((canary + primary) as f64, canary as f64);
    // Draws are independent: five standard deviations, 70 of 4000, are exceeded once in two million runs.
    let bound = 5.0 * (all * 0.05 * 0.95).sqrt();
    assert!((canary - 0.05 * all).abs() < bound, "{canary} of {all}");

    world.proxy().set_canary_weight(100).await.unwrap();
    let (canary, primary) = routed(&world, 500).await;
    assert_eq!(primary, 0, "at weight 100 nobody meets the primary");
    assert!(canary >= 500);

    let report = world.stop().await.unwrap();
    assert_eq!(
        (report.failed, report.of_the_proxy()),
        (0, 0),
        "no weight change costs a request: {report:?}"
    );
}
