//! The weeks of a place: at which instants its clocks show the beginning and the end of a weekly window.
//!
//! A window is one stretch of time: from the first instant at which the clocks show its beginning, or skip it, to the last at
//! which they come to its end. So an hour that is there twice in autumn opens no gap in a window that ends or begins in it,
//! and one that spring leaves out makes none longer.

use super::freeze::Window;
use super::zone;
use crate::time::Timestamp;
use chrono::{DateTime, Datelike, Days, MappedLocalTime, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::{GapInfo, Tz};

/// Minutes of a week.
pub(super) const WEEK_MIN: u32 = 7 * 24 * 60;

/// The windows of the week before `at`, of its own and of the two that follow, in the time of `zone`; none where that is
/// unknown or the instant beyond the calendar.
///
/// The one before may reach into this week; and where the clocks are put back over a Monday's first minute, the next week's
/// has begun already.
pub(super) fn windows(zone: &str, from_min: u32, to_min: u32, at: Timestamp) -> Option<Vec<Window>> {
    let zone = zone::named(zone)?;
    let today = local(zone, at)?.date();
    let since_monday = Days::new(u64::from(today.weekday().num_days_from_monday()));
    let monday = today.checked_sub_days(since_monday)?.and_time(NaiveTime::MIN);
    let (from, to) = (i64::from(from_min % WEEK_MIN), i64::from(to_min % WEEK_MIN));
    let week = i64::from(WEEK_MIN);
    // Without an end it is all of the week: what nobody could have meant must not open anything.
    let length = if from == to { week } else { (to - from).rem_euclid(week) };
    let window = |n: i64| {
        let begins = monday.checked_add_signed(TimeDelta::minutes(n * week + from))?;
        let ends = begins.checked_add_signed(TimeDelta::minutes(length))?;
        Some(Window { since: beginning(zone, begins)?, until: end(zone, ends)? })
    };
    (-1..=2).map(window).collect()
}

/// What the clocks of `zone` show at `at`.
pub(super) fn local(zone: Tz, at: Timestamp) -> Option<NaiveDateTime> {
    Some(shown(zone, at)?.naive_local())
}

/// `at` in the time of `zone`; none where no calendar reaches.
pub(super) fn shown(zone: Tz, at: Timestamp) -> Option<DateTime<Tz>> {
    // Far inside what chrono can show, so that no offset leads out of it.
    const FARTHEST_US: i64 = 10_000 * 366 * 24 * 3600 * 1_000_000;
    let us = Some(at.as_us()).filter(|us| (-FARTHEST_US..=FARTHEST_US).contains(us))?;
    Some(zone.from_utc_datetime(&DateTime::from_timestamp_micros(us)?.naive_utc()))
}

/// The first instant at which the clocks show `when` or have passed it.
pub(super) fn beginning(zone: Tz, when: NaiveDateTime) -> Option<Timestamp> {
    match zone.from_local_datetime(&when) {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => Some(instant(at)),
        MappedLocalTime::None => put_forward(zone, when),
    }
}

/// The first instant from which on the clocks show nothing before `when`.
pub(super) fn end(zone: Tz, when: NaiveDateTime) -> Option<Timestamp> {
    match zone.from_local_datetime(&when) {
        MappedLocalTime::Single(at) => Some(instant(at)),
        MappedLocalTime::Ambiguous(first, last) => {
            // Put back to `when` itself, they do not show anything before it.
            let a_moment_before = last.checked_sub_signed(TimeDelta::seconds(1))?.naive_local();
            Some(instant(if a_moment_before >= when { first } else { last }))
        }
        MappedLocalTime::None => put_forward(zone, when),
    }
}

/// The instant at which the clocks skip `when`.
fn put_forward(zone: Tz, when: NaiveDateTime) -> Option<Timestamp> {
    Some(instant(GapInfo::new(&when, &zone)?.end?))
}

const fn instant(at: DateTime<Tz>) -> Timestamp {
    Timestamp::from_us(at.timestamp_micros())
}
