//! The edge of the service: who may ask, how much, and behind which certificate.
//!
//! As with the hook table, nothing stops at a status: a refused call must leave Flagger's weight, failed checks and
//! phase where they were, and Haldane's store, too. The world is that of the hooks' tests.

#[cfg(test)]
mod connections;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod gates;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod rate;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod secrecy;
#[cfg(test)]
mod start;
#[cfg(test)]
mod tls;

#[cfg(test)]
#[path = "../hooks/log.rs"]
mod log;
#[cfg(test)]
#[path = "../hooks/policy.rs"]
#[allow(dead_code, reason = "the hooks' tests use the rest")]
mod policy;
#[cfg(test)]
#[path = "../hooks/traffic.rs"]
#[allow(dead_code, reason = "the hooks' tests use the rest")]
mod traffic;
#[cfg(test)]
#[path = "../hooks/world.rs"]
#[allow(dead_code, reason = "the hooks' tests use the rest")]
mod world;
