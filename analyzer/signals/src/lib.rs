//! Reads the world into increments: what pods say, counted once, or missing with a reason.
//!
//! Everything that can go wrong between a counter in a pod and a bet in the core is settled here, and settled in
//! one direction: what cannot be counted is `Missing`, never a zero, and no event is ever counted twice. An event
//! lost makes a verdict later; an event counted twice makes it wrong.

mod counting;
pub mod further;
pub mod guards;
mod http;
pub mod kubernetes;
mod names;
pub mod notify;
pub mod probe;
pub mod prometheus;
mod reason;
pub mod scrape;
pub mod templates;
mod tick;

pub use tick::next_poll;
