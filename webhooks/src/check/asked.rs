//! What the gates beyond requests ask of a Prometheus, for whoever wants to paste it there.

use super::query_text;
use haldane_core::policy::{Policy, PrometheusSource, Sources};
use haldane_signals::templates::{What, signal_queries};
use std::fmt::Write as _;

/// One line each: the canary's query, or the place's.
pub(super) fn further(text: &mut String, policy: &Policy, sources: &Sources, source: &PrometheusSource) {
    for gate in policy.gates.iter().filter(|gate| !gate.signal.is_core()) {
        let name = gate.signal.name();
        if sources.templates.contains_key(&gate.signal) {
            let _ = writeln!(text, "      {name:<18} as its own template says");
        } else if let Ok(queries) = signal_queries(source, name) {
            let head = format!("      {name:<18} ");
            let _ = writeln!(text, "{}", query_text::lines(&head, &asked(&queries.what)));
        }
    }
}

fn asked(what: &What) -> String {
    match what {
        What::Counts { canary, bad: Some(bad), .. } => format!("{canary}, bad: {{{bad}}}"),
        What::Counts { canary, bad: None, .. }
        | What::Buckets { canary, .. }
        | What::Scalar { canary, .. } => canary.clone(),
        What::Gauge { canary, .. } => match &canary.per {
            Some((per, _)) => format!("{} / {per}", canary.value),
            None => canary.value.clone(),
        },
        What::Place { value, .. } => value.clone(),
    }
}
