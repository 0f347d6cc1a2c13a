//! Pods that die, as a crash-looping canary's do.

use crate::support::{NEW, PATIENCE, answers, fast};
use haldane_core::time::Span;
use haldane_world::{Arm, World, until};

#[tokio::test]
async fn a_killed_pod_gives_503s_that_no_service_counts() {
    let mut world = World::start(fast(3, 200)).await.unwrap();
    world.scale(Arm::Canary, NEW, 1).await.unwrap();
    world.proxy().set_canary_weight(50).await.unwrap();
    answers(&world, 300).await;
    let pod = world.pods(Arm::Canary).await.remove(0);
    world.kill_pod(&pod.name).await.unwrap();
    let served = world.truth(NEW).await.unwrap();
    let is_503 = async || Ok((world.load().with_code(503) > 100).then_some(()));
    until("a hundred 503s in place of the dead pod", PATIENCE, is_503).await.unwrap();
    assert_eq!(world.truth(NEW).await.unwrap(), served, "the dead do not count");

    world.respawn_pod(&pod.name).await.unwrap();
    let again = world.pods(Arm::Canary).await.remove(0);
    assert_eq!((again.port, again.name), (pod.port, pod.name), "it comes back where it was");
    assert_ne!(again.pid, pod.pid);
    let more = async || Ok((world.truth(NEW).await?.requests() > served.requests() + 20).then_some(()));
    until("the pod serves again", PATIENCE, more).await.unwrap();

    let report = world.stop_load().await.unwrap();
    let (routed, truth) =
        (world.proxy().routed(Arm::Canary).await.unwrap(), world.truth(NEW).await.unwrap().requests());
    // HAProxy hangs up on requests that the killed pod had begun over a kept connection; at 2 ms each there are few.
    assert!(report.failed <= 5, "{report:?}");
    let unanswered = report.of_the_proxy() + report.failed;
    assert_eq!(routed - truth, unanswered, "what no pod answered, the proxy did: {report:?}");
    assert!(truth >= report.of_version(NEW), "{truth} {report:?}");
}

#[tokio::test]
async fn a_crash_loop_dies_and_comes_back() {
    let mut world = World::start(fast(4, 50)).await.unwrap();
    let pod = world.pods(Arm::Primary).await.remove(0);
    world.crash_loop(&pod.name, Span::from_us(300_000), Span::from_us(300_000));
    let mut lives = std::collections::BTreeSet::from([pod.pid]);
    let three_lives = async || {
        lives.insert(world.pods(Arm::Primary).await.remove(0).pid);
        // None is the time between two lives.
        Ok((lives.len() >= 4 && lives.contains(&None)).then_some(()))
    };
    until("three lives and a death between them", PATIENCE, three_lives).await.unwrap();
}
