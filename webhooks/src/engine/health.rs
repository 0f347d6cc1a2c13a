//! A region's health as its probes find it: a signal of the place, asked beside each poll.

use haldane_clock::Clock;
use haldane_core::increment::{Reading, Region};
use haldane_core::policy::{Policy, Sources};
use haldane_core::signal::Signal;
use haldane_signals::probe::{Outcome, ProbeResult, Probes, failing_share};

/// The probes of one region.
pub(super) struct Health(Probes);

impl Health {
    /// Those that the policy gates; an error is a sentence about them.
    pub(super) fn of(
        policy: &Policy,
        sources: &Sources,
        region: &Region,
        clock: &Clock,
    ) -> Result<Option<Self>, String> {
        let gated = policy.gates.iter().any(|gate| gate.signal == Signal::Health);
        let probes = sources.probes.get(region).filter(|_| gated);
        probes
            .map(|probes| Probes::new(probes, clock.clone()).map(Self).map_err(|e| e.to_string()))
            .transpose()
    }
}

/// What they find now; nothing where there are none.
pub(super) async fn probe(health: Option<&Health>) -> Option<Reading> {
    reading(&health?.0.probe().await)
}

fn reading(results: &[ProbeResult]) -> Option<Reading> {
    let level = failing_share(results)?;
    let sick = results.iter().find(|result| result.outcome != Outcome::Healthy);
    Some(Reading::Placed { level, what: sick.map(|result| format!("{}: {}", result.name, result.outcome)) })
}
