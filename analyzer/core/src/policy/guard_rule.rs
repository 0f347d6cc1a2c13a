//! From a guard's words to its rule: which keys each knows, and in which unit its limit is written.

use super::guard_draft::GuardFieldsDraft;
use super::probe_draft::PlainDraft;
use super::refusal::Refusals;
use super::units;
use crate::guard::{Carry, Reach, Rule};
use crate::time::Span;

/// Every rule's name, in the order of the manual.
pub(super) const NAMES: [&str; 9] = [
    "region-up",
    "health",
    "replication-lag",
    "failover",
    "capacity",
    "alerts",
    "error-budget",
    "freshness",
    "level",
];

/// How long after a move of the writer nothing goes on: connections, caches and copies have found it by then.
const SETTLE: Span = Span::from_min(10);

/// What Kubernetes' autoscaler aims at where nobody says otherwise.
const TARGET: f64 = 0.8;

/// The keys that a rule knows beyond those of every guard; none where there is no such rule.
pub(super) fn own_keys(rule: &str) -> Option<&'static [&'static str]> {
    match rule {
        "region-up" => Some(&["query"]),
        "health" => Some(&[]),
        "replication-lag" | "error-budget" | "level" => Some(&["query", "max"]),
        "failover" => Some(&["query", "settle", "writers"]),
        "capacity" => Some(&["target", "carry"]),
        "alerts" => Some(&["severity", "names"]),
        "freshness" => Some(&["query", "max", "of"]),
        _ => None,
    }
}

/// Whom a rule holds where nobody says otherwise: what takes a region away, or moves its writer, is everybody's.
pub(super) const fn reach(rule: &Rule) -> Reach {
    match rule {
        Rule::RegionUp | Rule::Failover { .. } => Reach::Everywhere,
        Rule::Health
        | Rule::ReplicationLag { .. }
        | Rule::Capacity { .. }
        | Rule::Alerts
        | Rule::ErrorBudget { .. }
        | Rule::Freshness { .. }
        | Rule::Level { .. } => Reach::Here,
    }
}

/// The rule of that name, with what is said of it at `path`; none where it is refused.
pub(super) fn rule(
    path: &str,
    name: &str,
    fields: &GuardFieldsDraft,
    refusals: &mut Refusals,
) -> Option<Rule> {
    let max_path = format!("{path}.max");
    match name {
        "region-up" => Some(Rule::RegionUp),
        "health" => Some(Rule::Health),
        "replication-lag" => {
            let limit = fields.max.as_ref().map(|max| refusals.take(&max_path, units::lag(&max.0)));
            // Without a limit of its own it is the regions' RPO, which each brings along.
            let (most, bytes) = limit.unwrap_or(Some((0.0, false)))?;
            Some(Rule::ReplicationLag { most, bytes })
        }
        "failover" => failover(path, fields, refusals),
        "capacity" => capacity(path, fields, refusals),
        "alerts" => Some(Rule::Alerts),
        "error-budget" => {
            let share = |max: &PlainDraft| {
                refusals.take(&max_path, units::whole_share(&max.0, "a share of the budget such as 80%"))
            };
            let most = fields.max.as_ref().map_or(Some(1.0), share)?;
            Some(Rule::ErrorBudget { most })
        }
        "freshness" => {
            let max = needed(path, fields, "30m", refusals)?;
            Some(Rule::Freshness { most: refusals.take(&max_path, units::span(&max.0))? })
        }
        "level" => {
            let max = needed(path, fields, "2", refusals)?;
            Some(Rule::Level { most: refusals.take(&max_path, units::plain(&max.0))? })
        }
        _ => None,
    }
}

/// What a rule cannot do without.
fn needed<'a>(
    path: &str,
    fields: &'a GuardFieldsDraft,
    like: &str,
    refusals: &mut Refusals,
) -> Option<&'a PlainDraft> {
    if fields.max.is_none() {
        refusals.add(path, "nobody says what is too much", format!("add max: {like}"));
    }
    fields.max.as_ref()
}

fn failover(path: &str, fields: &GuardFieldsDraft, refusals: &mut Refusals) -> Option<Rule> {
    let settle = match &fields.settle {
        None => SETTLE,
        Some(text) => refusals.take(&format!("{path}.settle"), units::span(text))?,
    };
    if fields.writers == Some(0) {
        let cure = "write how many there must be in all regions together, 1 as a rule, or leave it out";
        refusals.add(format!("{path}.writers"), "a service that nobody may write to", cure);
    }
    if fields.wait.is_some() {
        let cure = "leave it out: settle: says how long it holds, and it begins at once";
        refusals.add(format!("{path}.for"), "a failover is an instant, and does not stand", cure);
    }
    Some(Rule::Failover { settle, writers: fields.writers })
}

fn capacity(path: &str, fields: &GuardFieldsDraft, refusals: &mut Refusals) -> Option<Rule> {
    let target = match &fields.target {
        None => TARGET,
        Some(text) => {
            refusals.take(&format!("{path}.target"), units::whole_share(&text.0, "a share such as 60%"))?
        }
    };
    if target <= 0.0 {
        let cure = "write what the autoscaler aims at, such as 60%";
        refusals.add(format!("{path}.target"), "no number of pods has nothing to do", cure);
        return None;
    }
    let mut carry: Vec<Carry> = Vec::new();
    for (i, word) in fields.carry.iter().enumerate() {
        let path = format!("{path}.carry[{i}]");
        match Carry::ALL.into_iter().find(|one| one.to_string() == *word) {
            Some(one) if carry.contains(&one) => {
                refusals.add(path, format!("{one} is there twice"), "write it once")
            }
            Some(one) => carry.push(one),
            None => {
                let names = Carry::ALL.map(|one| one.to_string()).join(", ");
                refusals.add(path, format!("{word:?} is no load"), format!("write {names}"));
            }
        }
    }
    if carry.is_empty() {
        carry.push(Carry::Own);
    }
    Some(Rule::Capacity { target, carry })
}
