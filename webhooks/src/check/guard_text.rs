//! A policy's guards in words: what each holds on, where it is asked, and whom it holds.

use super::across::list;
use super::query_text;
use haldane_core::guard::{Carry, Guard, Reach, Rule};
use haldane_core::increment::Region;
use haldane_core::policy::{AgeOf, GuardSource, Policy, Sources};
use haldane_core::time::Span;
use std::fmt::Write as _;

/// One line each, and one for a query of the author's own. Writing to a String cannot fail, so its results are dropped.
pub(super) fn lines(policy: &Policy, sources: &Sources) -> Vec<String> {
    let guards = &policy.across.guards;
    let longest = guards.iter().map(|guard| guard.name.len()).max().unwrap_or_default().max(12);
    let mut lines = Vec::new();
    for guard in guards {
        let asked = sources.guards.get(&guard.name).cloned().unwrap_or_default();
        let mut line = format!("{:<longest$} {}", guard.name, holds_on(policy, guard, &asked));
        if guard.wait > Span::ZERO {
            let _ = write!(line, ", for {}", guard.wait);
        }
        // A lag with several limits has named them.
        if !guard.regions.is_empty() && limits(policy, guard).len() < 2 {
            let _ = write!(line, "; asked in {}", list(&guard.regions, "and"));
        }
        let _ = write!(line, "; holds {}", reach(guard.reach));
        lines.push(line);
        if let Some(query) = asked.query {
            let text = query_text::lines(&format!("{:<longest$} ", ""), &query);
            lines.extend(text.lines().map(str::to_owned));
        }
    }
    lines
}

const fn reach(reach: Reach) -> &'static str {
    match reach {
        Reach::Here => "that region",
        Reach::Everywhere => "every region",
    }
}

fn holds_on(policy: &Policy, guard: &Guard, asked: &GuardSource) -> String {
    match &guard.rule {
        Rule::RegionUp => "anything of the region does not answer".to_owned(),
        Rule::Health => "any probe fails".to_owned(),
        Rule::ReplicationLag { .. } => format!("a copy is further behind than {}", lags(policy, guard)),
        Rule::Failover { settle, writers } => {
            let mut text = format!("the writer moved less than {settle} ago");
            match writers {
                Some(1) => text.push_str(", or there is not exactly 1 writer in all regions"),
                Some(several) => {
                    let _ = write!(text, ", or there are not exactly {several} writers in all regions");
                }
                None => {}
            }
            text
        }
        Rule::Capacity { target, carry } => {
            let loads: Vec<&str> = carry.iter().map(|carry| load(*carry)).collect();
            format!("pods that are {} busy might not carry {}", percent(*target), loads.join(", "))
        }
        Rule::Alerts => alerts(asked),
        Rule::ErrorBudget { most } => format!("more than {} of the error budget is spent", percent(*most)),
        Rule::Freshness { most } => match asked.age_of {
            AgeOf::Value => format!("what the value says is more than {most} old"),
            AgeOf::Sample => format!("the newest sample is more than {most} old"),
        },
        Rule::Level { most } => format!("the number is above {most}"),
    }
}

const fn load(carry: Carry) -> &'static str {
    match carry {
        Carry::Own => "their own load",
        Carry::Failover => "a failover to here",
        Carry::Rollback => "a rollback now",
    }
}

fn alerts(asked: &GuardSource) -> String {
    let severity = asked.severity.as_ref().map(|severity| format!(" of severity {severity}"));
    let severity = severity.unwrap_or_default();
    match asked.names.as_slice() {
        [] => format!("any alert{severity} fires"),
        names => format!("{}{severity} fires", names.join(" or ")),
    }
}

/// The limit, which is each region's own where its RPO sets it.
fn lags(policy: &Policy, guard: &Guard) -> String {
    match limits(policy, guard).as_slice() {
        [(limit, _)] => limit.clone(),
        several => {
            let each = several.iter().map(|(limit, regions)| format!("{limit} in {}", list(regions, "and")));
            each.collect::<Vec<_>>().join(", ")
        }
    }
}

/// A lag's limits with the regions of each.
fn limits(policy: &Policy, guard: &Guard) -> Vec<(String, Vec<Region>)> {
    let mut limits: Vec<(String, Vec<Region>)> = Vec::new();
    for region in policy.regions.iter().map(|region| &region.name) {
        let here = policy.guards_in(region);
        let Some(Guard { rule: Rule::ReplicationLag { most, bytes }, .. }) =
            here.iter().find(|here| here.name == guard.name)
        else {
            continue;
        };
        let limit = lag(*most, *bytes);
        match limits.iter_mut().find(|(known, _)| *known == limit) {
            Some((_, regions)) => regions.push(region.clone()),
            None => limits.push((limit, vec![region.clone()])),
        }
    }
    limits
}

fn lag(most: f64, bytes: bool) -> String {
    match bytes {
        true if most >= 1_048_576.0 => format!("{} MiB", number(most / 1_048_576.0)),
        true => format!("{} KiB", number(most / 1024.0)),
        false if most >= 10.0 => Span::from_us((most * 1e6) as i64).to_string(),
        false => format!("{}s", number(most)),
    }
}

/// A share as people write it: 0.6 as `60 %`.
pub(super) fn percent(share: f64) -> String {
    format!("{} %", number(share * 100.0))
}

fn number(value: f64) -> String {
    format!("{value:.3}").trim_end_matches('0').trim_end_matches('.').to_owned()
}
