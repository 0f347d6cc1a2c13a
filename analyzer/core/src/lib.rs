//! What a verdict is: the pure fold from increments to decisions.
//!
//! There is no I/O here, no clock, no async and no randomness; Cargo.toml lists nothing that could bring them in,
//! and clippy.toml bans what the standard library could. The same input gives the same answer, bit for bit.

pub mod evidence;
pub mod increment;
pub mod math;
pub mod policy;
pub mod signal;
pub mod time;
