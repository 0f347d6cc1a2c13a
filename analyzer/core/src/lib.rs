//! What a verdict is: the pure fold from increments to decisions.
//!
//! There is no I/O here, no clock, no async and no randomness; Cargo.toml lists nothing that could bring them in,
//! and clippy.toml bans what the standard library could. The same input gives the same answer, bit for bit.
//!
//! ```text
//! fact::Entry … ──► fold::look ──► state::ServiceState   (what is known)
//!                            └───► report::Look          (what follows, and why)
//! answer::answer(hook, look, now) ──► yes | no + one line
//! ```

pub mod admission;
pub mod answer;
pub mod budget;
pub mod cluster;
pub mod evidence;
pub mod fact;
pub mod fold;
pub mod guard;
pub mod headline;
pub mod history;
pub mod increment;
mod judge;
pub mod math;
pub mod order;
pub mod plan;
pub mod policy;
pub mod pool;
pub mod reason;
pub mod recorded;
pub mod release;
pub mod report;
pub mod series;
pub mod signal;
pub mod state;
pub mod time;

#[cfg(test)]
mod tests;
