//! The demo: a small world around the real service.
//!
//! Nothing of Haldane is replaced here. Simulated pods serve real `/metrics`, the model of Flagger calls the real
//! hooks over HTTP, the engine polls and judges as it would in production; only the clock is faster, by one factor,
//! for all of them alike. So the policy is the example's, unscaled.

mod director;
mod outcome;
mod policy;
mod progress;
mod run;
mod stillness;
mod system;
mod world;

pub use outcome::{Outcome, RegionOutcome};
pub use policy::{fnp, signals};
pub use run::{Demo, DemoConfig, start};
pub use system::{System, UnknownSystem};
