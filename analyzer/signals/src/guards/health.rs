//! The guard `health`: what the region's probes find, which are asked beside every poll by whoever polls.

use crate::probe::{Outcome, ProbeResult, failing_share};
use haldane_core::guard::{Rule, Seen, Watched};
use haldane_core::increment::Missing;

/// What a reason calls the probes where there are none.
const PROBES: &str = "health probe";

/// What the probes found, as a guard sees it.
pub fn seen(results: &[ProbeResult]) -> Seen {
    let Some(level) = failing_share(results) else { return unknown() };
    let sick = results.iter().find(|result| result.outcome != Outcome::Healthy);
    Seen::Level { level, what: sick.map(|result| format!("{}: {}", result.name, result.outcome)) }
}

/// Puts what the probes found where a guard asks for it; without probes nothing is known.
pub fn fill(watched: &mut [Watched], results: &[ProbeResult]) {
    let asks = |watched: &&mut Watched| matches!(watched.guard.rule, Rule::Health);
    watched.iter_mut().filter(asks).for_each(|watched| watched.seen = seen(results));
}

pub(super) fn unknown() -> Seen {
    Seen::Unknown { why: Missing::PlaceAbsent { series: PROBES.to_owned() } }
}
