//! A sick canary is convicted fast, by the right gate, once and for all.

use super::world::{BIN, EAST, HEALTHY, Rates, WEST, World, policy};
use crate::evidence::panel::Bettors;
use crate::fact::{Ending, Fact};
use crate::increment::{Increment, Missing};
use crate::math::ln;
use crate::reason::{Against, Reason, Stratum};
use crate::signal::Signal;
use crate::state::Stage;
use crate::time::Span;

const BOTH: [Against; 2] = [Against::Limit, Against::Primary];

fn convicted(canary: Rates, after_minutes: usize, within: usize) -> World {
    let mut world = World::at_five_percent();
    world.minutes(after_minutes);
    world.east().canary = canary;
    let polls = world.until_decided(EAST, 2 * within);
    assert!(polls.is_some() && world.rolls_back(EAST), "{polls:?} {:?}", world.decision(EAST));
    world
}

#[test]
fn one_percent_of_errors_is_convicted_within_three_minutes_of_any_onset() {
    for onset in [0, 4, 9] {
        let world = convicted(HEALTHY.errors(0.01), onset, 3);
        assert!(world.breached(EAST).iter().all(|(s, a)| *s == Signal::ErrorRate && BOTH.contains(a)));
    }
}

#[test]
fn a_p99_of_250_ms_is_convicted_within_three_minutes_after_settling() {
    let world = convicted(HEALTHY.slow(0.0266), 3, 3);
    assert!(world.breached(EAST).iter().all(|(s, _)| *s == Signal::P99Latency));
}

#[test]
fn five_xx_at_twice_their_limit_are_convicted() {
    // 10 a minute, of 3000 requests a minute.
    let world = convicted(Rates { http_5xx: 10.0 / 3000.0, ..HEALTHY }, 0, 7);
    assert_eq!(world.breached(EAST), [(Signal::Http5xx, Against::Limit)]);
}

#[test]
fn a_breach_is_latched_until_the_run_ends() {
    let mut world = convicted(HEALTHY.errors(0.05), 0, 3);
    let latched = world.decision(EAST).clone();
    world.east().canary = HEALTHY;
    for _ in 0..200 {
        world.tick();
        assert_eq!(world.decision(EAST), &latched);
    }
    world.weight(EAST, 50);
    assert_eq!(world.decision(EAST), &latched, "a higher weight does not undo a breach");
    world.east().missing = Some(Missing::FirstReading);
    world.tick();
    assert_eq!(world.decision(EAST), &latched);
    world.end(EAST, Ending::Failed);
    assert!(world.holds_for(EAST, |r| *r == Reason::Ended));
    assert!(matches!(world.rollout(EAST).stage, Stage::RolledBack { ours: true, .. }));
}

#[test]
fn a_single_poll_convicts_nobody() {
    let mut world = World::at_five_percent();
    world.east().canary = HEALTHY.errors(1.0);
    world.tick();
    assert!(!world.rolls_back(EAST));
}

#[test]
fn a_rollback_by_flagger_itself_is_not_called_ours() {
    let mut world = World::at_five_percent();
    world.minutes(2);
    world.end(EAST, Ending::Failed);
    assert!(matches!(world.rollout(EAST).stage, Stage::RolledBack { ours: false, .. }));
}

#[test]
fn one_region_has_the_whole_budget_and_three_share_it() {
    let thresholds = |regions: &[&str]| -> Vec<(Stratum, f64)> {
        let world = World::with_first_step(policy(regions));
        world.seen(EAST).strata.iter().map(|s| (s.stratum, s.ln_threshold)).collect()
    };
    let near = |of: &[(Stratum, f64)], expected: &[(Stratum, f64)]| {
        assert_eq!(of.len(), expected.len());
        for (a, b) in of.iter().zip(expected) {
            assert!(a.0 == b.0 && (a.1 - ln(b.1)).abs() < 1e-12, "{a:?} {b:?}");
        }
    };
    near(&thresholds(&[EAST]), &[(Stratum::Region, 100.0)]);
    near(&thresholds(&[EAST, WEST, "apac"]), &[(Stratum::Region, 600.0), (Stratum::Pool, 200.0)]);
}

#[test]
fn the_gates_shares_of_the_budget_sum_to_one() {
    let mut policy = policy(&[EAST]);
    for mask in 0..27_usize {
        let choices = [(true, true), (true, false), (false, true)];
        for (i, gate) in policy.gates.iter_mut().enumerate() {
            let (limit, tolerate) = choices[[mask, mask / 3, mask / 9][i] % 3];
            (gate.limit, gate.tolerate) = (limit.then_some(0.5), tolerate.then_some(1.5));
        }
        let world = World::with_first_step(policy.clone());
        let sum: f64 = world.seen(EAST).gates.iter().map(|g| g.weight).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{mask}: {sum}");
    }
}

#[test]
fn a_late_breach_in_the_bake_is_reported_and_rolls_nothing_back() {
    let mut world = World::at_five_percent();
    world.minutes(10);
    world.promote(EAST);
    world.minutes(5);
    assert_eq!(world.seen(EAST).late_breach, None);
    world.east().primary = HEALTHY.errors(0.02);
    world.minutes(5);
    assert!(matches!(world.seen(EAST).late_breach, Some(Reason::Breach { .. })));
    assert!(world.holds_for(EAST, |r| *r == Reason::Ended));
}

#[test]
fn a_late_breach_of_several_pods_is_found_sooner_than_one_of_a_lone_pod() {
    let polls = |pods: u32| {
        let mut world = World::at_five_percent();
        world.minutes(10);
        world.promote(EAST);
        world.minutes(5);
        world.east().primary = HEALTHY.errors(0.02);
        (1..20).find(|_| {
            world.now = world.now + BIN;
            let increment = world.count(&EAST.into());
            world.tell(Fact::Polled(Increment { primary_targets: pods, ..increment }));
            world.seen(EAST).late_breach.is_some()
        })
    };
    assert!(polls(3).is_some() && polls(3) < polls(1), "{:?} {:?}", polls(3), polls(1));
}

#[test]
fn without_history_only_the_distribution_free_bettors_bet_and_proof_is_cautious() {
    let mut world = World::new(policy(&[EAST]));
    world.past = None;
    world.begin();
    assert_eq!(world.rollout(EAST).gates[0].noise.bettors(), Bettors::Fractions);
    world.minutes(4);
    assert_eq!(world.gate(EAST, Signal::ErrorRate, Against::Limit).proof.unwrap().phi, 5.0);
    world.east().canary = HEALTHY.errors(0.01);
    let slow = world.until_decided(EAST, 100).unwrap();
    let fast = {
        let mut known = World::at_five_percent();
        known.minutes(4);
        known.east().canary = HEALTHY.errors(0.01);
        known.until_decided(EAST, 100).unwrap()
    };
    assert!(world.rolls_back(EAST) && slow >= fast && slow <= 20, "{slow} polls, with history {fast}");
}

#[test]
fn short_history_is_no_history() {
    let mut world = World::new(policy(&[EAST]));
    let mut opened = world.opened(EAST, None, crate::fact::HeardBy::Restart);
    opened.history.values_mut().for_each(|h| h.covers = Span::from_min(59));
    world.tell(Fact::Opened(Box::new(opened)));
    assert_eq!(world.rollout(EAST).gates[0].noise.bettors(), Bettors::Fractions);
}
