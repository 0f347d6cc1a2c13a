//! The gates beyond requests and their durations: what their templates ask for in one region.

use super::named::parts;
use super::own::OwnTemplates;
use haldane_core::increment::Region;
use haldane_core::policy::{Gate, Policy, PrometheusSource};
use haldane_core::signal::{Kind, Signal};
use haldane_signals::further::Further;
use haldane_signals::templates::{What, own_queries, signal_queries};

/// What the gates of `policy` need in `region`, whose series are called as `source` says.
pub(super) fn further(
    policy: &Policy,
    region: &Region,
    source: &PrometheusSource,
    own: &OwnTemplates,
) -> Result<Vec<Further>, String> {
    let gates = policy.gates.iter().filter(|gate| gate.signal != Signal::Health);
    let apart = gates.filter(|gate| !is_among_requests(gate.signal, source, own));
    apart.map(|gate| one(policy, region, source, own, gate)).collect()
}

/// Whether a signal is counted from the region's requests and their durations: a core one, unless its author counts it
/// otherwise, or its family tells 5xx from failures (Linkerd calls a failure what gRPC calls one, too).
pub(super) fn is_among_requests(signal: Signal, source: &PrometheusSource, own: &OwnTemplates) -> bool {
    let bad = |signal: Signal| match signal_queries(source, signal.name()).map(|queries| queries.what) {
        Ok(What::Counts { bad, .. }) => bad,
        Ok(What::Buckets { .. } | What::Gauge { .. } | What::Place { .. } | What::Scalar { .. }) | Err(_) => {
            None
        }
    };
    let differs = || signal == Signal::Http5xx && bad(Signal::Http5xx) != bad(Signal::ErrorRate);
    signal.is_core() && !own.contains_key(&signal) && !differs()
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
pub(super) fn of_pages(policy: &Policy, region: &Region) -> PrometheusSource {
    let (namespace, name) = parts(policy.service_in(region));
    PrometheusSource::new("", namespace, name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::OwnTemplate;
    use haldane_core::policy::Family;

    fn apart(family: Family, own: &OwnTemplates) -> Vec<Signal> {
        let source = PrometheusSource { family, ..PrometheusSource::new("http://p:9090", "fnp", "api") };
        Signal::CORE.into_iter().filter(|signal| !is_among_requests(*signal, &source, own)).collect()
    }

    #[test]
    fn linkerd_s_failures_are_no_5xx_and_everybody_else_s_are() {
        for family in Family::ALL {
            let expected = if family == Family::Linkerd { vec![Signal::Http5xx] } else { Vec::new() };
            assert_eq!(apart(family, &OwnTemplates::new()), expected, "{}", family.name());
        }
    }

    #[test]
    fn an_author_s_template_of_a_core_signal_takes_its_place() {
        let own = OwnTemplate { name: "p99.yaml".into(), text: String::new() };
        assert_eq!(apart(Family::Plain, &[(Signal::P99Latency, own)].into()), [Signal::P99Latency]);
    }
}
