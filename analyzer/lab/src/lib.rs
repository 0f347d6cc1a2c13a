//! The lab: made-up traffic through the real fold.
//!
//! A promise about error rates is worth what was measured. Here whole releases are simulated, thousands at a time, and
//! judged by the very function that serves ([`haldane_core::fold::look`]); only the counts are invented. There is no
//! clock and no I/O: a run is a function of its seed and its number, whatever the machine and however many threads.
//!
//! - [`noise`], [`fault`], [`traffic`]: what the made-up service does.
//! - [`site`]: one region's counts, poll by poll.
//! - [`folded`], [`readings`]: the fold, and the one place where its facts are made.
//! - [`mod@reference`]: the policy that the published tables are about.
//! - [`rollout`]: a release through all regions; [`watch()`]: one step, as long as one likes; [`mod@beside`]: the same in
//!   several regions at once.
//! - [`drill`]: a region is lost; what would have been held, and what was kept.
//! - [`simulate()`]: many releases; [`Summary`]: what came out, with intervals.

pub mod beside;
pub mod drill;
pub mod fault;
pub mod folded;
pub mod noise;
pub mod readings;
pub mod reference;
pub mod rollout;
pub mod runs;
mod simulate;
pub mod site;
pub mod stats;
mod summary;
pub mod traffic;
mod watch;

pub use simulate::{Simulation, simulate};
pub use summary::{StepSummary, Summary};
pub use watch::{Found, Watched, watch};
