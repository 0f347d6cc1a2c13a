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
        self.level()
            .map_or(Seen::Unknown { why: Missing::FirstReading }, |(level, what)| Seen::Level { level, what })
    }

    fn level(&self) -> Option<(f64, Option<String>)> {
        let level = failing_share(&self.results)?;
        let sick = self.results.iter().find(|result| result.outcome != Outcome::Healthy);
        Some((level, sick.map(|result| format!("{}: {}", result.name, result.outcome))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haldane_core::policy::{Gate, ProbeSource, ProbeWhat};
    use haldane_core::time::Span;

    #[tokio::test]
    async fn a_port_that_is_closed_is_a_region_all_of_whose_probes_fail_where_a_gate_asks() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, clock) = (free.local_addr().unwrap().port(), Clock::real());
        drop(free);
        let (mut policy, mut sources) = crate::demo::fnp().unwrap();
        let region = policy.regions[0].name.clone();
        let what = ProbeWhat::Tcp { host: "127.0.0.1".to_owned(), port };
        let db = ProbeSource { name: "db".to_owned(), what, timeout: Span::from_s(5) };
        sources.probes.insert(region.clone(), vec![db]);
        assert!(Health::of(&policy, &sources, &region, &clock).unwrap().is_none(), "no gate asks");
        policy.gates.push(Gate {
            signal: Signal::Health,
            limit: Some(0.0),
            tolerate: None,
            report_only: false,
        });
        let health = Health::of(&policy, &sources, &region, &clock).unwrap();
        let probed = Health::ask(health.as_ref()).await.unwrap();
        let Some(Reading::Placed { level, what: Some(what) }) = probed.reading() else {
            panic!("nothing was probed")
        };
        assert_eq!(level, 1.0);
        assert!(what.starts_with("db: "), "{what}");
        assert_eq!(probed.seen(), Seen::Level { level, what: Some(what) });
        assert!(Health::ask(None).await.is_none());
    }
}
