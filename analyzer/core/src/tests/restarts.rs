//! A canary whose processes restart: healthy in its own counters, and yet not to be let on.

use super::world::{EAST, World};
use crate::reason::Reason;

fn restarted(world: &World) -> Option<(u32, i64)> {
    world.reasons(EAST).iter().find_map(|reason| {
        let Reason::CanaryRestarted { count, calm, .. } = reason else { return None };
        Some((*count, calm.as_us() / 1_000_000))
    })
}

#[test]
fn a_crash_loop_holds_for_as_long_as_it_lasts_and_one_whole_window_after_it() {
    let mut world = World::at_five_percent();
    for _ in 0..80 {
        world.east().restarts = 1;
        world.ticks(2);
        assert!(!world.advances(EAST) && !world.rolls_back(EAST), "{:?}", world.decision(EAST));
    }
    assert_eq!(restarted(&world), Some((80, 30)));
    world.ticks(18);
    assert_eq!(restarted(&world), Some((80, 570)));
    world.tick();
    assert!(restarted(&world).is_none() && world.advances(EAST), "{:?}", world.decision(EAST));
}

#[test]
fn the_reason_says_how_often_since_when_and_what_is_waited_for() {
    let mut world = World::at_five_percent();
    world.east().restarts = 2;
    world.ticks(3);
    let told: Vec<String> = world.reasons(EAST).iter().map(ToString::to_string).collect();
    let wanted = "the canary's counters began anew 2 times in this step: its processes restart, and what they lost is \
                  not counted; 1m of 10m without a restart";
    assert_eq!(told[0], wanted);
}

#[test]
fn a_restart_in_one_step_is_forgotten_in_the_next() {
    let mut world = World::at_five_percent();
    world.east().restarts = 1;
    world.tick();
    assert!(restarted(&world).is_some());
    world.weight(EAST, 50);
    world.tick();
    assert!(restarted(&world).is_none() && !world.advances(EAST), "{:?}", world.decision(EAST));
}
