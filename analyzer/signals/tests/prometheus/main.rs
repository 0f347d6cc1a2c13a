//! A Prometheus against a fake one: real HTTP on loopback, a model of its store behind it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, too, fail the test on the spot")]

mod answers;
mod clocks;
mod counting;
mod crashes;
mod dialects;
mod fake;
mod further;
mod guards;
mod hostile;
mod hub;
mod hub_property;
mod natives;
mod past;
mod property;
mod store;
mod targets;
mod tls;
