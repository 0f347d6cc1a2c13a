//! The service around the fold: HTTP for Flagger and people, the command line, the demo, and the wiring.

pub mod policy_file;
