//! A faithful model of Flagger's scheduler, written from its contract.

mod live;

pub use live::Live;
