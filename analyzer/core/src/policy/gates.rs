//! The gates of a policy: each signal once, each with something to satisfy.

use super::draft::GateDraft;
use super::names::is_kubernetes_name;
use super::refusal::Refusals;
use super::sources::TemplateRef;
use super::template_draft::TemplateDraft;
use super::{Gate, units};
use crate::signal::{Kind, OwnSignal, Signal};
use std::collections::BTreeMap;

/// The gates, and which signals have a template of the author's own.
#[derive(Default)]
pub(super) struct Gates {
    pub(super) gates: Vec<Gate>,
    pub(super) templates: BTreeMap<Signal, TemplateRef>,
}

pub(super) fn validate(drafts: &[GateDraft], service: &str, refusals: &mut Refusals) -> Gates {
    let before = refusals.0.len();
    let mut all = Gates::default();
    for (i, draft) in drafts.iter().enumerate() {
        let path = format!("spec.gates[{i}]");
        for (place, name) in names(&path, draft, refusals) {
            let Some(gate) = gate(&path, &place, &name, draft, refusals) else { continue };
            if all.gates.iter().any(|g| g.signal.name() == gate.signal.name()) {
                let problem = format!("{} is gated twice", gate.signal);
                refusals.add(place, problem, "put limit and tolerate into one gate");
                continue;
            }
            let template = draft.template.as_ref().and_then(|t| template(&path, t, service, refusals));
            all.templates.extend(template.map(|t| (gate.signal, t)));
            all.gates.push(gate);
        }
    }
    let limits = || all.gates.iter().filter(|g| g.limit.is_some() && g.signal.is_core());
    if refusals.0.len() == before && limits().all(|g| g.report_only) {
        let core = Signal::CORE.map(|s| s.to_string()).join(", ");
        let (problem, cure) = if limits().next().is_none() {
            let cure = "write at least one gate with a limit, such as {signal: error-rate, limit: 0.1%}";
            (format!("no gate has a limit that could be proved ({core})"), cure)
        } else {
            let problem = "every gate with a limit is report-only, so nothing would have to be proved";
            (problem.to_owned(), "take reportOnly from at least one gate with a limit")
        };
        refusals.add("spec.gates", problem, cure);
    }
    all
}

/// The signals that one entry is about, each with its place.
fn names(path: &str, draft: &GateDraft, refusals: &mut Refusals) -> Vec<(String, String)> {
    match (&draft.signal, draft.signals.as_slice()) {
        (Some(name), []) => vec![(format!("{path}.signal"), name.clone())],
        (None, []) => {
            refusals.add(path, "it names no signal", "write signal: error-rate, or signals: [cpu, memory]");
            Vec::new()
        }
        (Some(_), _) => {
            refusals.add(path, "it has both signal and signals", "keep one of them");
            Vec::new()
        }
        (None, several) => {
            if draft.template.is_some() {
                refusals.add(
                    format!("{path}.template"),
                    "one template for several signals",
                    "write one gate for each",
                );
            }
            if draft.limit.is_some() && several.len() > 1 {
                refusals.add(
                    format!("{path}.limit"),
                    "one limit for several signals",
                    "write one gate for each",
                );
            }
            several.iter().enumerate().map(|(i, n)| (format!("{path}.signals[{i}]"), n.clone())).collect()
        }
    }
}

fn gate(path: &str, place: &str, name: &str, draft: &GateDraft, refusals: &mut Refusals) -> Option<Gate> {
    let signal = signal(path, place, name, draft, refusals)?;
    let limit_path = format!("{path}.limit");
    let limit = match &draft.limit {
        Some(text) => Some(refusals.take(&limit_path, units::limit(signal, text))?),
        // Neither has anything to choose.
        None if matches!(signal, Signal::RegionUp | Signal::Health) => Some(0.0),
        None => None,
    };
    if limit.is_none() && draft.tolerate.is_none() {
        refusals.add(path, format!("{signal} has nothing to satisfy"), "add limit, tolerate, or both");
    }
    if signal.kind() == Kind::Latency && draft.limit.is_none() {
        let cure = "add one such as limit: 200ms: slower than it is slow";
        refusals.add(path, format!("{signal} has no limit"), cure);
    }
    if signal.kind() == Kind::Place && draft.tolerate.is_some() {
        let problem = format!("{signal} is one of the region, which has no primary to compare with");
        refusals.add(format!("{path}.tolerate"), problem, "write a limit instead");
        return None;
    }
    let tolerate = match &draft.tolerate {
        Some(text) => Some(refusals.take(&format!("{path}.tolerate"), units::times(text))?),
        None => None,
    };
    Some(Gate { signal, limit, tolerate, report_only: draft.report_only })
}

fn signal(path: &str, place: &str, name: &str, draft: &GateDraft, refusals: &mut Refusals) -> Option<Signal> {
    let kind_path = format!("{path}.kind");
    let kind = match draft.kind.as_deref() {
        None => None,
        Some(text) => match Kind::ALL.into_iter().find(|k| k.name() == text) {
            Some(kind) => Some(kind),
            None => {
                let cure = format!("write {}", Kind::ALL.map(Kind::name).join(", "));
                refusals.add(kind_path, format!("{text:?} is no kind of signal"), cure);
                return None;
            }
        },
    };
    match (name.parse::<Signal>(), kind) {
        (Ok(signal), None) => Some(signal),
        (Ok(signal), Some(kind)) if kind == signal.kind() => Some(signal),
        (Ok(signal), Some(_)) => {
            let problem = format!("{signal} is a {}", signal.kind().name());
            refusals.add(kind_path, problem, "leave kind out, or give the signal a name of its own");
            None
        }
        (Err(_), kind) if draft.template.is_some() => {
            let own = name.parse().map(|name| OwnSignal { name, kind: kind.unwrap_or(Kind::Gauge) });
            own.map_err(|why: String| refusals.add(place, why, "write one such as queue-age"))
                .ok()
                .map(Signal::Own)
        }
        (Err(unknown), _) => {
            let cure = "write one of them, or add template: with a MetricTemplate of your own";
            refusals.add(place, unknown.to_string(), cure);
            None
        }
    }
}

fn template(
    path: &str,
    draft: &TemplateDraft,
    service: &str,
    refusals: &mut Refusals,
) -> Option<TemplateRef> {
    let path = format!("{path}.template");
    let own = service.split_once('/').unwrap_or_default().0;
    match (&draft.file, &draft.name) {
        (Some(file), None) if draft.namespace.is_none() => Some(TemplateRef::File(file.clone())),
        (None, Some(name)) => {
            let namespace = draft.namespace.clone().unwrap_or_else(|| own.to_owned());
            if !is_kubernetes_name(name) || !is_kubernetes_name(&namespace) {
                refusals.add(path, "these are no object names", "write {name: queue-age, namespace: fnp}");
                return None;
            }
            Some(TemplateRef::Object { namespace, name: name.clone() })
        }
        (Some(_), _) | (None, None) => {
            let cure = "write template: queue-age.yaml, or template: {name: queue-age, namespace: fnp}";
            refusals.add(path, "it is neither a file nor an object", cure);
            None
        }
    }
}
