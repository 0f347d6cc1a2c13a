//! A region's health as its probes find it: asked once beside each poll, for the gate and for the guard of that name.

use haldane_clock::Clock;
use haldane_core::guard::{Rule, Seen};
use haldane_core::increment::{Missing, Reading, Region};
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
        let guarded = policy.guards_in(region).iter().any(|guard| guard.rule == Rule::Health);
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
        let (level, what) = self.level().filter(|_| self.gated)?;
        Some(Reading::Placed { level, what })
    }

    /// For the guard.
    pub(super) fn seen(&self) -> Seen {
        let unknown = || Seen::Unknown { why: Missing::PlaceAbsent { series: "health probe".to_owned() } };
        self.level().map_or_else(unknown, |(level, what)| Seen::Level { level, what })
    }

    /// The share of the probes that fail, and the first that does.
    fn level(&self) -> Option<(f64, Option<String>)> {
        let level = failing_share(&self.results)?;
        let sick = self.results.iter().find(|result| result.outcome != Outcome::Healthy);
        Some((level, sick.map(|result| format!("{}: {}", result.name, result.outcome))))
    }
}
