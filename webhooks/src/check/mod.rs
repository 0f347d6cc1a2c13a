//! `haldane check`: what a policy means, and, live, what each of its queries finds today.
//!
//! A selector that finds nothing, a limit that is no bucket edge or a Prometheus that scrapes more rarely than the
//! policy thinks would otherwise be met in the middle of a rollout, at night. So would a Canary that asks the wrong question.

mod across;
#[cfg(test)]
mod across_tests;
mod aims;
mod asked;
mod canaries;
mod canary;
mod cure;
mod findings;
mod freeze_text;
mod further;
mod guard_text;
mod guards;
mod live;
mod meaning;
mod pages;
mod probes;
mod prometheus;
mod query_text;
mod shared;
mod text;

pub use aims::aims;
pub use canaries::{GivenFile, canaries, given, is_of, together};
pub use findings::{Finding, Level, RegionFindings};
pub use live::{live, sources};
pub use meaning::meaning;
pub use probes::{asked as probed, made as probes};
pub use shared::{findings as shared, twins};
pub use text::text;
