//! Drills: a region is lost, in a recording or made up. What would have been held, and what was kept of RTO and RPO?
//!
//! ```text
//! made up ─┐
//! recorded ┴► Recording ─► measure: loss, takeover, lag ─► objectives: met, missed, cannot be told
//!                      └─► replay: guards and counts as facts, through the fold ─► turns
//! ```
//!
//! A loss that is made up is first made into a recording, so that both kinds are read, measured and replayed by the same
//! functions. Pure as the rest of the lab: no clock, no I/O, one seed.

mod made_up;
mod measure;
mod objective;
mod recording;
mod replay;
mod reserve;
mod sample;
mod seen;
mod serving;
mod taker;
mod turn;

#[cfg(test)]
mod tests;

pub use made_up::{MadeUp, made_up};
pub use measure::{Between, Lag, Measured, Takeover, Untold, loss, takeover};
pub use objective::{Kept, Kind, Objective, objectives};
pub use recording::Recording;
pub use replay::{Open, Replay, Replayed, UnderWay, recorded_guards, replay};
pub use reserve::{Reserve, reserves};
pub use sample::{Sample, Value, What};
pub use taker::{lost, standby, taker};
pub use turn::Turn;
