//! Haldane on real parts: a real Prometheus counts real requests that a real proxy splits, the binary itself decides,
//! and the model of Flagger obeys. Nothing here is simulated but Flagger, and its clock alone is fast.

#![cfg(test)]

mod counts;
mod fault;
mod faults;
mod front;
mod haldane;
mod live_check;
mod rules;
mod scene;
mod stories;
#[path = "../faults/table.rs"]
mod table;

haldane_world::pods_from_this_test_binary!();
