//! Checks the windows in which nothing may go on: a zone that exists, a beginning and an end, regions of this policy.

use super::freeze::{Freeze, FreezeWhen};
use super::freeze_draft::FreezeDraft;
use super::known::known_regions;
use super::refusal::Refusals;
use super::{weekly, zone};
use crate::increment::Region;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The freezes of `spec.freeze`, where the policy has `regions`.
pub(super) fn freezes(drafts: &[FreezeDraft], regions: &[&Region], refusals: &mut Refusals) -> Vec<Freeze> {
    let mut freezes = Vec::new();
    for (i, draft) in drafts.iter().enumerate() {
        let path = format!("spec.freeze[{i}]");
        let zone = zone(&path, draft.zone.as_deref(), refusals);
        let concerned = known_regions(&format!("{path}.regions"), &draft.regions, regions, refusals);
        let reason = reason(&path, draft, refusals);
        let Some(zone) = zone else { continue };
        let Some(when) = when(&path, draft, zone, refusals) else { continue };
        freezes.push(Freeze { reason, zone: zone.name().to_owned(), when, regions: concerned });
    }
    freezes
}

fn zone(path: &str, name: Option<&str>, refusals: &mut Refusals) -> Option<Tz> {
    let Some(name) = name else {
        let cure = "add zone: with an IANA name such as Europe/Berlin, or UTC";
        refusals.add(path, "nobody says in which zone's time it is", cure);
        return None;
    };
    let zone = zone::named(name);
    if zone.is_none() {
        let like = zone::like(name).join(" or ");
        let cure = if like.is_empty() { "an IANA name such as Europe/Berlin, or UTC" } else { &like };
        refusals.add(format!("{path}.zone"), format!("{name:?} is no time zone"), format!("write {cure}"));
    }
    zone
}

fn reason(path: &str, draft: &FreezeDraft, refusals: &mut Refusals) -> String {
    const LONGEST: usize = 120;
    if let Some(reason) = &draft.reason {
        if reason.trim().is_empty()
            || reason.chars().count() > LONGEST
            || reason.chars().any(char::is_control)
        {
            let cure = format!("write one line of at most {LONGEST} letters, such as weekend");
            refusals.add(format!("{path}.reason"), "it cannot stand in an answer", cure);
        }
        return reason.clone();
    }
    let once = || Some(format!("{} to {}", draft.since.as_ref()?, draft.until.as_ref()?));
    draft.days.clone().or_else(once).unwrap_or_default()
}

fn when(path: &str, draft: &FreezeDraft, zone: Tz, refusals: &mut Refusals) -> Option<FreezeWhen> {
    match (&draft.days, &draft.since, &draft.until) {
        (Some(days), None, None) => weekly(&format!("{path}.days"), days, refusals),
        (None, Some(since), Some(until)) => {
            let since = instant(&format!("{path}.since"), since, zone, weekly::beginning, refusals);
            let until = instant(&format!("{path}.until"), until, zone, weekly::end, refusals);
            let (since, until) = (since?, until?);
            if since >= until {
                let cure = "write an instant after since, or swap them";
                refusals.add(format!("{path}.until"), "it ends before it begins", cure);
                return None;
            }
            Some(FreezeWhen::Once { since, until })
        }
        (Some(_), _, _) => {
            refusals.add(path, "it is every week and once", "keep either days, or since and until");
            None
        }
        (None, _, _) => {
            let cure = "write days: \"Fri 18:00 - Mon 06:00\", or both since: and until:";
            refusals.add(path, "nobody says when it is", cure);
            None
        }
    }
}

fn weekly(path: &str, text: &str, refusals: &mut Refusals) -> Option<FreezeWhen> {
    let (from, to) = text.split_once('-').unwrap_or((text, ""));
    let (Some(from_min), Some(to_min)) = (minute_of_week(from), minute_of_week(to)) else {
        let cure = "write it like \"Fri 18:00 - Mon 06:00\"";
        refusals.add(path, format!("{text:?} is no part of a week"), cure);
        return None;
    };
    if from_min == to_min {
        let cure = "write an end that is not the beginning; a release that may never go on needs no freeze";
        refusals.add(path, "it leaves nothing of the week open", cure);
        return None;
    }
    Some(FreezeWhen::Weekly { from_min, to_min })
}

/// `Fri 18:00`; `Sun 24:00` is Monday's beginning.
fn minute_of_week(text: &str) -> Option<u32> {
    let (day, time) = text.trim().split_once(' ')?;
    let day = day.to_lowercase();
    let day = DAYS.iter().position(|name| *name == day || name.get(..3) == Some(&day))?;
    let (hour, minute) = time.trim().split_once(':')?;
    let number = |text: &str| {
        let plain = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| text.parse::<u32>().ok()).flatten()
    };
    let of_day =
        Some(number(hour)? * 60 + number(minute)?).filter(|_| number(minute).is_some_and(|m| m < 60));
    let of_day = of_day.filter(|minute| *minute <= 24 * 60)?;
    Some((u32::try_from(day).ok()? * 24 * 60 + of_day) % weekly::WEEK_MIN)
}

type Reading = fn(Tz, NaiveDateTime) -> Option<crate::time::Timestamp>;

fn instant(
    path: &str,
    text: &str,
    zone: Tz,
    reading: Reading,
    refusals: &mut Refusals,
) -> Option<crate::time::Timestamp> {
    let day = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let shown = match text.len() {
        10 => day(text).map(|day| day.and_time(NaiveTime::MIN)),
        16 => NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").ok(),
        _ => None,
    };
    let instant = shown.and_then(|shown| reading(zone, shown));
    if instant.is_none() {
        let cure = "write it like 2026-12-20T00:00, as the clocks of the zone show it";
        refusals.add(path, format!("{text:?} is no instant"), cure);
    }
    instant
}
