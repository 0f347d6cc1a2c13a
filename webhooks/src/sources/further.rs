//! The gates beyond requests and their durations: what their templates ask for in one region.

use super::named::parts;
use super::own::{OwnTemplate, OwnTemplates};
use haldane_core::increment::Region;
use haldane_core::policy::{Gate, Policy, PrometheusSource};
use haldane_core::signal::Signal;
use haldane_signals::further::Further;
use haldane_signals::templates::{SignalQueries, What, own_queries, signal_queries};

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
            let queries = own_queries(source, signal.name(), &template.text, &template.name)
                .map_err(|e| e.to_string())?;
            fits(gate, template, &queries)?;
            queries
        }
        None => signal_queries(source, signal.name()).map_err(|e| e.to_string())?,
    };
    Ok(Further { signal, what: queries.what, limit: policy.limit_in(region, gate), tolerate: gate.tolerate })
}

/// Whether what an author's template asks can be judged by its gate.
fn fits(gate: &Gate, template: &OwnTemplate, queries: &SignalQueries) -> Result<(), String> {
    let (signal, name, kind) = (gate.signal, &template.name, queries.kind.name());
    if queries.kind != signal.kind() {
        let said = signal.kind().name();
        return Err(format!("{name} is a {kind}, and the gate of {signal} says {said}: write kind: {kind}"));
    }
    let alone = matches!(queries.what, What::Scalar { primary: None, .. });
    if alone && gate.tolerate.is_some() {
        let cure = if gate.limit.is_some() { "leave tolerate out" } else { "write a limit" };
        return Err(format!(
            "{name} asks nothing of the primary, so that the gate of {signal} has nothing to tolerate a multiple of: {cure}, or add haldane.dev/query-primary"
        ));
    }
    Ok(())
}

/// What pods' own pages are asked for: the plain family's series of this service.
pub(super) fn of_pages(policy: &Policy, region: &Region) -> PrometheusSource {
    let (namespace, name) = parts(policy.service_in(region));
    PrometheusSource::new("", namespace, name)
}

#[cfg(test)]
mod tests {
    use super::*;
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

    const NUMBER: &str = "apiVersion: flagger.app/v1beta1\nkind: MetricTemplate\nmetadata: {name: pool}\n\
        spec: {provider: {type: prometheus}, query: 'sum(pool{})'}\n";

    /// What is said of a gate of `db-pool` whose template is one number.
    fn number(limit: Option<f64>, tolerate: Option<f64>, annotations: &str) -> Result<Further, String> {
        let named = format!("metadata: {{name: pool, annotations: {{{annotations}}}}}");
        let text = NUMBER.replace("metadata: {name: pool}", &named);
        let own = OwnTemplate { name: "pool.yaml".into(), text };
        let gate = Gate { signal: Signal::DbPool, limit, tolerate, report_only: false };
        let policy = crate::demo::fnp().unwrap().0;
        let source = PrometheusSource::new("http://p:9090", "fnp", "api");
        let region = &policy.regions[0].name;
        one(&policy, region, &source, &[(Signal::DbPool, own)].into(), &gate)
    }

    #[test]
    fn one_number_without_a_baseline_is_held_against_no_multiple_of_it() {
        let beside = "haldane.dev/query-primary: 'sum(old{})'";
        assert!(number(None, Some(2.0), beside).is_ok());
        assert!(number(Some(0.9), None, "").is_ok());
        let said = number(None, Some(2.0), "").unwrap_err();
        assert_eq!(
            said,
            "pool.yaml asks nothing of the primary, so that the gate of db-pool has nothing to tolerate a multiple of: \
             write a limit, or add haldane.dev/query-primary"
        );
        let said = number(Some(0.9), Some(2.0), "").unwrap_err();
        assert!(said.ends_with("leave tolerate out, or add haldane.dev/query-primary"), "{said}");
    }

    #[test]
    fn a_template_of_another_signal_is_refused() {
        let said = number(Some(0.9), None, "haldane.dev/signal: queue-depth").unwrap_err();
        assert!(said.contains("pool.yaml: haldane.dev/signal is \"queue-depth\""), "{said}");
    }
}
