//! The promise over twenty seeds, and the demo's scenarios in the fold alone.
//!
//! The demo's world without its sockets: the same arrival model, the same policy, the same hour of synthetic history,
//! polled every 30 s of simulated time, with the ladder climbed whenever the fold says so. What takes the demo a
//! minute takes milliseconds here, so every run of the tests checks twenty seeds.

#[cfg(test)]
mod ladder;
#[cfg(test)]
mod readings;

#[cfg(test)]
mod tests {
    use crate::ladder::{End, climb};
    use haldane_core::evidence::margin::Provability;
    use haldane_core::reason::Against;
    use haldane_pods::Scenario;

    const SEEDS: std::ops::RangeInclusive<u64> = 1..=20;

    fn promoted(scenario: Scenario) -> usize {
        let ends: Vec<End> = SEEDS.map(|seed| climb(scenario, seed).end).collect();
        assert!(!ends.contains(&End::RolledBack), "a healthy release was rolled back: {ends:?}");
        ends.iter().filter(|e| **e == End::Promoted).count()
    }

    #[test]
    fn a_healthy_release_is_promoted_with_every_seed() {
        assert_eq!(promoted(Scenario::Healthy), 20);
    }

    #[test]
    fn a_healthy_release_with_clustered_errors_is_promoted_and_never_rolled_back() {
        let promoted = promoted(Scenario::Bursty);
        assert!(promoted >= 18, "{promoted} of 20");
    }

    #[test]
    fn a_bad_release_is_rolled_back_with_every_seed_and_within_minutes() {
        for scenario in [Scenario::Errors, Scenario::Latency] {
            for seed in SEEDS {
                let climb = climb(scenario, seed);
                assert_eq!(climb.end, End::RolledBack, "{scenario} {seed}");
                assert!(climb.minutes <= 10.0, "{scenario} {seed}: {} min", climb.minutes);
            }
        }
    }

    #[test]
    fn an_incident_of_both_versions_is_held_and_never_rolled_back() {
        for seed in SEEDS {
            assert_eq!(climb(Scenario::Incident, seed).end, End::Held, "{seed}");
        }
    }

    #[test]
    fn every_limit_gate_is_proved_at_every_step_with_its_margin() {
        for scenario in [Scenario::Healthy, Scenario::Bursty] {
            let climb = climb(scenario, 1);
            assert_eq!(climb.left.len(), 3, "three steps are left");
            for look in &climb.left {
                for gate in look.gates.iter().filter(|g| g.against == Against::Limit) {
                    let proof = gate.proof.as_ref().unwrap();
                    assert!(proof.proved, "{scenario} {:?} {}", look.weight, gate.signal);
                    assert!(matches!(proof.provability, Some(Provability::Below { .. })));
                }
            }
        }
    }

    #[test]
    fn a_bursty_releases_errors_come_in_clusters_of_a_fano_factor_of_at_least_five() {
        for seed in SEEDS {
            let fano = climb(Scenario::Bursty, seed).history_fano;
            assert!(fano >= 5.0, "{seed}: {fano}");
        }
    }

    /// Every seed's climb, which must end as `end` at `weight` % after `promoted` regions; the median of its minutes.
    fn all_end(scenario: Scenario, end: End, weight: u32, promoted: usize, says: &str) -> f64 {
        let mut minutes: Vec<f64> = Vec::new();
        for seed in SEEDS {
            let climb = climb(scenario, seed);
            let seen = (climb.end, climb.weight, climb.promoted);
            assert_eq!(seen, (end, weight, promoted), "{scenario} {seed}: {}", climb.headline);
            assert!(climb.headline.contains(says), "{scenario} {seed}: {}", climb.headline);
            minutes.push(climb.minutes);
        }
        minutes.sort_by(f64::total_cmp);
        minutes[minutes.len() / 2]
    }

    #[test]
    fn a_subtle_fault_is_rolled_back_at_5_percent_with_every_seed_and_most_within_its_window() {
        let median_min = all_end(Scenario::Subtle, End::RolledBack, 5, 0, "error-rate against the primary");
        assert!(median_min <= 10.0, "{median_min}");
    }

    #[test]
    fn a_version_that_does_not_carry_full_load_is_rolled_back_at_100_percent_with_every_seed() {
        let median_min = all_end(Scenario::Late, End::RolledBack, 100, 0, "against the limit");
        assert!((15.0..=18.0).contains(&median_min), "15 min to 100 %, then minutes: {median_min}");
    }

    #[test]
    fn a_p99_that_leaks_is_rolled_back_before_any_promotion_with_every_seed() {
        let (mut at_half, mut minutes) = (0, Vec::new());
        for seed in SEEDS {
            let climb = climb(Scenario::SlowLeak, seed);
            assert_eq!((climb.end, climb.promoted), (End::RolledBack, 0), "{seed}: {}", climb.headline);
            assert!(climb.headline.contains("p99-latency"), "{seed}: {}", climb.headline);
            at_half += usize::from(climb.weight == 50);
            minutes.push(climb.minutes);
        }
        minutes.sort_by(f64::total_cmp);
        assert!(at_half >= 10, "P99 is 190 ms when 5 % may first be left: {at_half} of 20 at 50 %");
        assert!(minutes.iter().all(|m| *m <= 17.5), "P99 is 220 ms by then: {minutes:?}");
    }

    #[test]
    fn a_region_whose_pods_are_all_dead_is_held_and_nothing_is_rolled_back() {
        all_end(Scenario::RegionDown, End::Held, 5, 1, "cannot be reached");
    }

    #[test]
    fn a_region_that_nobody_calls_is_held_before_its_first_traffic() {
        all_end(Scenario::NoTraffic, End::Held, 0, 2, "no request has come yet");
    }
}
