//! The proof: the error rates that are published, measured in the lab, beside those of other rules on the same traffic.
//!
//! Every experiment exists twice: short with each `make test`, where its bounds are asserted, and in full with
//! `make proof`, which stores what it measured in `docs/proof` and fills the tables of `docs/STATISTICS.md` from there.
//! A figure on that page that no stored run renders to fails a test.

pub mod attacks;
pub mod boundary;
pub mod chart;
pub mod compared;
pub mod effort;
pub mod many_gates;
pub mod page;
pub mod peers;
pub mod proving;
pub mod regions;
pub mod series;
pub mod stream;
pub mod table;
pub mod whole;

/// The tables of the page, in its order.
pub const TABLES: [&str; 16] = [
    "constants",
    "t1",
    "t2",
    "t3",
    "t3-peers",
    "t4",
    "t5",
    "ladder",
    "whole",
    "one-broken",
    "small-everywhere",
    "gates",
    "attacks",
    "late",
    "series-healthy",
    "series-faults",
];
