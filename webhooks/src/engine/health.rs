//! A region's health as its probes find it: asked once beside each poll, for the gate and for the guard of that name.

use crate::sources::asks_probes;
use haldane_clock::Clock;
use haldane_core::guard::Seen;
use haldane_core::increment::{Reading, Region};
use haldane_core::policy::{Policy, Sources};
use haldane_core::signal::Signal;
use haldane_signals::probe::{Outcome, ProbeResult, Probes, failing_share};

/// The probes of one region.
pub(super) struct Health {
    probes: Probes,
    gated: bool,
}

impl Health {
    /// Those that the policy gates or guards by; an error is a sentence about them.
    pub(super) fn of(
        policy: &Policy,
        sources: &Sources,
        region: &Region,
        clock: &Clock,
    ) -> Result<Option<Self>, String> {
        let gated = policy.gates.iter().any(|gate| gate.signal == Signal::Health);
        let guarded = asks_probes(policy, region);
        let probes = sources.probes.get(region).filter(|_| gated || guarded);
        let made = probes.map(|probes| Probes::new(probes, clock.clone()));
        Ok(made.transpose().map_err(|error| error.to_string())?.map(|probes| Self { probes, gated }))
    }

    /// Asks every probe once.
    pub(super) async fn ask(health: Option<&Self>) -> Option<Probed> {
        let health = health?;
        Some(Probed { results: health.probes.probe().await, gated: health.gated })
    }
}

/// What the probes of a region found.
pub(super) struct Probed {
    results: Vec<ProbeResult>,
    gated: bool,
}

impl Probed {
    /// For the gate, where there is one.
    pub(super) fn reading(&self) -> Option<Reading> {
        let level = failing_share(&self.results).filter(|_| self.gated)?;
        let sick = self.results.iter().find(|result| result.outcome != Outcome::Healthy);
        Some(Reading::Placed {
            level,
            what: sick.map(|result| format!("{}: {}", result.name, result.outcome)),
        })
    }

    /// For the guard.
    pub(super) fn seen(&self) -> Seen {
        haldane_signals::guards::health(&self.results)
    }
}
