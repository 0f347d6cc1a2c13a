//! Regions in random orders, with random failures, restarts and clock steps: what must never happen, and that every wait ends.
//!
//! The whole of it is the pure model: a Flagger per region that asks what the real one asks, a keeper that records what the real
//! one records, and the real fold between them. So hundreds of thousands of steps take seconds. The laws are held against the
//! *world's* weights, not against what the fold believes of them.

mod flagger;
mod laws;
mod policies;
mod world;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use world::World;

/// Random releases over random graphs of regions.
const CASES: u64 = 300;

/// Steps in each: a tick of one region's Flagger, a poll, or something that happens.
const STEPS: usize = 400;

#[test]
fn in_any_order_of_regions_no_law_is_broken_whatever_happens() {
    let (mut advances, mut facts) = (0, 0);
    for seed in 0..CASES {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut world = World::new(policies::random(&mut rng), seed);
        for step in 0..STEPS {
            world.something_happens(&mut rng);
            if let Err(broken) = laws::hold(&world) {
                panic!("seed {seed}, step {step}: {broken}\n{}", world.story());
            }
            if step % 200 == 199 {
                world.restart();
            }
        }
        advances += world.advances;
        facts += world.recorded();
    }
    // A model in which nothing ever moves would keep every law.
    assert!(advances > 5 * CASES, "only {advances} weights were left");
    assert!(facts > 250_000, "only {facts} steps of the fold");
}

#[test]
fn when_trouble_is_over_every_healthy_release_ends_in_every_region() {
    for seed in 0..CASES / 2 {
        let mut rng = ChaCha8Rng::seed_from_u64(10_000 + seed);
        let mut world = World::new(policies::random(&mut rng), seed);
        world.deploy_everywhere(2);
        for _ in 0..rng.random_range(0..200) {
            world.trouble_happens(&mut rng);
        }
        world.all_is_well();
        // Regions one after the other, each with two steps, a bake, and what an extension may take.
        for _ in 0..200 * world.places.len() {
            world.everybody_ticks();
        }
        let stuck: Vec<String> = world.unfinished();
        assert!(stuck.is_empty(), "seed {seed}: {stuck:#?}\n{}", world.story());
    }
}

#[test]
fn every_no_names_what_it_waits_for() {
    for seed in 0..CASES / 5 {
        let mut rng = ChaCha8Rng::seed_from_u64(20_000 + seed);
        let mut world = World::new(policies::random(&mut rng), seed);
        for _ in 0..STEPS {
            world.something_happens(&mut rng);
        }
        for look in &world.look.regions {
            if let haldane_core::report::Decision::Hold(reasons) = &look.decision {
                assert!(!reasons.is_empty(), "seed {seed}: {look:?}");
                assert!(reasons.iter().all(|r| r.to_string().len() > 10), "seed {seed}: {reasons:?}");
            }
        }
    }
}
