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
        let Some(Reading::Placed { level, what: Some(what) }) = probe(health.as_ref()).await else {
            panic!("nothing was probed")
        };
        assert_eq!(level, 1.0);
        assert!(what.starts_with("db: "), "{what}");
        assert_eq!(probe(None).await, None);
    }
}
