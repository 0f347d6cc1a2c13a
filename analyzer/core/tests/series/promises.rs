//! At most 1 % of healthy cases are called breached, and what can be seen at a glance is seen.

use super::world::{Law, PROMISED, Situation};
use super::{breached, case};
use haldane_core::recorded::Finding;
use haldane_core::series::{Direction, judge};

/// False positives over all promised laws, `cases` a law.
fn false_over_laws(situation: Situation, metrics: usize, n: usize, cases: u64) -> usize {
    PROMISED.into_iter().map(|law| breached(law, situation, metrics, metrics, n, cases)).sum()
}

/// Of 1,000 cases 10 are expected where every test spends all it may; 19 or more would then have probability .007.
const MOST_OF_1000: usize = 18;

#[test]
fn healthy_pairs_are_left_alone_whatever_the_law() {
    for (metrics, n) in [(1, 31), (3, 31), (3, 15), (2, 120)] {
        let wrong = false_over_laws(Situation::Healthy, metrics, n, 100);
        assert!(wrong <= MOST_OF_1000, "{wrong} of 1000 with {metrics} metrics of {n} points");
    }
}

#[test]
fn what_both_sides_share_convicts_nobody() {
    let shared = [
        Situation::SharedNoise,
        Situation::SharedWave,
        Situation::SharedSpikes,
        Situation::EqualHighNoise,
        Situation::EqualSpikes,
        Situation::CorrelatedMetrics,
    ];
    for situation in shared {
        let wrong = false_over_laws(situation, 3, 31, 100);
        assert!(wrong <= MOST_OF_1000, "{wrong} of 1000 in {situation:?}");
    }
}

/// A start of two standard deviations is the worst: strong enough to weigh, too weak to be surely known for a warm-up.
#[test]
fn a_bad_start_that_has_healed_is_forgiven() {
    for situation in [
        Situation::HealedStep(2.0),
        Situation::HealedStep(6.0),
        Situation::HealedDecay(6.0),
        Situation::HealedNoise(4.0),
    ] {
        let wrong = false_over_laws(situation, 2, 31, 100);
        assert!(wrong <= 25, "{wrong} of 1000 in {situation:?}");
    }
}

#[test]
fn a_difference_too_small_to_matter_is_healthy_however_certain() {
    for law in [Law::Normal, Law::T4, Law::Skewed] {
        assert_eq!(breached(law, Situation::Within(0.03, 0.001), 1, 1, 31, 200), 0, "{law:?}");
        assert_eq!(breached(law, Situation::Within(0.045, 0.001), 1, 1, 120, 200), 0, "{law:?}");
    }
    let wrong = breached(Law::Normal, Situation::Within(0.02, 0.1), 1, 1, 31, 400);
    assert!(wrong <= 12, "{wrong} of 400 at 2 % with noise of 10 %");
}

/// What the promise does not cover, so that it is known: three spikes against none look the same by chance, at most 4.5 % a metric.
#[test]
fn sides_that_spike_at_random_are_told_apart_only_by_history() {
    let wrong = false_over_laws(Situation::RandomSpikes(0.05), 1, 31, 100);
    assert!((10..=75).contains(&wrong), "{wrong} of 1000");
}

#[test]
fn noise_with_a_long_memory_is_rarely_called_a_breach() {
    let wrong = breached(Law::Ar7, Situation::Healthy, 1, 1, 31, 500)
        + breached(Law::Ar5, Situation::Healthy, 1, 1, 31, 500);
    assert!(wrong <= 30, "{wrong} of 1000");
}

#[test]
fn a_better_canary_is_healthy() {
    for size in [1.0, 3.0] {
        let wrong = false_over_laws(Situation::Better(size), 2, 31, 100);
        assert!(wrong <= MOST_OF_1000, "{wrong} of 1000 at {size} standard deviations");
    }
}

#[test]
fn without_a_direction_both_ways_cost_no_more() {
    let wrong = (0..500).filter(|seed| {
        let mut case = case(Law::Normal, Situation::Healthy, 1, 1, 31, *seed);
        case[0].direction = Direction::Either;
        judge(&case).expect("usable").verdict == Finding::Breached
    });
    assert!(wrong.count() <= 11, "1 % of 500 and chance");
}

/// What is published as power, less what 100 seeds may fall short.
#[test]
fn what_can_be_seen_at_a_glance_is_seen() {
    let floors = [
        (Situation::Level(1.0), 50),
        (Situation::Level(2.0), 93),
        (Situation::Spread(3.0), 62),
        (Situation::Spread(4.0), 80),
        (Situation::Tail(4), 70),
        (Situation::Ramp(3.0), 90),
        (Situation::Onset(0.7, 3.0), 82),
    ];
    for law in [Law::Normal, Law::T4, Law::Skewed, Law::LogNormal, Law::Exponential] {
        for (situation, floor) in floors {
            let found = breached(law, situation, 1, 1, 31, 100);
            assert!(found >= floor, "{found} of 100, at least {floor}: {law:?}, {situation:?}");
        }
    }
}

#[test]
fn three_metrics_that_are_each_a_little_worse_are_seen_together() {
    for law in [Law::Normal, Law::LogNormal, Law::AtZero] {
        let alone = breached(law, Situation::Level(0.7), 1, 3, 31, 150);
        let together = breached(law, Situation::Level(0.7), 3, 3, 31, 150);
        assert!(
            together >= 85 && together >= 2 * alone,
            "{together} together, {alone} alone of 150: {law:?}"
        );
    }
}
