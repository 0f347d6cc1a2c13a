//! A weekly window against a brute force that looks at every minute of four years, in zones that change their clocks at
//! different days, hours and by different lengths, and against instants that were worked out by hand.

use super::zone;
use super::{Freeze, FreezeWhen, Window, weekly};
use crate::increment::Region;
use crate::time::{Span, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const WEEK: i64 = 10_080;

/// Sunday's first minute of the week.
const SUNDAY: u32 = 6 * 1440;

/// 2024-01-01T00:00Z, a Monday, in minutes since 1970.
const BEGIN: i64 = 28_401_120;

/// Four years, and a fortnight for windows that begin in them.
const MINUTES: i64 = 4 * 366 * 1440;

/// At its edge a window is only half inside, so nothing is asked there.
const EDGE: i64 = 3 * WEEK;

fn weekly(zone: &str, from_min: u32, to_min: u32) -> Freeze {
    let when = FreezeWhen::Weekly { from_min, to_min };
    Freeze { reason: "weekend".into(), zone: zone.into(), when, regions: Vec::new() }
}

fn here() -> Region {
    Region::from("us-east")
}

fn minute(at: i64) -> Timestamp {
    Timestamp::from_s(at * 60)
}

/// What the clocks of a zone show at every minute, in minutes since 1970 as if they showed UTC.
struct Clocks {
    shown: Vec<i64>,
    /// The latest that they have shown by then.
    latest: Vec<i64>,
    /// The earliest that they will still show.
    earliest: Vec<i64>,
}

impl Clocks {
    fn of(zone: &str) -> Self {
        let zone = zone::named(zone).unwrap();
        let shown = |at: i64| weekly::local(zone, minute(BEGIN + at)).unwrap().and_utc().timestamp() / 60;
        let shown: Vec<i64> = (0..MINUTES).map(shown).collect();
        let running = |far: &mut i64, now: i64, pick: fn(i64, i64) -> i64| {
            *far = pick(*far, now);
            Some(*far)
        };
        let latest = shown.iter().scan(i64::MIN, |far, now| running(far, *now, i64::max)).collect();
        let back = shown.iter().rev().scan(i64::MAX, |far, now| running(far, *now, i64::min));
        let mut earliest: Vec<i64> = back.collect();
        earliest.reverse();
        Self { shown, latest, earliest }
    }

    /// Every window: from the first minute at which the clocks have shown its beginning to the last at which they still show
    /// something before its end.
    fn windows(&self, from: i64, to: i64) -> Vec<(i64, i64)> {
        let length = (to - from).rem_euclid(WEEK);
        let weeks = MINUTES / WEEK;
        let window = |week: i64| {
            let begins = BEGIN + week * WEEK + from;
            let since = self.latest.partition_point(|shown| *shown < begins);
            let until = self.earliest.partition_point(|shown| *shown < begins + length);
            (i64::try_from(since).unwrap(), i64::try_from(until).unwrap())
        };
        (-1..=weeks).map(window).filter(|(since, until)| since < until).collect()
    }

    /// The minutes at which the clocks are changed.
    fn changes(&self) -> Vec<i64> {
        let jumps = self.shown.windows(2).enumerate().filter(|(_, pair)| pair[1] - pair[0] != 1);
        jumps.map(|(i, _)| i64::try_from(i).unwrap() + 1).collect()
    }
}

/// The minutes that are asked: all around each change of the clocks, and now and then one of the rest.
fn asked(clocks: &Clocks) -> Vec<i64> {
    let around = clocks.changes().into_iter().flat_map(|change| change - 720..change + 720);
    let others = (EDGE..MINUTES - EDGE).step_by(211);
    around.chain(others).filter(|at| (EDGE..MINUTES - EDGE).contains(at)).collect()
}

/// The very minutes at which the clocks of these zones are put back or forward, as ends and as beginnings.
fn at_changes() -> impl Iterator<Item = (u32, u32)> {
    let minutes = [60, 90, 120, 150, 180].map(|minute| SUNDAY + minute);
    minutes.into_iter().flat_map(|minute| [(SUNDAY, minute), (minute, 600)])
}

/// Beginnings and ends in the hours in which clocks are changed, and anywhere.
fn drawn(rng: &mut ChaCha8Rng) -> (u32, u32) {
    let mut one = || match rng.random_range(0..3) {
        0 => rng.random_range(0..10_080),
        1 => SUNDAY + 15 * rng.random_range(4..16),
        _ => (SUNDAY + rng.random_range(1380..1500)) % 10_080,
    };
    let (from, to) = (one(), one());
    if from == to { (from, (to + 1) % 10_080) } else { (from, to) }
}

#[test]
fn a_weekly_window_stands_exactly_where_a_look_at_every_minute_of_four_years_finds_it() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    for name in ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"] {
        let clocks = Clocks::of(name);
        let changes = if matches!(name, "Asia/Kolkata" | "UTC") { 0 } else { 8 };
        assert_eq!(clocks.changes().len(), changes, "{name}");
        let asked = asked(&clocks);
        let drawn: Vec<(u32, u32)> = (0..14).map(|_| drawn(&mut rng)).collect();
        for (from, to) in at_changes().chain(drawn) {
            let (freeze, windows) = (weekly(name, from, to), clocks.windows(from.into(), to.into()));
            for at in &asked {
                let stands = windows.iter().filter(|(since, until)| since <= at && at < until);
                let expected = stands.map(|(_, until)| minute(BEGIN + until)).max();
                let found = freeze.until(&here(), minute(BEGIN + at));
                assert_eq!(found, expected, "{name} {from} to {to}, minute {at}");
            }
        }
    }
}

#[test]
fn the_next_window_is_the_one_that_stands_or_else_the_first_that_comes() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    for name in ["Europe/Berlin", "Australia/Lord_Howe"] {
        let clocks = Clocks::of(name);
        let drawn: Vec<(u32, u32)> = (0..14).map(|_| drawn(&mut rng)).collect();
        for (from, to) in at_changes().chain(drawn) {
            let (freeze, windows) = (weekly(name, from, to), clocks.windows(from.into(), to.into()));
            for at in asked(&clocks).into_iter().step_by(7) {
                let (since, until) = windows.iter().find(|(_, until)| at < *until).unwrap();
                let expected = Window { since: minute(BEGIN + since), until: minute(BEGIN + until) };
                assert_eq!(
                    freeze.next(minute(BEGIN + at)),
                    Some(expected),
                    "{name} {from} to {to}, minute {at}"
                );
            }
        }
    }
}

/// An instant as RFC 3339 writes it.
fn utc(text: &str) -> Timestamp {
    let at = chrono::DateTime::parse_from_rfc3339(text).unwrap();
    Timestamp::from_us(at.timestamp_micros())
}

const FRIDAY_18: u32 = 4 * 1440 + 18 * 60;
const MONDAY_6: u32 = 6 * 60;

#[test]
fn a_weekend_over_the_week_s_end_stands_until_monday_morning_in_the_time_of_the_place() {
    let freeze = weekly("Europe/Berlin", FRIDAY_18, MONDAY_6);
    let until = |at: &str| freeze.until(&here(), utc(at));
    assert_eq!(until("2026-01-09T16:59:59.999999Z"), None, "17:59 in Berlin");
    assert_eq!(until("2026-01-09T17:00:00Z"), Some(utc("2026-01-12T05:00:00Z")));
    assert_eq!(until("2026-01-12T04:59:59.999999Z"), Some(utc("2026-01-12T05:00:00Z")));
    assert_eq!(until("2026-01-12T05:00:00Z"), None);
    assert_eq!(until("2026-03-28T12:00:00Z"), Some(utc("2026-03-30T04:00:00Z")), "an hour shorter");
    assert_eq!(until("2026-10-24T12:00:00Z"), Some(utc("2026-10-26T05:00:00Z")), "an hour longer");
}

#[test]
fn an_hour_that_spring_leaves_out_begins_and_ends_a_window_when_the_clocks_are_put_forward() {
    // New York, 2026-03-08: 01:59 EST is followed by 03:00 EDT, at 07:00Z.
    let change = utc("2026-03-08T07:00:00Z");
    let ends = weekly("America/New_York", SUNDAY, SUNDAY + 150);
    assert_eq!(ends.until(&here(), utc("2026-03-08T05:00:00Z")), Some(change));
    let begins = weekly("America/New_York", SUNDAY + 150, SUNDAY + 300);
    assert_eq!(begins.until(&here(), change - Span::from_us(1)), None);
    assert_eq!(begins.until(&here(), change), Some(utc("2026-03-08T09:00:00Z")));
    let inside = weekly("America/New_York", SUNDAY + 130, SUNDAY + 170);
    assert_eq!(inside.until(&here(), change), None, "that day nobody's clock shows any of it");
}

#[test]
fn an_hour_that_is_there_twice_opens_no_gap_in_a_window() {
    // Berlin, 2026-10-25: 02:59 CEST is followed by 02:00 CET, at 01:00Z.
    let ends = weekly("Europe/Berlin", SUNDAY, SUNDAY + 150);
    let end = Some(utc("2026-10-25T01:30:00Z"));
    for at in ["2026-10-24T22:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T00:59:00Z", "2026-10-25T01:29:00Z"]
    {
        assert_eq!(ends.until(&here(), utc(at)), end, "{at}");
    }
    let begins = weekly("Europe/Berlin", SUNDAY + 150, SUNDAY + 240);
    let end = Some(utc("2026-10-25T03:00:00Z"));
    assert_eq!(begins.until(&here(), utc("2026-10-25T00:29:00Z")), None);
    for at in ["2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:59:00Z"] {
        assert_eq!(begins.until(&here(), utc(at)), end, "{at}");
    }
    // At its very beginning the repeated hour ends no window an hour late.
    let before = weekly("Europe/Berlin", SUNDAY, SUNDAY + 120);
    assert_eq!(before.until(&here(), utc("2026-10-24T23:59:00Z")), Some(utc("2026-10-25T00:00:00Z")));
    assert_eq!(before.until(&here(), utc("2026-10-25T00:00:00Z")), None);
}

#[test]
fn clocks_that_are_changed_by_half_an_hour_are_known_too() {
    // Lord Howe, 2026-04-05: 01:59 +11 is followed by 01:30 +10:30, at 15:00Z of the day before.
    let freeze = weekly("Australia/Lord_Howe", SUNDAY, SUNDAY + 105);
    assert_eq!(freeze.until(&here(), utc("2026-04-04T13:00:00Z")), Some(utc("2026-04-04T15:15:00Z")));
}

#[test]
fn a_freeze_is_about_its_regions_alone() {
    let freeze = Freeze { regions: vec![Region::from("apac")], ..weekly("UTC", 0, 60) };
    let monday = utc("2026-01-05T00:30:00Z");
    assert_eq!(freeze.until(&here(), monday), None);
    assert_eq!(freeze.until(&Region::from("apac"), monday), Some(utc("2026-01-05T01:00:00Z")));
}

#[test]
fn a_season_stands_from_its_first_instant_to_its_last_and_never_again() {
    let when = FreezeWhen::Once { since: minute(10), until: minute(20) };
    let freeze = Freeze { when, ..weekly("UTC", 0, 1) };
    let until = |at| freeze.until(&here(), minute(at));
    assert_eq!((until(9), until(10), until(19), until(20)), (None, Some(minute(20)), Some(minute(20)), None));
    assert_eq!(freeze.next(minute(0)), Some(Window { since: minute(10), until: minute(20) }));
    assert_eq!(freeze.next(minute(20)), None);
}

#[test]
fn what_cannot_be_known_is_frozen_and_asked_again() {
    let nowhere = weekly("Europe/Nowhere", 0, 60);
    assert_eq!(nowhere.until(&here(), minute(600)), Some(minute(601)));
    let freeze = weekly("Europe/Berlin", 0, 60);
    for at in [i64::MIN, i64::MAX] {
        assert!(freeze.until(&here(), Timestamp::from_us(at)).is_some(), "{at}");
    }
    assert_eq!(freeze.next(Timestamp::from_us(i64::MAX)), None);
    // A record that says more minutes than a week has is still read.
    assert!(weekly("UTC", 7, 7).until(&here(), minute(0)).is_some(), "without an end it is all of the week");
    assert!(weekly("UTC", u32::MAX, 3).until(&here(), minute(600)).is_none_or(|until| until > minute(600)));
}
