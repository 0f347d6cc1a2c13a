//! The gates of a policy: each signal once, each with something to satisfy.

use super::draft::GateDraft;
use super::refusal::Refusals;
use super::{Gate, units};
use crate::signal::{Kind, Signal};

pub(super) fn validate(drafts: &[GateDraft], refusals: &mut Refusals) -> Vec<Gate> {
    let mut gates: Vec<Gate> = Vec::new();
    for (i, draft) in drafts.iter().enumerate() {
        let path = format!("spec.gates[{i}]");
        let Some(gate) = gate(&path, draft, refusals) else {
            continue;
        };
        if gates.iter().any(|g| g.signal == gate.signal) {
            let problem = format!("{} is gated twice", gate.signal);
            refusals.add(format!("{path}.signal"), problem, "put limit and tolerate into one gate");
            continue;
        }
        gates.push(gate);
    }
    if drafts.is_empty() || (gates.len() == drafts.len() && gates.iter().all(|g| g.limit.is_none())) {
        let cure = "write at least one gate with a limit, such as {signal: error-rate, limit: 0.1%}";
        refusals.add("spec.gates", "no gate has a limit, so nothing would have to be proved", cure);
    } else if gates.len() == drafts.len() && gates.iter().all(|g| g.limit.is_none() || g.report_only) {
        let problem = "every gate with a limit is report-only, so nothing would have to be proved";
        refusals.add("spec.gates", problem, "take reportOnly from at least one gate with a limit");
    }
    gates
}

fn gate(path: &str, draft: &GateDraft, refusals: &mut Refusals) -> Option<Gate> {
    let signal: Signal = match draft.signal.parse() {
        Ok(signal) => signal,
        Err(unknown) => {
            let cure = "write one of them; others cannot be judged yet";
            refusals.add(format!("{path}.signal"), unknown.to_string(), cure);
            return None;
        }
    };
    if draft.limit.is_none() && draft.tolerate.is_none() {
        refusals.add(path, format!("{signal} has nothing to satisfy"), "add limit, tolerate, or both");
    }
    if signal.kind() == Kind::Latency && draft.limit.is_none() {
        refusals.add(
            path,
            format!("{signal} has no limit"),
            "add one such as limit: 200ms: slower than it is slow",
        );
    }
    let limit = match &draft.limit {
        Some(text) => Some(refusals.take(&format!("{path}.limit"), units::limit(signal, text))?),
        None => None,
    };
    let tolerate = match &draft.tolerate {
        Some(text) => Some(refusals.take(&format!("{path}.tolerate"), units::times(text))?),
        None => None,
    };
    Some(Gate { signal, limit, tolerate, report_only: draft.report_only })
}
