//! The hook table, end to end: every cell is asserted by its *effect* on a model of Flagger (weight, failed checks,
//! phase), over real HTTP, against the real engine, server and store.
//!
//! An answer that is right and an effect that is wrong is the mistake that unit tests cannot see: 204 is a failure to
//! Flagger, a yes to `rollback` goes back, a no to `rollout` is never forgotten. So nothing here stops at a status.

#[cfg(test)]
#[path = "../faults/table.rs"]
mod fault_table;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod freezes;
#[cfg(test)]
mod gates;
#[cfg(test)]
mod guards;
#[cfg(test)]
mod health;
#[cfg(test)]
mod input;
#[cfg(test)]
mod log;
#[cfg(test)]
mod modes;
#[cfg(test)]
mod monitoring;
#[cfg(test)]
mod names;
#[cfg(test)]
mod notify;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod other_policy;
#[cfg(test)]
mod permission;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod regions;
#[cfg(test)]
mod releases;
#[cfg(test)]
mod restart;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod store_trouble;
#[cfg(test)]
mod table;
#[cfg(test)]
mod traffic;
#[cfg(test)]
mod weight_zero;
#[cfg(test)]
mod world;
