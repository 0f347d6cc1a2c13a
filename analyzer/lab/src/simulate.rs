//! Many releases, and what came of them.

use crate::fault::Fault;
use crate::noise::Noise;
use crate::rollout::{Setting, rollout};
use crate::runs::parallel;
use crate::summary::{Summary, summarise};
use crate::traffic::Traffic;
use haldane_core::policy::{Across, Policy};

/// What to simulate, and how often.
#[derive(Clone, Copy, Debug)]
pub struct Simulation<'a> {
    /// Under which policy.
    pub policy: &'a Policy,
    /// What the service does in every region.
    pub traffic: Traffic,
    /// How it scatters.
    pub noise: Noise,
    /// What is wrong with the new version.
    pub fault: Fault,
    /// How many releases.
    pub runs: usize,
    /// The same seed gives the same summary, on any machine.
    pub seed: u64,
}

/// Simulates all runs on all processors. `done` is told how many are over, from any thread.
pub fn simulate(simulation: &Simulation<'_>, done: &(dyn Fn(usize) + Sync)) -> Summary {
    let Simulation { policy, traffic, noise, fault, runs, seed } = *simulation;
    let policy = &quiet_place(policy);
    let setting = Setting { policy, traffic, noise, fault };
    let outcomes = parallel(runs, seed, done, |rng, _| rollout(&setting, rng));
    summarise(simulation, &outcomes)
}

/// The same policy where nothing befalls the place: a simulation is about versions, and what nobody looks at would hold.
fn quiet_place(policy: &Policy) -> Policy {
    let across = Across { guards: Vec::new(), freezes: Vec::new(), ..policy.across.clone() };
    Policy { across, ..policy.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference;
    use haldane_core::time::Span;

    fn simulated(fault: &str, noise: Noise, runs: usize) -> Summary {
        let policy = reference::policy(2, Span::from_s(30));
        let (traffic, fault) = (Traffic { errors: 0.0001, ..Traffic::default() }, fault.parse().unwrap());
        simulate(&Simulation { policy: &policy, traffic, noise, fault, runs, seed: 1 }, &|_| {})
    }

    #[test]
    fn healthy_releases_are_promoted_in_every_region() {
        let summary = simulated("none", Noise::IID, 20);
        assert_eq!((summary.promoted.count, summary.rolled_back.count), (20, 0), "{summary}");
        assert_eq!((summary.delay_min, summary.bad_served), (None, None));
        assert_eq!(summary.steps.iter().map(|s| s.on_time.of).sum::<usize>(), 20 * 2 * 3);
    }

    #[test]
    fn a_clear_fault_is_rolled_back_in_the_first_region_within_minutes() {
        let summary = simulated("error=1%@2m", Noise::BURSTY, 20);
        assert_eq!(summary.rolled_back.count, 20, "{summary}");
        assert!(summary.rollbacks.keys().all(|place| place.starts_with("region-1 at 5 %")), "{summary}");
        let delay = summary.delay_min.unwrap();
        assert!(delay.p95 <= 5.0 && summary.exposed_min.unwrap().median >= delay.median + 2.0, "{summary}");
        assert!(summary.bad_served.unwrap().median > 10.0);
    }

    #[test]
    fn a_fault_above_half_the_traffic_is_found_there() {
        let summary = simulated("error=2%>50%", Noise::IID, 10);
        assert_eq!(summary.rolled_back.count, 10, "{summary}");
        assert!(summary.rollbacks.keys().all(|place| place.contains("at 100 %")), "{summary}");
    }

    #[test]
    fn a_service_over_its_limit_is_held_before_its_first_traffic_and_the_reason_is_counted() {
        let policy = reference::policy(1, Span::from_s(30));
        let traffic = Traffic { errors: 0.002, ..Traffic::default() };
        let (noise, fault) = (Noise::IID, Fault::NONE);
        let summary =
            simulate(&Simulation { policy: &policy, traffic, noise, fault, runs: 3, seed: 1 }, &|_| {});
        assert_eq!(summary.held.count, 3, "{summary}");
        assert_eq!(summary.hold_reasons.get("baseline-over-limit error-rate at 0 %"), Some(&3), "{summary}");
    }

    #[test]
    fn the_same_seed_gives_the_same_summary_and_another_one_another() {
        let again = |seed| {
            let policy = reference::policy(1, Span::from_s(30));
            let (traffic, noise) = (Traffic::default(), Noise::MIXED.everywhere());
            let fault = "error=0.3%".parse().unwrap();
            simulate(&Simulation { policy: &policy, traffic, noise, fault, runs: 8, seed }, &|_| {})
        };
        assert_eq!(again(3), again(3));
        assert_ne!(again(3).bad_served, again(4).bad_served);
    }

    #[test]
    fn the_text_says_rates_with_their_intervals() {
        let text = simulated("none", Noise::IID, 20).to_string();
        assert!(text.contains("rolled back") && text.contains("0.00 % (0 of 20; 0.00–16.11 %)"), "{text}");
    }
}
