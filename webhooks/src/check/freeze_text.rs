//! A policy's freezes in words: why, where, when, and the next one as the clocks of the place and as those of everybody show it.

use super::across::list;
use haldane_core::policy::{Freeze, FreezeWhen, Window, local_text};
use haldane_core::time::Timestamp;

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Two lines each: what it is, and when it comes next.
pub(super) fn lines(freezes: &[Freeze], now: Timestamp) -> Vec<String> {
    freezes.iter().flat_map(|freeze| [what(freeze), next(freeze, now)]).collect()
}

fn what(freeze: &Freeze) -> String {
    let Freeze { reason, zone, when, regions } = freeze;
    let whom = if regions.is_empty() { "all regions".to_owned() } else { list(regions, "and") };
    match when {
        FreezeWhen::Weekly { from_min, to_min } => {
            format!("{reason}: every {} to {}, {zone}; {whom}", minute(*from_min), minute(*to_min))
        }
        FreezeWhen::Once { .. } => format!("{reason}: once, {zone}; {whom}"),
    }
}

fn next(freeze: &Freeze, now: Timestamp) -> String {
    let Some(Window { since, until }) = freeze.next(now) else {
        return "  it is over, and can be taken out".to_owned();
    };
    let verb = if since <= now { "stands since" } else { "next" };
    let utc = |at| local_text("UTC", at).unwrap_or_default();
    let here = |at| local_text(&freeze.zone, at).unwrap_or_default();
    if matches!(freeze.zone.as_str(), "UTC" | "Etc/UTC") {
        return format!("  {verb} {} to {}", utc(since), utc(until));
    }
    format!("  {verb} {} to {} ({} to {})", here(since), here(until), utc(since), utc(until))
}

/// `Fri 18:00`.
fn minute(of_week: u32) -> String {
    let day = usize::try_from(of_week / 1440).ok().and_then(|day| DAYS.get(day)).unwrap_or(&DAYS[0]);
    format!("{day} {:02}:{:02}", of_week / 60 % 24, of_week % 60)
}
