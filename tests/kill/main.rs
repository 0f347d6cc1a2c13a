//! The service as a process: killed, stopped, started twice, started wrongly.
//!
//! The world (pods, the model of Flagger, the clock) lives in the test's process and goes on while the service is
//! dead, as a cluster does. The service is the real binary on a file of its own; a `kill -9` is a `kill -9`.

#![cfg(test)]

#[path = "../faults/table.rs"]
mod fault_table;
mod faults;
mod kills;
mod orders;
mod permission;
mod recorded;
mod refusals;
mod replayed;
mod service;
mod stopping;
mod world;
