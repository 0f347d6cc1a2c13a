//! The service around the fold: HTTP for Flagger and people, the command line, the demo, and the wiring.
//!
//! ```text
//! flagger::payload ─► engine ─► store        hooks come in, are answered, are recorded
//! sources, poller   ─► engine ─► published    increments come in, are folded, are published
//! http, report     ◄─ published, store       people and platforms read
//! ```

mod address_part;
pub mod canary;
pub mod check;
pub mod cli;
pub mod demo;
pub mod drill;
pub mod engine;
pub mod flagger;
pub mod http;
pub mod init;
pub mod judge;
pub mod plan;
pub mod policy_file;
mod printable;
pub mod render;
pub mod report;
pub mod secrets;
pub mod sources;
