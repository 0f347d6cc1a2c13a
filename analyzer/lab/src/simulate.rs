//! Many releases, and what came of them.

use crate::fault::Fault;
use crate::noise::Noise;
use crate::rollout::{Setting, rollout};
use crate::runs::parallel;
use crate::summary::{Summary, summarise};
use crate::traffic::Traffic;
use haldane_core::policy::Policy;

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
    let setting = Setting { policy, traffic, noise, fault };
    let outcomes = parallel(runs, seed, done, |rng, _| rollout(&setting, rng));
    summarise(simulation, &outcomes)
}
