//! How a guard stands: what was seen last, since when it is over what is allowed, and what follows at an instant.

use super::{Carry, Elsewhere, Finding, Guard, Guards, Rule, Seen, Watch};
use crate::time::{Span, Timestamp, is_fresh};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is known of one guard in one region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GuardState {
    /// The guard, as it was last asked.
    pub guard: Guard,
    /// What was seen.
    pub seen: Seen,
    /// When.
    pub as_of: Timestamp,
    /// Since when it has been over what is allowed, or unknown, without a break.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Since when it has been known and within what is allowed, without a break.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clear: Option<Timestamp>,
    /// Who wrote before the last move, and when it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<(Timestamp, BTreeSet<String>)>,
    /// Who wrote when that was last known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writers: Option<BTreeSet<String>>,
}

/// How a guard stands at an instant.
#[derive(Clone, Debug, PartialEq)]
pub enum Stand {
    /// Nothing stands.
    Clear,
    /// It is over what is allowed, not yet for as long as it takes to hold.
    Pending {
        /// Time left.
        left: Span,
    },
    /// It holds.
    Holds {
        /// How long it has stood.
        stood: Span,
        /// What was found.
        finding: Finding,
    },
}

/// Learns what a poll saw. What is not asked any more is forgotten: a policy that was changed has other guards.
pub(crate) fn watch(guards: &mut Guards, watch: &Watch) {
    let mut before = guards.remove(&watch.region).unwrap_or_default();
    let region = guards.entry(watch.region.clone()).or_default();
    for watched in &watch.guards {
        let named = before.remove(&watched.guard.name);
        // Who writes and since when is no matter of the guard's terms: a policy that is changed in a failover ends none.
        let written = named.as_ref().filter(|known| is_failover(&known.guard.rule)).cloned();
        let known = named.filter(|known| known.guard.rule == watched.guard.rule);
        if let Some(known) = known.as_ref().filter(|known| known.as_of >= watch.as_of) {
            region.insert(watched.guard.name.clone(), known.clone());
            continue;
        }
        let over = over(&watched.guard.rule, &watched.seen);
        let since = over.then(|| known.as_ref().and_then(|k| k.since).unwrap_or(watch.as_of));
        let clear = (!over).then(|| known.as_ref().and_then(|k| k.clear).unwrap_or(watch.as_of));
        let (moved, writers) = moves(written, &watched.guard.rule, &watched.seen, watch.as_of);
        let (guard, seen) = (watched.guard.clone(), watched.seen.clone());
        let state = GuardState { guard, seen, as_of: watch.as_of, since, clear, moved, writers };
        region.insert(watched.guard.name.clone(), state);
    }
}

const fn is_failover(rule: &Rule) -> bool {
    matches!(rule, Rule::Failover { .. })
}

type Moved = Option<(Timestamp, BTreeSet<String>)>;

/// A writer that moves is news against who wrote when that was last known: a source that is away in a failover must not
/// make anybody forget who it was.
fn moves(
    known: Option<GuardState>,
    rule: &Rule,
    seen: &Seen,
    at: Timestamp,
) -> (Moved, Option<BTreeSet<String>>) {
    let (moved, writers) = known.map(|k| (k.moved, k.writers)).unwrap_or_default();
    match (rule, seen) {
        (Rule::Failover { .. }, Seen::Names { names }) => match writers {
            Some(before) if before != *names => (Some((at, before)), Some(names.clone())),
            before => (moved, before.or_else(|| Some(names.clone()))),
        },
        _ => (moved, writers),
    }
}

/// Whether what was seen is over what is allowed, as far as the region's own poll can tell.
fn over(rule: &Rule, seen: &Seen) -> bool {
    match seen {
        Seen::Unknown { .. } => true,
        Seen::Level { level, .. } => match rule {
            Rule::RegionUp | Rule::Health => *level > 0.0,
            Rule::ReplicationLag { most, .. } | Rule::ErrorBudget { most } | Rule::Level { most } => {
                level > most
            }
            Rule::Freshness { most } => *level > most.as_s(),
            Rule::Failover { .. } | Rule::Capacity { .. } | Rule::Alerts => false,
        },
        Seen::Names { names } => matches!(rule, Rule::Alerts) && !names.is_empty(),
        Seen::Pods(_) => false,
    }
}

/// Whether a watch shows something that a record should keep even where no rollout is open: since when something stands.
pub fn is_news(guards: &Guards, seen: &Watch) -> bool {
    let known = guards.get(&seen.region);
    let same = |a: &Seen, b: &Seen, rule: &Rule| match (a, b) {
        (Seen::Names { names: a }, Seen::Names { names: b }) => a == b,
        _ => over(rule, a) == over(rule, b),
    };
    let count = known.map_or(0, |k| k.len());
    count != seen.guards.len()
        || seen.guards.iter().any(|watched| {
            known.and_then(|k| k.get(&watched.guard.name)).is_none_or(|k| {
                k.guard != watched.guard || !same(&k.seen, &watched.seen, &watched.guard.rule)
            })
        })
}

impl GuardState {
    /// How it stands at `now` beside what is known of the same guard `elsewhere`, where the newest that may be rested on is
    /// `max_age` old.
    pub(crate) fn stand(&self, elsewhere: &Elsewhere<'_>, now: Timestamp, max_age: Span) -> Stand {
        let age = now - self.as_of;
        let stood = self.since.map_or(Span::ZERO, |since| now - since);
        if !is_fresh(age, max_age) {
            return Stand::Holds { stood: Span::ZERO, finding: Finding::Old { age } };
        }
        let held = |finding| Stand::Holds { stood, finding };
        if let Seen::Unknown { why } = &self.seen {
            return held(Finding::Unknown { why: Some(why.clone()) });
        }
        let found = match (&self.guard.rule, &self.seen) {
            (Rule::Failover { settle, writers }, _) => self.failover(elsewhere, *settle, *writers, now),
            (Rule::Capacity { target, carry }, Seen::Pods(pods)) => {
                let other = if carry.contains(&Carry::Failover) {
                    elsewhere.largest_load(now, max_age)
                } else {
                    Ok(0.0)
                };
                let other = match other {
                    Ok(load) => load,
                    Err(finding) => return held(finding),
                };
                let short = |carry: &Carry| Some((*carry, pods.short(*carry, *target, other)?));
                let found = carry.iter().find_map(short);
                found.map(|(carry, s)| Finding::TooFewPods { carry, needed: s.needed, most: s.most })
            }
            (Rule::Alerts, Seen::Names { names }) if !names.is_empty() => {
                Some(Finding::Firing { names: names.clone() })
            }
            (rule, Seen::Level { level, what }) if over(rule, &self.seen) => {
                Some(Finding::Over { rule: rule.clone(), level: *level, what: what.clone() })
            }
            _ => None,
        };
        match found {
            None => Stand::Clear,
            Some(_) if stood < self.guard.wait && self.since.is_some() => {
                Stand::Pending { left: self.guard.wait - stood }
            }
            Some(finding) => held(finding),
        }
    }

    fn failover(
        &self,
        elsewhere: &Elsewhere<'_>,
        settle: Span,
        writers: Option<u32>,
        now: Timestamp,
    ) -> Option<Finding> {
        if let Some((at, from)) = self.moved.as_ref().filter(|(at, _)| now - *at < settle) {
            let (from, to) = (from.clone(), self.writers.clone().unwrap_or_default());
            return Some(Finding::WriterMoved { from, to, left: settle - (now - *at) });
        }
        let expected = writers?;
        // Databases are named alike in every region: db-1 here and db-1 there are two that write.
        let names: BTreeSet<String> = elsewhere
            .all()
            .filter_map(|(region, known)| Some((region, known.writers.as_ref()?)))
            .flat_map(|(region, names)| names.iter().map(move |n| format!("{n} in {region}")))
            .collect();
        (u32::try_from(names.len()) != Ok(expected)).then_some(Finding::Writers { names, expected })
    }
}
