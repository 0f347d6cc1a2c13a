//! Before a rollout: what a policy can prove and find at a given traffic, and when.
//!
//! What can be *proved* is asked of the fold's own functions ([`haldane_core::fold::prospect`]). What can be *found* is
//! simulated: counts are drawn from a seeded law and handed to the very bettors and capitals that judge a rollout, with
//! the region's threshold and the gate's share of the budget. A formula for the power of a panel of bettors with late
//! onset, a cap by time and attribution would be a second engine, and would one day disagree with the first.
//!
//! The core has no randomness, so this is a crate of its own. One seed, a stream per run: the same question gets the
//! same answer, on however many cores.

mod advice;
#[cfg(test)]
mod against_the_fold;
mod arms;
mod assumed;
mod cell;
mod outlook;
mod proof;
mod report;
mod run;
mod search;
pub mod words;

pub use assumed::{Assumed, Healthy};
pub use outlook::outlook;
pub use report::{
    Finds, Found, GateOutlook, Outlook, ProofOutlook, RegionOutlook, Smallest, StepOutlook, Worsening,
};
pub use search::TIMES;

/// Simulated rollouts per question: a share of 80 % is then known to two percent.
pub const RUNS: u32 = 400;

/// The seed of every simulation.
pub const SEED: u64 = 1936;
