//! Clocks that differ, and clocks that move.

use crate::fake::{World, at, counted, exact, missing};
use crate::store::Pod;
use haldane_core::increment::Arms::Both;
use haldane_core::increment::Missing;
use haldane_core::signal::Signal::ErrorRate;

/// A scrape of both arms every 15 s of the source's time, up to `to` seconds of it.
fn run(world: &World, pods: &mut [Pod; 2], scrapes: &mut i64, to: f64) {
    while (*scrapes * 15) as f64 + 5.0 <= to {
        pods.iter_mut().for_each(|pod| pod.serve(10, 0, 0));
        world.prom.scrape((*scrapes * 15) as f64 + 5.0, &pods.each_ref());
        *scrapes += 1;
    }
}

fn pods() -> [Pod; 2] {
    [Pod::new("canary", "c"), Pod::new("primary", "p")]
}

#[tokio::test]
async fn a_source_half_a_minute_ahead_or_behind_is_judged_in_our_time() {
    for ahead in [30.0, -30.0] {
        let (mut world, mut pods, mut scrapes) = (World::start().await, pods(), 56);
        world.ahead = ahead;
        run(&world, &mut pods, &mut scrapes, 991.0 + ahead);
        let first = world.due(991.0, Both).await;
        assert_eq!((first.as_of, missing(&first, ErrorRate)), (at(990.0), Missing::FirstReading));
        run(&world, &mut pods, &mut scrapes, 1021.0 + ahead);
        let second = world.due(1021.0, Both).await;
        assert_eq!(counted(&second, ErrorRate), (990.0, 1020.0, exact(0, 20), exact(0, 20)), "{ahead}");
    }
}

#[tokio::test]
async fn a_clock_that_jumps_drops_the_interval_and_goes_on() {
    let (mut world, mut pods, mut scrapes) = (World::start().await, pods(), 56);
    run(&world, &mut pods, &mut scrapes, 991.0);
    world.due(991.0, Both).await;
    world.ahead = 60.0;
    run(&world, &mut pods, &mut scrapes, 1081.0);
    let jumped = world.due(1021.0, Both).await;
    assert_eq!(missing(&jumped, ErrorRate), Missing::FirstReading);
    run(&world, &mut pods, &mut scrapes, 1111.0);
    let next = world.due(1051.0, Both).await;
    assert_eq!(counted(&next, ErrorRate), (1020.0, 1050.0, exact(0, 20), exact(0, 20)));
}

#[tokio::test]
async fn an_offset_that_wavers_below_two_seconds_moves_nothing() {
    let (mut world, mut pods, mut scrapes) = (World::start().await, pods(), 56);
    for (poll, ahead) in [0.0, 1.5, -1.5, 0.7, 1.9].into_iter().enumerate() {
        let now = 996.0 + 30.0 * poll as f64;
        world.ahead = ahead;
        run(&world, &mut pods, &mut scrapes, now + ahead);
        let increment = world.due(now, Both).await;
        assert_eq!(increment.as_of, at(now - 6.0));
        if poll > 0 {
            assert_eq!(counted(&increment, ErrorRate).2, exact(0, 20));
        }
    }
}
