//! The model against Flagger's contract: every test drives ticks over real HTTP and asserts what they changed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, too, fail the test on the spot")]

mod changes;
mod clock;
mod events;
mod failures;
mod holds;
mod http;
mod order;
mod receiver;
mod recorded;
mod setup;
