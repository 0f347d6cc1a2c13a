//! The ladder of a policy: weights that only rise, windows that can hold a judgement.

use super::draft::StepDraft;
use super::refusal::Refusals;
use super::{Step, units};
use crate::evidence::margin::MARGINS;
use crate::time::Span;

/// Latency gates sit out three minutes by default: cold caches with a slow share ×10 decaying over one minute
/// convict 5 % of healthy canaries after 60 s, none after three minutes (simulated).
const SETTLE: Span = Span::from_min(3);

pub(super) fn validate(drafts: &[StepDraft], bin: Span, refusals: &mut Refusals) -> Vec<Step> {
    if drafts.is_empty() {
        refusals.add(
            "spec.steps",
            "there is no step",
            "write at least one, such as {weight: 5, observe: 10m}",
        );
    }
    let mut below = 0;
    let mut steps = Vec::new();
    for (i, draft) in drafts.iter().enumerate() {
        let path = format!("spec.steps[{i}]");
        weight(&path, draft.weight, below, refusals);
        below = draft.weight;
        steps.extend(step(&path, i, draft, bin, refusals));
    }
    steps
}

fn weight(path: &str, weight: u32, below: u32, refusals: &mut Refusals) {
    let path = format!("{path}.weight");
    if !(1..=100).contains(&weight) {
        refusals.add(path, format!("{weight} is no weight"), "write a percentage from 1 to 100");
    } else if weight <= below {
        let problem = format!("{weight} comes after {below}");
        refusals.add(path, problem, "put the steps in ascending order of weight, each once");
    }
}

fn step(path: &str, index: usize, draft: &StepDraft, bin: Span, refusals: &mut Refusals) -> Option<Step> {
    let observe = refusals.take(&format!("{path}.observe"), units::span(&draft.observe))?;
    let extend_up_to = match &draft.extend_up_to {
        Some(text) => refusals.take(&format!("{path}.extendUpTo"), units::span(text))?,
        None => Span::from_us(observe.as_us() * 3),
    };
    let settle = match &draft.settle {
        Some(text) if text == "0s" => Span::ZERO,
        Some(text) => refusals.take(&format!("{path}.settle"), units::span(text))?,
        None if observe >= SETTLE + bin + bin => SETTLE,
        None => Span::from_us(observe.as_us() / 2),
    };
    let prove = prove(path, index, draft.prove.as_deref(), refusals)?;
    windows(path, observe, extend_up_to, settle, bin, refusals);
    Some(Step { weight: draft.weight, settle, observe, extend_up_to, prove })
}

fn windows(path: &str, observe: Span, extend_up_to: Span, settle: Span, bin: Span, refusals: &mut Refusals) {
    let least = bin + bin;
    if observe < least {
        let problem = format!("{observe} holds fewer than two increments of {bin}");
        refusals.add(
            format!("{path}.observe"),
            problem,
            format!("write {least} or more, or scrape more often"),
        );
    }
    if extend_up_to < observe {
        let problem = format!("{extend_up_to} is shorter than observe ({observe})");
        refusals.add(format!("{path}.extendUpTo"), problem, format!("write {observe} or more"));
    }
    if settle >= observe {
        let problem = format!("{settle} leaves nothing of observe ({observe}) for latency gates");
        refusals.add(format!("{path}.settle"), problem, "write a shorter time, or 0s for none");
    }
}

fn prove(path: &str, index: usize, text: Option<&str>, refusals: &mut Refusals) -> Option<u8> {
    let Some(text) = text else {
        return Some(if index == 0 { MARGINS[1] } else { MARGINS[0] });
    };
    let margin = MARGINS.into_iter().find(|m| format!("{m}x") == text.trim());
    if margin.is_none() {
        refusals.add(format!("{path}.prove"), format!("{text:?} is no margin"), "write 1x, 2x, 4x or 8x");
    }
    margin
}
