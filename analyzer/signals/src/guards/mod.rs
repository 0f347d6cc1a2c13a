//! Guards, read: conditions of the place (is the region up, how far behind are its copies, who writes, what fires).
//!
//! ```text
//! make (a policy's guards to questions) ─► reader (a hub's member), or pods' pages ─► plan (answers to what is seen)
//! ```
//!
//! What a signal of the place is for a rollout, a guard is for all of them: it is asked at every poll, whether or not a rollout
//! is open, and whether or not requests can be counted. One rule stands above all: silence is never clear. A series that is
//! not there, is old, is no number, or comes with a warning makes the guard unknown, with the reason; unknown holds. Alerts
//! alone may be silent, because a source where none fires has no series of any, and even that only as a whole answer.
//!
//! A selector merges with all others of its shape (`prometheus::hub`), so that a thousand services ask what one asks; a
//! query of an author's own is asked once for all who put the same words.

mod alerts;
mod ask;
mod capacity;
mod error;
mod fresh;
mod freshness;
mod health;
mod lag;
mod level;
mod make;
mod own;
mod plan;
mod probe;
mod reader;
mod region_up;
mod shipped;
#[cfg(test)]
mod tests;
mod writers;

pub(crate) use ask::{Ask, Words};
pub use error::GuardError;
pub use plan::Plan;
pub use probe::{AskProbe, GuardProbe};
pub use reader::GuardReader;
