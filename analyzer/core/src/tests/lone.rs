//! One pod of several: it is waited for, once, and a release that is bad in all of them is not spared.

use super::world::{EAST, HEALTHY, WEST, World, policy};
use crate::reason::Reason;
use crate::signal::Signal;

fn sick(pods: &[f64], errors: f64) -> World {
    let mut world = World::at_five_percent();
    world.minutes(2);
    world.east().pods = pods.to_vec();
    world.east().canary = HEALTHY.errors(errors);
    world
}

fn waits_for_a_pod(world: &World) -> bool {
    world.holds_for(
        EAST,
        |r| matches!(r, Reason::LonePod { signal: Signal::ErrorRate, pod, .. } if pod == "canary-0"),
    )
}

#[test]
fn a_breach_of_one_pod_is_held_by_name_and_not_rolled_back_while_it_is_waited_for() {
    for errors in [0.005, 0.02, 0.2] {
        let mut world = sick(&[1.0, 0.0, 0.0, 0.0, 0.0], errors);
        let waited = (0..14).any(|_| {
            world.tick();
            assert!(!world.rolls_back(EAST), "{errors}: {:?}", world.decision(EAST));
            waits_for_a_pod(&world)
        });
        assert!(waited, "{errors}: {:?}", world.decision(EAST));
    }
}

#[test]
fn a_pod_that_was_rescheduled_costs_time_and_not_the_release() {
    let mut world = sick(&[1.0, 0.0, 0.0, 0.0, 0.0], 0.02);
    world.minutes(3);
    world.east().canary = HEALTHY;
    world.minutes(30);
    assert!(world.advances(EAST), "{:?}", world.decision(EAST));
}

#[test]
fn a_pod_that_stays_sick_is_the_releases_after_five_minutes() {
    let mut world = sick(&[1.0, 0.0, 0.0, 0.0, 0.0], 0.02);
    world.minutes(5);
    assert!(!world.rolls_back(EAST));
    world.minutes(5);
    assert!(world.rolls_back(EAST), "{:?}", world.decision(EAST));
}

#[test]
fn a_release_that_is_bad_in_every_pod_is_found_as_fast_as_without_telling_pods_apart() {
    let minutes = |pods: &[f64]| {
        let mut world = sick(pods, 0.02);
        (1..40).find(|_| {
            world.tick();
            world.rolls_back(EAST)
        })
    };
    assert_eq!(minutes(&[0.2; 5]), minutes(&[]));
    assert_eq!(minutes(&[0.3, 0.1, 0.2, 0.2, 0.2]), minutes(&[]));
}

#[test]
fn a_lone_pod_of_one_region_does_not_convict_all_regions_together_either() {
    let mut world = World::with_first_step(policy(&[EAST, WEST]));
    world.minutes(2);
    world.east().pods = vec![1.0, 0.0, 0.0, 0.0, 0.0];
    world.east().canary = HEALTHY.errors(0.2);
    for _ in 0..8 {
        world.tick();
        assert!(!world.rolls_back(EAST) && !world.rolls_back(WEST), "{:?}", world.decision(EAST));
    }
}
