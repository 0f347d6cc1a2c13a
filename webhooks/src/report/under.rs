//! What another policy would have decided on a stored rollout's facts, look by look.
//!
//! The same facts are folded once more with the other policy in place of the one that each opening recorded; nothing else
//! is changed. So the weights are those that really happened, and so is the end: Flagger did what it was told then. What
//! the facts cannot say (slow requests of another limit, signals that nobody counted) is refused, not guessed.

use super::full::{ReportError, stored, unreadable};
use haldane_core::fact::{Entry, Fact};
use haldane_core::fold::look;
use haldane_core::headline::headline;
use haldane_core::increment::Region;
use haldane_core::policy::{Policy, limit_text};
use haldane_core::report::{Decision, RegionLook};
use haldane_core::signal::{Kind, Signal};
use haldane_core::state::ServiceState;
use haldane_core::time::Timestamp;
use haldane_store::Store;
use serde::Serialize;
use std::collections::BTreeSet;
use thiserror::Error;

/// What has to be known to read a comparison.
pub const NOTE: &str = "The facts are those of the recorded rollout: weights and its end happened under the recorded policy, \
                        and the other one is asked at each look what it would have decided there.";

/// A rollout under another policy.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Under {
    /// Which rollout.
    pub rollout: String,
    /// The name of the policy that judged it.
    pub recorded_policy: String,
    /// The name of the other.
    pub other_policy: String,
    /// How many looks were compared.
    pub looks: usize,
    /// At how many of them the decisions differ.
    pub differing: usize,
    /// The first look at which they do.
    pub first: Option<Row>,
    /// Each look at which a decision changed under either, the first look included.
    pub changes: Vec<Row>,
    /// How it ended under the recorded policy, in one sentence.
    pub recorded_end: String,
    /// The same under the other.
    pub other_end: String,
    /// Recorded looks that this version folds to another decision: then a difference may be the version's.
    pub not_reproduced: usize,
    /// [`NOTE`].
    pub note: &'static str,
}

/// One look under both.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// When.
    pub at: Timestamp,
    /// The canary's weight in percent, where it was known.
    pub weight: Option<u32>,
    /// The decision that was recorded.
    pub recorded: &'static str,
    /// The decision under the other policy.
    pub other: &'static str,
    /// Why, where they differ: of the one that does not advance; else the first reason that both have.
    pub reason: String,
}

/// Why a rollout cannot be judged by the other policy.
#[derive(Debug, Error)]
pub enum UnderError {
    /// It cannot be read.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The facts cannot answer for this policy.
    #[error("this rollout cannot be judged by that policy: {0}")]
    Unfit(String),
}

/// Compares rollout `id` as recorded with what `other` would have decided.
///
/// # Errors
/// A store that cannot be read, or a policy that the recorded facts cannot answer for.
pub async fn under(store: &Store, id: &str, other: &Policy) -> Result<Under, UnderError> {
    let stored = stored(store, id).await?;
    let unreadable = unreadable(id);
    let mut facts = Vec::with_capacity(stored.facts.len());
    for fact in &stored.facts {
        facts.push((fact.seq, serde_json::from_str::<Entry>(&fact.body).map_err(&unreadable)?));
    }
    let incomplete = || ReportError::Incomplete(id.to_owned());
    let (recorded, region) = opened(&facts, id).ok_or_else(incomplete)?;
    fits(&recorded, other, &region, &facts).map_err(UnderError::Unfit)?;
    let mut states = [ServiceState::default(), ServiceState::default()];
    let mut facts = facts.into_iter().peekable();
    let mut pairs = Vec::new();
    let mut not_reproduced = 0;
    for written in &stored.looks {
        let mut entries = Vec::new();
        while let Some((_, entry)) = facts.next_if(|(seq, _)| *seq <= written.fact_seq) {
            entries.push(entry);
        }
        let replaced: Vec<Entry> = entries.iter().map(|entry| replaced(entry, other)).collect();
        let [then, now] = states;
        let (then, folded) = look(then, &entries, written.look.as_of);
        let (now, hypothetical) = look(now, &replaced, written.look.as_of);
        states = [then, now];
        let as_written: RegionLook = serde_json::from_str(&written.look.body).map_err(&unreadable)?;
        let of = |look: haldane_core::report::Look| look.regions.into_iter().find(|r| r.rollout.0 == id);
        not_reproduced += usize::from(of(folded).is_none_or(|l| l.decision != as_written.decision));
        pairs.push((as_written, of(hypothetical).ok_or_else(incomplete)?));
    }
    let ((recorded_last, other_last), rows) = (pairs.last().ok_or_else(incomplete)?, pairs.iter().map(row));
    let rows: Vec<Row> = rows.collect();
    Ok(Under {
        rollout: id.to_owned(),
        recorded_end: headline(recorded_last, &recorded),
        other_end: other_end(&pairs, other, other_last),
        recorded_policy: recorded.name,
        other_policy: other.name.clone(),
        looks: rows.len(),
        differing: rows.iter().filter(|r| r.recorded != r.other).count(),
        first: rows.iter().find(|r| r.recorded != r.other).cloned(),
        changes: changes(rows),
        not_reproduced,
        note: NOTE,
    })
}

/// The policy that rollout `id` opened with, and its region.
fn opened(facts: &[(i64, Entry)], id: &str) -> Option<(Policy, Region)> {
    facts.iter().find_map(|(_, entry)| {
        let Fact::Opened(opened) = &entry.fact else { return None };
        (opened.rollout.0 == id).then(|| (opened.policy.clone(), opened.region.clone()))
    })
}

/// As if this policy had always been in force: other regions and earlier releases share evidence and order with this one.
fn replaced(entry: &Entry, other: &Policy) -> Entry {
    let mut entry = entry.clone();
    if let Fact::Opened(opened) = &mut entry.fact {
        opened.policy = other.clone();
    }
    entry
}

/// Whether the recorded facts can answer for the other policy.
fn fits(recorded: &Policy, other: &Policy, region: &Region, facts: &[(i64, Entry)]) -> Result<(), String> {
    if recorded.service != other.service {
        return Err(format!("it is about {}, the policy about {}", recorded.service, other.service));
    }
    let names = |policy: &Policy| policy.regions.iter().map(|r| r.name.0.clone()).collect::<BTreeSet<_>>();
    let (then, now) = (names(recorded), names(other));
    if then != now {
        let list = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(", ");
        return Err(format!(
            "its regions were {}, the policy's are {}; write the same ones",
            list(then),
            list(now)
        ));
    }
    for gate in &other.gates {
        counted(gate.signal, region, facts)?;
        latency(gate.signal, recorded, other)?;
    }
    Ok(())
}

/// A signal that was never asked for has no counts; its gate would only ever say so.
fn counted(signal: Signal, region: &Region, facts: &[(i64, Entry)]) -> Result<(), String> {
    let polled = |entry: &Entry| matches!(&entry.fact, Fact::Polled(i) if i.region == *region && i.signals.contains_key(&signal));
    if facts.iter().any(|(_, entry)| polled(entry)) {
        return Ok(());
    }
    Err(format!("{signal} was not counted then; take its gate out of the policy"))
}

/// Which requests were slow, and which samples of a level were above it, was decided by the limit when they were counted.
fn latency(signal: Signal, recorded: &Policy, other: &Policy) -> Result<(), String> {
    if !matches!(signal.kind(), Kind::Latency | Kind::Gauge) {
        return Ok(());
    }
    let tolerate =
        |policy: &Policy| policy.gates.iter().find(|g| g.signal == signal).and_then(|g| g.tolerate);
    if signal.kind() == Kind::Gauge && tolerate(recorded) != tolerate(other) {
        return Err(format!(
            "{signal} was counted against another tolerance then; how many samples this one would have counted is not \
             recorded; write the recorded one"
        ));
    }
    let limit = |policy: &Policy, region: &Region| {
        policy.gates.iter().find(|g| g.signal == signal).and_then(|g| policy.limit_in(region, g))
    };
    for region in &other.regions {
        let (then, now) = (limit(recorded, &region.name), limit(other, &region.name));
        if then != now {
            let text =
                |limit: Option<f64>| limit.map_or_else(|| "none".to_owned(), |l| limit_text(signal, l));
            return Err(format!(
                "{signal} was counted in {} against the limit then, {}; how many events or samples another limit ({}) would have \
                 counted is not recorded; write the recorded one",
                region.name,
                text(then),
                text(now)
            ));
        }
    }
    Ok(())
}

fn row((recorded, other): &(RegionLook, RegionLook)) -> Row {
    let differ = recorded.decision.name() != other.decision.name();
    let first = |decision: &Decision| decision.reasons().first().map(ToString::to_string);
    let reason = match (differ, first(&recorded.decision), first(&other.decision)) {
        (true, Some(then), Some(now)) => format!("recorded: {then}; other: {now}"),
        (true, Some(then), None) => format!("recorded: {then}"),
        (true, None, Some(now)) => format!("other: {now}"),
        (false, _, now) => now.unwrap_or_else(|| "every gate passed".to_owned()),
        (true, None, None) => String::new(),
    };
    Row {
        at: recorded.as_of,
        weight: recorded.weight,
        recorded: recorded.decision.name(),
        other: other.decision.name(),
        reason,
    }
}

/// The rows at which either decision, or the weight they are about, is another than before.
fn changes(rows: Vec<Row>) -> Vec<Row> {
    let mut before = None;
    let mut changes = Vec::new();
    for row in rows {
        let now = (row.weight, row.recorded, row.other);
        if before != Some(now) {
            before = Some(now);
            changes.push(row);
        }
    }
    changes
}

/// The facts end as they ended; what the other policy said before they did is the answer.
fn other_end(pairs: &[(RegionLook, RegionLook)], other: &Policy, last: &RegionLook) -> String {
    let back = pairs.iter().map(|(_, look)| look).find(|look| matches!(look.decision, Decision::Rollback(_)));
    if let Some(look) = back {
        return headline(look, other);
    }
    let open = pairs.iter().rev().map(|(_, look)| look).find(|look| look.stage.ended().is_none());
    headline(open.unwrap_or(last), other)
}
