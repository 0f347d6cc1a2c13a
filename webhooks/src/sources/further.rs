//! The gates beyond requests and their durations: what their templates ask for in one region.

use super::own::OwnTemplates;
use haldane_core::increment::Region;
use haldane_core::policy::{Gate, Policy, PrometheusSource};
use haldane_core::signal::{Kind, Signal};
use haldane_signals::further::Further;
use haldane_signals::templates::{own_queries, signal_queries};

/// What the gates of `policy` need in `region`, whose series are called as `source` says.
pub(super) fn further(
    policy: &Policy,
    region: &Region,
    source: &PrometheusSource,
    own: &OwnTemplates,
) -> Result<Vec<Further>, String> {
    let gates = policy.gates.iter().filter(|gate| gate.signal != Signal::Health);
    let own_or_further = gates.filter(|gate| !gate.signal.is_core());
    own_or_further.map(|gate| one(policy, region, source, own, gate)).collect()
}

fn one(
    policy: &Policy,
    region: &Region,
    source: &PrometheusSource,
    own: &OwnTemplates,
    gate: &Gate,
) -> Result<Further, String> {
    let signal = gate.signal;
    let queries = match own.get(&signal) {
        Some(template) => {
            let queries = own_queries(source, &template.text, &template.name).map_err(|e| e.to_string())?;
            let kind = queries.kind_name.as_deref().unwrap_or(Kind::Gauge.name());
            if kind != signal.kind().name() {
                let said = signal.kind().name();
                return Err(format!(
                    "{} is a {kind}, and the gate of {signal} says {said}: write kind: {kind}",
                    template.name
                ));
            }
            queries
        }
        None => signal_queries(source, signal.name()).map_err(|e| e.to_string())?,
    };
    Ok(Further { signal, what: queries.what, limit: policy.limit_in(region, gate), tolerate: gate.tolerate })
}

/// What pods' own pages are asked for: the plain family's series of this service.
pub(super) fn of_pages(policy: &Policy) -> PrometheusSource {
    let (namespace, name) = policy.service.split_once('/').unwrap_or_default();
    PrometheusSource::new("", namespace, name)
}
