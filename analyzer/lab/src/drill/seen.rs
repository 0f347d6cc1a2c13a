//! What Haldane's guards would have seen of a recording at an instant, and which of them it can tell at all.

use super::recording::Recording;
use super::sample::{Value, What};
use haldane_core::guard::{Guard, Pods, Rule, Seen, Watch, Watched};
use haldane_core::increment::{Missing, Region};
use haldane_core::policy::Policy;
use haldane_core::time::Timestamp;
use std::collections::BTreeSet;

/// What a guard asks of a recording.
fn asks(guard: &Guard) -> What {
    match &guard.rule {
        Rule::RegionUp => What::Up,
        Rule::Health => What::Health,
        Rule::ReplicationLag { bytes: false, .. } => What::LagS,
        Rule::ReplicationLag { bytes: true, .. } => What::LagBytes,
        Rule::Failover { .. } => What::Writer,
        Rule::Capacity { .. } => What::Pods,
        Rule::Alerts => What::Alerts,
        Rule::ErrorBudget { .. } => What::BudgetSpent,
        Rule::Freshness { .. } | Rule::Level { .. } => What::Guard(guard.name.clone()),
    }
}

/// Whether the recording can say what `guard` sees in `region`.
pub(super) fn tells(recording: &Recording, region: &Region, guard: &Guard) -> bool {
    match (&guard.rule, asks(guard)) {
        // Who writes is a question about all regions: of one that is never named nobody writes there.
        (Rule::Failover { .. }, what) => recording.has_anywhere(&what),
        (Rule::Capacity { .. }, _) => {
            [What::Pods, What::PodsMax, What::Utilisation].iter().all(|what| recording.has(region, what))
        }
        (_, what) => recording.has(region, &what) || recording.has(region, &named(guard)),
    }
}

fn named(guard: &Guard) -> What {
    What::Guard(guard.name.clone())
}

/// What a poll at `at` would have seen of every guard of `region`.
pub(super) fn watch(policy: &Policy, recording: &Recording, region: &Region, at: Timestamp) -> Watch {
    let watched = |guard: Guard| Watched { seen: seen(recording, region, &guard, at), guard };
    let guards = policy.guards_in(region).into_iter().map(watched).collect();
    Watch { region: region.clone(), as_of: at, guards }
}

fn seen(recording: &Recording, region: &Region, guard: &Guard, at: Timestamp) -> Seen {
    let number = |what: &What| recording.number(region, what, at);
    let level = |level: f64| Seen::Level { level, what: None };
    let own = number(&named(guard)).map(level);
    let what = asks(guard);
    let seen = own.or_else(|| match &guard.rule {
        Rule::RegionUp | Rule::Health => number(&what).map(|share| level((1.0 - share).clamp(0.0, 1.0))),
        Rule::Failover { .. } if !recording.has(region, &what) => {
            Some(Seen::Names { names: BTreeSet::new() })
        }
        Rule::Failover { .. } | Rule::Alerts => {
            recording.names(region, &what, at).map(|names| Seen::Names { names: names.clone() })
        }
        Rule::Capacity { .. } => pods(recording, region, at),
        Rule::ReplicationLag { .. }
        | Rule::ErrorBudget { .. }
        | Rule::Freshness { .. }
        | Rule::Level { .. } => number(&what).map(level),
    });
    seen.unwrap_or_else(|| Seen::Unknown { why: why(recording, region, &what, at) })
}

fn pods(recording: &Recording, region: &Region, at: Timestamp) -> Option<Seen> {
    let number = |what| recording.number(region, &what, at);
    Some(Seen::Pods(Pods {
        current: number(What::Pods)?,
        primary: None,
        utilisation: number(What::Utilisation)?,
        most: number(What::PodsMax)?,
    }))
}

fn why(recording: &Recording, region: &Region, what: &What, at: Timestamp) -> Missing {
    let series = what.name().to_owned();
    match recording.newest(region, what, at) {
        Some((_, Value::Unknown)) | None => Missing::PlaceAbsent { series },
        Some((sampled, Value::Number(_) | Value::Names(_))) => {
            let age_s = u64::try_from((at - sampled).as_us() / 1_000_000).unwrap_or_default();
            Missing::PlaceOld { series, age_s }
        }
    }
}
