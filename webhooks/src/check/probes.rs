//! Every probe of a policy, asked once: what is sick now would hold a rollout, and what cannot be asked would, too.

use super::findings::{Finding, RegionFindings};
use futures_util::future::join_all;
use haldane_clock::Clock;
use haldane_core::increment::Region;
use haldane_core::policy::{Policy, Sources};
use haldane_core::time::Span;
use haldane_signals::probe::{OurTrouble, Outcome, ProbeResult, Probes};

/// The regions' probes as `haldane serve` would make them, in the policy's order.
///
/// # Errors
///
/// A sentence about the first that cannot be asked as the policy says.
pub fn made(policy: &Policy, sources: &Sources, clock: &Clock) -> Result<Vec<(Region, Probes)>, String> {
    let named = policy.regions.iter().filter_map(|r| Some((&r.name, sources.probes.get(&r.name)?)));
    let made = named.map(|(region, probes)| {
        let made = Probes::new(probes, clock.clone()).map_err(|error| format!("region {region}: {error}"));
        made.map(|made| (region.clone(), made))
    });
    made.collect()
}

/// What each probe finds now, all regions at the same time.
pub async fn asked(probes: Vec<(Region, Probes)>) -> Vec<RegionFindings> {
    let asked = probes.into_iter().map(async |(region, probes)| {
        let findings = probes.probe().await.iter().map(finding).collect();
        RegionFindings { region, findings }
    });
    join_all(asked).await
}

fn finding(result: &ProbeResult) -> Finding {
    let ProbeResult { name, outcome, latency } = result;
    let (what, says) = (format!("probe {name}"), format!("{outcome}, after {}", millis(*latency)));
    match outcome {
        Outcome::Healthy => Finding::ok(&what, says),
        Outcome::Unhealthy(_) => Finding::wrong(
            &what,
            says,
            "open it with curl; mend the service, or what the policy expects of it",
        ),
        Outcome::Unreachable(_) => {
            Finding::wrong(&what, says, "is it up, and may haldane reach it from where it runs?")
        }
        Outcome::OurTrouble(OurTrouble::NotResolved { .. }) => {
            Finding::wrong(&what, says, "write a name that resolves where haldane runs, or the address")
        }
        Outcome::OurTrouble(OurTrouble::Certificate { .. } | OurTrouble::Trust { .. }) => {
            Finding::wrong(&what, says, "name the CA that signed it: caFile: /etc/haldane/ca.pem")
        }
    }
}

fn millis(latency: Span) -> String {
    format!("{} ms", latency.as_us() / 1000)
}
