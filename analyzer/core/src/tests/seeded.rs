//! The promise, measured on seeded releases: Poisson counts, three gates, twenty minutes at 5 %.

use super::world::{EAST, HEALTHY, Rates, World, policy};

/// .05 % errors, a P99 of 150 ms, one 5xx a minute in the canary's 3000 requests.
const USUAL: Rates = Rates { http_5xx: 1.0 / 3000.0, ..HEALTHY.errors(0.0005) };

/// .08 % errors, a P99 of 185 ms (.73 % slower than 200 ms), four 5xx a minute.
const NEAR: Rates = Rates { http_5xx: 4.0 / 3000.0, ..HEALTHY.errors(0.0008).slow(0.0073) };

fn rolled_back(rates: Rates, releases: u64) -> usize {
    (0..releases)
        .filter(|seed| {
            let mut world = World::new(policy(&[EAST])).seeded(*seed);
            world.past = Some(rates);
            let site = world.east();
            (site.canary, site.primary) = (rates, rates);
            world.begin();
            (0..40).any(|_| {
                world.tick();
                world.rolls_back(EAST)
            })
        })
        .count()
}

#[test]
fn of_300_healthy_releases_none_is_rolled_back() {
    assert_eq!(rolled_back(USUAL, 300), 0);
}

/// α = 1 % of 200 is 2 expected at most, where every null is tight; 7 or more would then have probability .0045.
#[test]
fn of_200_releases_near_their_limits_at_most_a_handful_is_rolled_back() {
    let rolled_back = rolled_back(NEAR, 200);
    assert!(rolled_back <= 6, "{rolled_back} of 200");
}

#[test]
fn sick_releases_are_found_so_that_the_promise_is_not_kept_by_sleeping() {
    let sick = USUAL.errors(0.005);
    let found = (0..50)
        .filter(|seed| {
            let mut world = World::new(policy(&[EAST])).seeded(*seed);
            world.past = Some(USUAL);
            let site = world.east();
            (site.canary, site.primary) = (sick, USUAL);
            world.begin();
            (0..10).any(|_| {
                world.tick();
                world.rolls_back(EAST)
            })
        })
        .count();
    assert_eq!(found, 50, "five times the limit, within five minutes");
}
