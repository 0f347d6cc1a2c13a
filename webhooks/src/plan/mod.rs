//! What a policy can prove and find at a given traffic: reading what was given, and telling what came out.
//!
//! The numbers are [`haldane_outlook`]'s; here is only what a person writes and reads.

mod given;
mod text;

pub use given::{Given, traffic};
pub use text::{beyond_the_core, mode, render};
