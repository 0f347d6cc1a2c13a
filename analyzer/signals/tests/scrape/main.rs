//! Direct scrape against real HTTP servers on loopback.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, too, fail the test on the spot")]

mod churn;
mod counting;
mod discovery;
mod faults;
mod further;
mod guards;
mod network;
mod pod;
mod property;
