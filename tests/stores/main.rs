//! Real stores, and what Haldane counts from them: the same pods' pages scraped by Prometheus and by VictoriaMetrics, through
//! restarts, gaps and new pods; and native histograms, which a real Prometheus takes from a page in protobuf.
//!
//! The pages stand still between two steps, until everybody has read them. So what was counted is compared to the last
//! request, however the scrapes of two engines lie, and nothing depends on how fast the machine is.

#![cfg(test)]

mod engine;
mod native;
mod pages;
mod protobuf;
mod reader;
mod same;
