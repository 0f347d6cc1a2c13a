//! A target that is away for longer than it is waited for, and returns.

use crate::fake::{World, at, counted, exact};
use crate::store::Pod;
use haldane_core::increment::Arms::Both;
use haldane_core::increment::Reading;
use haldane_core::signal::Signal::ErrorRate;

/// Serves 10 requests per pod and 15 s, and scrapes, from `from` to `to` seconds.
fn run(world: &World, pods: &mut [&mut Pod], from: i64, to: i64) {
    for tick in (from..to).step_by(15) {
        for pod in pods.iter_mut() {
            pod.serve(10, 0, 0);
            world.prom.scrape(tick as f64 + 5.0, &[&**pod]);
        }
    }
}

#[tokio::test]
async fn each_restart_of_a_crash_loop_is_told_however_long_the_pod_stays_away() {
    let mut world = World::start().await;
    let [mut loops, mut lives] = [Pod::new("canary", "c1:80"), Pod::new("canary", "c2:80")];
    let mut primary = Pod::new("primary", "p1:80");
    run(&world, &mut [&mut loops, &mut lives, &mut primary], 900, 990);
    world.due(991.0, Both).await;
    let mut restarts = 0;
    for round in 0..4_i64 {
        let begin = 990 + 180 * round;
        for poll in (begin..begin + 180).step_by(30) {
            // Up for 45 s, then away for 135 s: three scrapes, and none for nine intervals.
            let up = (poll + 30).min(begin + 45).max(poll);
            run(&world, &mut [&mut loops, &mut lives, &mut primary], poll, up);
            run(&world, &mut [&mut lives, &mut primary], up, poll + 30);
            restarts += world.poll(poll as f64 + 31.0, Both).await.map_or(0, |i| i.canary_restarts);
        }
        loops.restart();
    }
    assert_eq!(restarts, 3);
}

#[tokio::test]
async fn a_pod_that_was_only_out_of_sight_is_no_restart() {
    let mut world = World::start().await;
    let [mut hides, mut lives] = [Pod::new("canary", "c1:80"), Pod::new("canary", "c2:80")];
    let mut primary = Pod::new("primary", "p1:80");
    run(&world, &mut [&mut hides, &mut lives, &mut primary], 900, 990);
    world.due(991.0, Both).await;
    let mut restarts = 0;
    for poll in (990..1350).step_by(30) {
        let hidden = (1020..1200).contains(&poll);
        if hidden {
            run(&world, &mut [&mut lives, &mut primary], poll, poll + 30);
        } else {
            run(&world, &mut [&mut hides, &mut lives, &mut primary], poll, poll + 30);
        }
        restarts += world.poll(poll as f64 + 31.0, Both).await.map_or(0, |i| i.canary_restarts);
    }
    assert_eq!(restarts, 0);
}

#[tokio::test]
async fn a_counter_that_returns_is_not_counted_again_because_an_unused_histogram_vouches_for_it() {
    let mut world = World::start().await;
    let [mut loses, mut lives] = [Pod::new("canary", "c1:80"), Pod::new("canary", "c2:80")];
    let mut primary = Pod::new("primary", "p1:80");
    let (mut served, mut told) = (0.0, 0.0);
    for poll in (900..1500).step_by(30) {
        for tick in [poll + 5, poll + 20] {
            lives.serve(10, 0, 0);
            primary.serve(10, 0, 0);
            loses.serve(10, 0, 0);
            served += 20.0;
            world.prom.scrape(tick as f64, &[&lives, &primary]);
            let mut prom = world.prom.lock();
            for le in ["0.1", "0.2", "+Inf"] {
                let bucket = loses.labels("http_request_duration_seconds_bucket", ("le", le));
                prom.store.add(bucket, at(tick as f64), "0");
            }
            if !(1020..1200).contains(&poll) {
                let counter = loses.labels("http_requests_total", ("code", "200"));
                prom.store.add(counter, at(tick as f64), &loses.ok.to_string());
            }
        }
        let Some(increment) = world.poll(poll as f64 + 31.0, Both).await else { continue };
        if let Reading::Counted { canary: Some(counts), .. } = &increment.signals[&ErrorRate] {
            told += counts.total;
        }
    }
    assert!(told <= served, "{told} of {served}");
}

#[tokio::test]
async fn a_pod_that_came_back_anew_is_counted_from_its_next_requests_on() {
    let mut world = World::start().await;
    let [mut loops, mut lives] = [Pod::new("canary", "c1:80"), Pod::new("canary", "c2:80")];
    let mut primary = Pod::new("primary", "p1:80");
    run(&world, &mut [&mut loops, &mut lives, &mut primary], 900, 990);
    world.due(991.0, Both).await;
    for poll in (990..1170).step_by(30) {
        run(&world, &mut [&mut lives, &mut primary], poll, poll + 30);
        world.poll(poll as f64 + 31.0, Both).await;
    }
    loops.restart();
    run(&world, &mut [&mut loops, &mut lives, &mut primary], 1170, 1200);
    let back = world.due(1201.0, Both).await;
    assert_eq!((counted(&back, ErrorRate).2, back.canary_restarts), (exact(0, 20), 1));
    run(&world, &mut [&mut loops, &mut lives, &mut primary], 1200, 1230);
    assert_eq!(counted(&world.due(1231.0, Both).await, ErrorRate).2, exact(0, 40));
}
