//! A report for the terminal: the headline first, then each gate with its numbers.

use super::full::RolloutReport;
use haldane_core::evidence::margin::Provability;
use haldane_core::fact::{Entry, Fact, Frozen};
use haldane_core::guard::GuardHold;
use haldane_core::headline::standing;
use haldane_core::increment::Region;
use haldane_core::order::Ordered;
use haldane_core::policy::{level_text, limit_text};
use haldane_core::reason::{Against, Reason, evidence_text};
use haldane_core::report::{GateLook, NoiseSource, RegionLook, Verdict};
use haldane_core::signal::Kind;
use haldane_core::state::Level;
use haldane_core::time::Timestamp;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The report as lines of text.
pub fn render(report: &RolloutReport) -> String {
    let mut text = format!("{}\n\n", report.headline);
    // Writing to a String cannot fail.
    let _ = writeln!(text, "rollout   {}", report.id);
    let _ = writeln!(
        text,
        "service   {}  release {}",
        report.service,
        report.release.as_deref().unwrap_or("(unnamed)")
    );
    let _ = writeln!(text, "opened    {}", instant(report.opened));
    if let Some(closed) = report.closed {
        let _ = writeln!(text, "ended     {}", instant(closed));
    }
    if let Some(last) = report.looks.last() {
        if let Some(back) = taken_back(last) {
            let _ = writeln!(text, "goes back {back}");
        }
        if last.held.is_some_and(|held| held.too_long) {
            let _ = writeln!(text, "held      for longer than the policy's maxHold");
        }
        for line in overruled(last) {
            let _ = writeln!(text, "overruled {line}");
        }
        gates(&mut text, last);
    }
    let _ = writeln!(text, "\nhow it went");
    for line in course(report) {
        let _ = writeln!(text, "  {line}");
    }
    let (looks, facts, answers) = (report.looks.len(), report.facts.len(), report.answers.len());
    let _ = writeln!(
        text,
        "\nrests on {facts} facts, {looks} looks, {answers} answers; `haldane replay` folds them again"
    );
    text
}

fn gates(text: &mut String, look: &RegionLook) {
    for stratum in &look.strata {
        let (e, threshold) = (evidence_text(stratum.ln_e), evidence_text(stratum.ln_threshold));
        let _ = writeln!(text, "against   {}: evidence {e}, rolls back at {threshold}", stratum.stratum);
    }
    let _ = writeln!(text, "\ngates");
    for gate in &look.gates {
        let _ = writeln!(
            text,
            "  {:<18} {:<22} {:<13} {}",
            gate.signal.name(),
            bound(gate),
            verdict(gate),
            details(gate)
        );
    }
}

/// What a gate compares with, in words.
pub fn bound(gate: &GateLook) -> String {
    match gate.against {
        Against::Limit => format!("below {}", limit_text(gate.signal, gate.bound)),
        Against::Primary => format!("at most {}x the primary", gate.bound),
    }
}

/// A gate's verdict, in one word. A comparison that needs no proof is quiet, which is all that is asked of it.
pub const fn verdict(gate: &GateLook) -> &'static str {
    match gate.verdict {
        Verdict::Inconclusive(Reason::NeedsNoProof { .. }) => "quiet",
        Verdict::Healthy | Verdict::Breached | Verdict::Inconclusive(_) => gate.verdict.name(),
    }
}

/// A gate's numbers, in one line.
pub fn details(gate: &GateLook) -> String {
    let against = format!("evidence against {}", evidence_text(gate.ln_e));
    let proof = gate.proof.as_ref().map(|p| {
        let margin = match p.provability {
            Some(Provability::Below { margin }) => format!(" below {margin}x the limit"),
            Some(Provability::TooLittleTraffic { .. }) => " (not provable at this traffic)".to_owned(),
            Some(Provability::BaselineOverLimit { .. }) => " (the primary is over the limit)".to_owned(),
            None => String::new(),
        };
        format!(", proof {}{margin}", evidence_text(p.ln_e))
    });
    if let Some(level) = &gate.level {
        return levels(gate, level);
    }
    let noise = match gate.noise {
        NoiseSource::History => "",
        NoiseSource::SyntheticHistory => ", history synthetic",
        NoiseSource::None => ", no history: distribution-free bettors, cautious proof",
    };
    let why = why(gate);
    let (bad, total) = (gate.bad, gate.total);
    let only = if gate.report_only { "report only: " } else { "" };
    format!("{only}{against}{}, {bad:.0} bad of {total:.0}{noise}{why}", proof.unwrap_or_default())
}

/// A level's numbers: where it is, beside which, and how many of its samples lie beyond the bound.
fn levels(gate: &GateLook, level: &Level) -> String {
    let at = |value| level_text(gate.signal, value);
    let only = if gate.report_only { "report only: " } else { "" };
    let place = gate.signal.kind() == Kind::Place;
    let beside = level.primary.map(|p| format!(" beside the primary's {}", at(p))).unwrap_or_default();
    let what = level.what.as_ref().map(|w| format!(" ({w})")).unwrap_or_default();
    let evidence = if place {
        String::new()
    } else {
        let (bad, total, e) = (gate.bad, gate.total, evidence_text(gate.ln_e));
        format!(", {bad:.0} of {total:.0} samples beyond, evidence against {e}")
    };
    format!("{only}at {}{beside}{what}{evidence}{}", at(level.canary), why(gate))
}

fn why(gate: &GateLook) -> String {
    match &gate.verdict {
        Verdict::Healthy | Verdict::Breached | Verdict::Inconclusive(Reason::NeedsNoProof { .. }) => {
            String::new()
        }
        Verdict::Inconclusive(reason) => format!("; {reason}"),
    }
}

/// With whom it goes back, if that is not its own breach.
pub fn taken_back(look: &RegionLook) -> Option<String> {
    let region = look.taken_back.as_ref()?;
    Some(format!("with {region}, which breached with the same release, as the policy's onBreach says"))
}

/// What the approval that the decision rests on overrules; nothing without one.
pub fn overruled(look: &RegionLook) -> Vec<String> {
    let reasons = look.approved.iter().flat_map(|a| &a.overrules);
    reasons.map(ToString::to_string).collect()
}

/// The looks at which the step or the decision changed, and what people ordered, in order of time.
pub fn course(report: &RolloutReport) -> Vec<String> {
    let mut turns: Vec<(Timestamp, String)> = Vec::new();
    let mut last = None;
    let mut guarded = BTreeMap::new();
    for look in &report.looks {
        let approved = look.approved.as_ref().map(|a| &a.approval.signed);
        let key = (look.weight, look.decision.name(), std::mem::discriminant(&look.stage), approved);
        let (held, back) = (holding(look), look.taken_back.is_some());
        if last != Some((key, back)) {
            last = Some((key, back));
            turns.push((look.as_of, turn(look)));
        }
        turns.extend(guards(&guarded, &held).into_iter().map(|line| (look.as_of, line)));
        guarded = held;
    }
    // The sort is stable: an order stands before the look that it led to.
    let mut lines: Vec<(Timestamp, String)> = report.facts.iter().filter_map(order).collect();
    lines.extend(turns);
    lines.sort_by_key(|(at, _)| *at);
    lines.into_iter().map(|(at, line)| format!("{}  {line}", instant(at))).collect()
}

fn order(entry: &Entry) -> Option<(Timestamp, String)> {
    let line = match &entry.fact {
        Fact::Ordered(Ordered { order, by, reason, .. }) => format!("{by} ordered {order}: {reason}"),
        Fact::Frozen(Frozen { on, by, reason, .. }) => {
            format!("{by} {} the region: {reason}", if *on { "froze" } else { "thawed" })
        }
        Fact::Opened(_)
        | Fact::Identified { .. }
        | Fact::Heard { .. }
        | Fact::Admitted { .. }
        | Fact::WeightSeen { .. }
        | Fact::Permitted { .. }
        | Fact::PromotionBegan { .. }
        | Fact::Ended { .. }
        | Fact::Sighted(_)
        | Fact::Polled(_)
        | Fact::Guarded(_) => return None,
    };
    Some((entry.at, line))
}

/// The guards that a look waits for, by region and name, with what they found.
fn holding(look: &RegionLook) -> BTreeMap<(&Region, &str), &GuardHold> {
    let mut holding = BTreeMap::new();
    for reason in look.decision.reasons() {
        if let Reason::Guard(hold) = reason {
            holding.insert((&hold.region, hold.guard.as_str()), hold);
        }
    }
    holding
}

/// Which guards began to hold, and which have let go.
fn guards(
    before: &BTreeMap<(&Region, &str), &GuardHold>,
    now: &BTreeMap<(&Region, &str), &GuardHold>,
) -> Vec<String> {
    let begun = now.iter().filter(|(key, _)| !before.contains_key(*key)).map(|(_, hold)| hold.to_string());
    let over = before.keys().filter(|key| !now.contains_key(*key));
    let over = over.map(|(region, guard)| format!("guard {guard} in {region} holds no more"));
    begun.chain(over).collect()
}

fn turn(look: &RegionLook) -> String {
    if look.stage.ended().is_some() {
        return standing(look).name().to_owned();
    }
    let why = look.decision.reasons().first().map(ToString::to_string);
    let why = why.or_else(|| look.approved.as_ref().map(ToString::to_string));
    let why = why.map(|w| format!(": {w}")).unwrap_or_default();
    let at = look.weight.map_or_else(String::new, |w| format!(" at {w} %"));
    format!("{}{at}{why}", look.decision.name())
}

/// An instant, as people write it in UTC.
pub fn instant(at: Timestamp) -> String {
    chrono::DateTime::from_timestamp_micros(at.as_us())
        .map_or_else(|| "(out of range)".to_owned(), |t| t.format("%Y-%m-%d %H:%M:%S").to_string())
}
