//! What regions know together: one breach marks every stepping region; counts are pooled, not factors.

use super::world::{APAC, BIN, EAST, HEALTHY, WEST, World, gate, policy};
use crate::fact::{Fact, HeardBy};
use crate::increment::{Missing, Reading, Region};
use crate::policy::Policy;
use crate::reason::{Against, Reason, Stratum, Trouble};
use crate::report::Verdict;
use crate::signal::Signal;
use crate::state::Stage;

const THREE: [&str; 3] = [EAST, WEST, APAC];

fn pool_ln_e(world: &World) -> f64 {
    let (ln_e, _) = world.state.pools[super::world::RELEASE].ln_evidence();
    ln_e
}

#[test]
fn a_breach_of_all_regions_together_marks_every_stepping_region() {
    // Each region alone has too little traffic to convict 1 % of errors as fast.
    let mut world = World::new(policy(&THREE));
    for region in THREE {
        let site = world.site(region);
        (site.rps, site.canary) = (40.0, HEALTHY.errors(0.03));
    }
    world.begin();
    let polls = world.until_decided(APAC, 100);
    assert!(polls.is_some(), "never convicted");
    for region in THREE {
        assert!(world.rolls_back(region), "{region}: {:?}", world.decision(region));
        assert!(matches!(world.reasons(region), [Reason::Breach { stratum: Stratum::Pool, .. }]));
    }
}

#[test]
fn a_breach_in_one_region_holds_the_others_within_the_same_look() {
    let mut world = World::with_first_step(policy(&[EAST, WEST]));
    world.minutes(10);
    assert!(world.advances(WEST));
    world.east().canary = HEALTHY.errors(0.05);
    world.until_decided(EAST, 10);
    let region_alone = (0..10).find(|_| {
        world.tick();
        world.rolls_back(EAST)
    });
    assert!(region_alone.is_some());
    assert!(!world.advances(WEST), "{:?}", world.decision(WEST));
}

#[test]
fn a_region_that_is_not_stepping_is_not_marked() {
    let mut world = World::new(policy(&[EAST, WEST]));
    world.enter(EAST);
    world.open(WEST, Some(super::world::RELEASE), HeardBy::Restart);
    world.east().canary = HEALTHY.errors(0.05);
    world.minutes(5);
    assert!(world.rolls_back(EAST) && !world.rolls_back(WEST));
    assert!(world.holds_for(WEST, |r| matches!(r, Reason::OtherRegion { .. })));
}

/// Without the gate on events per minute, whose limit every region has for itself.
fn shares_only(regions: &[&str]) -> Policy {
    let mut policy = policy(regions);
    policy.gates.truncate(2);
    policy
}

#[test]
fn the_pool_bets_once_a_tick_on_the_sum_of_the_counts() {
    // Three regions with a third of the traffic each must know together what one knows with all of it.
    let mut three = World::new(shares_only(&THREE));
    for region in THREE {
        let site = three.site(region);
        (site.rps, site.canary) = (300.0, HEALTHY.errors(0.002));
    }
    three.begin();
    let mut two = World::new(shares_only(&[EAST, WEST]));
    for region in [EAST, WEST] {
        let site = two.site(region);
        (site.rps, site.canary) = (450.0, HEALTHY.errors(0.002));
    }
    two.begin();
    for _ in 0..12 {
        three.tick();
        two.tick();
        assert!(
            (pool_ln_e(&three) - pool_ln_e(&two)).abs() < 1e-9,
            "{} {}",
            pool_ln_e(&three),
            pool_ln_e(&two)
        );
    }
}

#[test]
fn a_shock_that_regions_share_is_one_shock() {
    let pooled = |regions: &[&str]| {
        let mut world = World::new(shares_only(regions));
        for region in regions {
            world.site(region).rps = 2000.0 / regions.len() as f64;
        }
        world.begin();
        world.minutes(5);
        for region in regions {
            world.site(region).canary = HEALTHY.errors(0.004);
        }
        world.tick();
        pool_ln_e(&world)
    };
    let (two, three) = (pooled(&[EAST, WEST]), pooled(&THREE));
    assert!((two - three).abs() < 1e-9, "{two} {three}");
}

#[test]
fn a_region_that_reports_late_joins_the_next_bet_and_is_counted_once() {
    let mut world = World::with_first_step(policy(&THREE));
    world.minutes(2);
    for late in 0..6 {
        world.now = world.now + BIN;
        let [east, west, apac] = THREE.map(|r| world.count(&r.into()));
        world.tell(Fact::Polled(east));
        world.tell(Fact::Polled(west));
        // It comes within the next tick, still carrying its own instant.
        let own = world.now;
        world.now = own + BIN;
        let east = world.count(&EAST.into());
        world.tell(Fact::Polled(east));
        world.tell(Fact::Polled(apac));
        let west = world.count(&WEST.into());
        world.tell(Fact::Polled(west));
        let json = serde_json::to_value(&world.state.pools[super::world::RELEASE]).unwrap();
        let pending = json["pending"].as_object().unwrap().len();
        assert!(pending == 0 || pending == 3, "round {late}: a tick was split, {pending} still pending");
    }
}

#[test]
fn every_request_reaches_the_pool_once() {
    let mut world = World::with_first_step(policy(&[EAST, WEST]));
    for tick in 0..40 {
        world.site(WEST).missing = (tick % 3 == 1).then_some(Missing::FirstReading);
        world.tick();
    }
    world.site(WEST).missing = None;
    world.ticks(2);
    let json = serde_json::to_value(&world.state.pools[super::world::RELEASE]).unwrap();
    let errors = &json["gates"][1];
    assert_eq!(errors["signal"], "error-rate");
    let total = errors["total"].as_f64().unwrap();
    assert!((total - 2.0 * 42.0 * 1500.0).abs() < 1e-6, "{total}");
}

#[test]
fn an_incident_in_all_regions_and_both_arms_convicts_nobody() {
    let mut world = World::with_first_step(policy(&THREE));
    for region in THREE {
        let site = world.site(region);
        (site.canary, site.primary) = (HEALTHY.errors(0.05), HEALTHY.errors(0.05));
    }
    world.minutes(30);
    assert!(THREE.iter().all(|r| !world.rolls_back(r)));
}

#[test]
fn an_interval_without_traffic_of_the_primary_blames_nobody_in_the_pool_either() {
    let mut world = World::new(policy(&[EAST, WEST]));
    for region in [EAST, WEST] {
        let site = world.site(region);
        (site.rps, site.share, site.canary) = (10.0, Some(1.0), HEALTHY.errors(0.5));
    }
    world.begin();
    world.minutes(10);
    assert!(pool_ln_e(&world) < 0.5, "{}", pool_ln_e(&world));
    assert!(!world.rolls_back(EAST));
}

#[test]
fn regions_whose_policies_list_their_gates_in_another_order_are_pooled_signal_by_signal() {
    let mut world = World::new(policy(&[EAST, WEST]));
    world.enter(EAST);
    world.policy.gates.rotate_left(1);
    world.enter(WEST);
    for region in [EAST, WEST] {
        world.site(region).canary = HEALTHY.errors(0.05);
    }
    world.minutes(4);
    let Some(Reason::Breach { culprits, .. }) = &world.state.pools[super::world::RELEASE].breach else {
        panic!("5 % of errors were not found");
    };
    assert!(culprits.iter().all(|c| c.signal == Signal::ErrorRate), "{culprits:?}");
}

#[test]
fn a_region_of_another_release_shares_nothing() {
    let mut world = World::new(policy(&[EAST, WEST]));
    world.enter(EAST);
    world.open(WEST, Some("v3"), HeardBy::Restart);
    world.weight(WEST, 5);
    world.east().canary = HEALTHY.errors(0.05);
    world.minutes(12);
    assert!(world.rolls_back(EAST) && world.advances(WEST), "{:?}", world.decision(WEST));
}

#[test]
fn pools_of_releases_that_no_region_runs_any_more_are_forgotten() {
    let mut world = World::new(policy(&[EAST, WEST]));
    for release in ["v1", "v2", "v3"] {
        world.open(EAST, Some(release), HeardBy::Restart);
        world.open(WEST, Some(release), HeardBy::Restart);
    }
    assert_eq!(world.state.pools.keys().collect::<Vec<_>>(), ["v3"]);
}

#[test]
fn a_region_without_control_is_pooled_with_its_limit_alone() {
    let mut policy = policy(&[EAST, WEST]);
    policy.gates = vec![gate(Signal::ErrorRate, Some(0.001), None)];
    let mut world = World::with_first_step(policy);
    for region in [EAST, WEST] {
        world.weight(region, 100);
        world.site(region).canary = HEALTHY.errors(0.01);
    }
    world.minutes(3);
    assert!(world.rolls_back(EAST) && world.rolls_back(WEST));
    assert_eq!(world.breached(EAST), [(Signal::ErrorRate, Against::Limit)]);
}

#[test]
fn a_region_that_is_promoted_no_longer_bets_in_the_pool() {
    let mut world = World::with_first_step(policy(&[EAST, WEST]));
    world.minutes(4);
    world.promote(EAST);
    world.east().primary = HEALTHY.errors(0.05);
    world.minutes(4);
    assert!(matches!(world.rollout(EAST).stage, Stage::Promoted { .. }));
    assert!(pool_ln_e(&world) < 0.0, "{}", pool_ln_e(&world));
}

#[test]
fn readings_are_never_shared_between_regions_of_one_name() {
    let mut world = World::with_first_step(policy(&[EAST, WEST]));
    world.now = world.now + BIN;
    let mut stray = world.count(&EAST.into());
    stray.region = Region::from("mars");
    let before = world.state.clone();
    world.tell(Fact::Polled(stray.clone()));
    assert_eq!(world.state, before);
    assert!(matches!(stray.signals[&Signal::ErrorRate], Reading::Counted { .. }));
}

#[test]
fn a_region_that_breaks_alone_is_convicted_alone_and_the_quiet_one_is_held() {
    for errors in [0.002, 0.01, 0.05, 0.5] {
        let mut world = World::with_first_step(policy(&[EAST, WEST]));
        world.east().canary = HEALTHY.errors(errors);
        world.minutes(12);
        assert!(world.rolls_back(EAST) && !world.rolls_back(WEST), "{errors}: {:?}", world.decision(WEST));
        let stands_out = |r: &Reason| matches!(r, Reason::OtherRegion { trouble: Trouble::StandsOut, .. });
        assert!(world.holds_for(WEST, stands_out), "{errors}: {:?}", world.decision(WEST));
    }
}

#[test]
fn a_region_whose_counts_alone_carry_the_breach_of_all_takes_no_other_back() {
    let takes_others_back = |seed: &u64| {
        let mut world = World::new(policy(&THREE)).seeded(*seed);
        for region in THREE {
            world.site(region).rps = [40.0, 80.0, 120.0, 160.0, 200.0][*seed as usize % 5];
        }
        world.east().canary = HEALTHY.errors([0.005, 0.01, 0.02, 0.035][*seed as usize % 4]);
        world.begin();
        world.minutes(10);
        world.rolls_back(WEST) || world.rolls_back(APAC)
    };
    // By chance the others may show evidence of 20, in at most one of twenty; before the pool asked, it was one of four.
    let wrong: Vec<u64> = (0..100).filter(takes_others_back).collect();
    assert!(wrong.len() <= 2, "{wrong:?}");
}

#[test]
fn a_fault_that_all_regions_share_sets_none_of_them_apart() {
    let mut world = World::new(policy(&THREE)).seeded(3);
    for region in THREE {
        let site = world.site(region);
        (site.rps, site.canary) = (200.0, HEALTHY.errors(0.004));
    }
    world.begin();
    world.minutes(15);
    for region in THREE {
        assert!(world.rolls_back(region), "{region}: {:?}", world.decision(region));
        assert!(!world.state.pools[super::world::RELEASE].is_apart(&region.into()));
    }
}

#[test]
fn an_incident_of_one_region_alone_sets_nobody_apart() {
    let mut world = World::with_first_step(policy(&[EAST, WEST]));
    let site = world.east();
    (site.canary, site.primary) = (HEALTHY.errors(0.05), HEALTHY.errors(0.05));
    world.minutes(20);
    assert!(!world.rolls_back(EAST) && !world.rolls_back(WEST));
    assert!(!world.state.pools[super::world::RELEASE].is_apart(&EAST.into()));
}

#[test]
fn a_region_with_too_little_traffic_borrows_what_the_others_prove() {
    let mut world = World::new(policy(&[EAST, WEST]));
    world.site(WEST).rps = 0.5;
    world.begin();
    world.minutes(10);
    let verdict = &world.gate(WEST, Signal::ErrorRate, Against::Limit).verdict;
    let Verdict::Inconclusive(Reason::Borrowed { exposure, ln_e, .. }) = verdict else {
        panic!("{verdict:?}");
    };
    assert!(*exposure < 100.0 && *ln_e >= 3.0, "{verdict:?}");
    assert!(world.advances(WEST), "{:?}", world.decision(WEST));
}
