//! Numbers with units, as people write them in a policy. Each refusal says how the number is written.

use crate::signal::{Kind, Signal, Unit};
use crate::time::Span;

type Parsed<T> = Result<T, (String, String)>;

/// `10m`, `90s`, `1h30m`; longer than nothing.
pub(super) fn span(text: &str) -> Parsed<Span> {
    let refusal = || (format!("{text:?} is no length of time"), "write it like 10m, 90s or 1h30m".to_owned());
    let mut total_s: i64 = 0;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = rest[..digits].parse().map_err(|_| refusal())?;
        let unit_s = match rest[digits..].chars().next() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3600,
            Some(_) | None => return Err(refusal()),
        };
        total_s = number.checked_mul(unit_s).and_then(|s| total_s.checked_add(s)).ok_or_else(refusal)?;
        rest = &rest[digits + 1..];
    }
    const LONGEST_S: i64 = 30 * 24 * 3600;
    if (1..=LONGEST_S).contains(&total_s) { Ok(Span::from_s(total_s)) } else { Err(refusal()) }
}

/// `1%` as 0.01; above 0 and below 100 %.
pub(super) fn percent(text: &str) -> Parsed<f64> {
    let refusal = || (format!("{text:?} is no share"), "write it as a percentage such as 0.1%".to_owned());
    let share = number(text.trim().strip_suffix('%').ok_or_else(refusal)?).ok_or_else(refusal)? / 100.0;
    if share > 0.0 && share < 1.0 { Ok(share) } else { Err(refusal()) }
}

/// `60%` as 0.6; from 0 to 100 %.
pub(super) fn whole_share(text: &str, example: &str) -> Parsed<f64> {
    let refusal = || (format!("{text:?} is no share"), format!("write {example}"));
    let share = number(text.trim().strip_suffix('%').ok_or_else(refusal)?).ok_or_else(refusal)? / 100.0;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err(refusal()) }
}

/// How far a copy may be behind: `30s` in seconds, or `16Mi` in bytes, which is said with it.
pub(super) fn lag(text: &str) -> Parsed<(f64, bool)> {
    const UNITS: [(&str, f64, bool); 7] = [
        ("ms", 0.001, false),
        ("s", 1.0, false),
        ("m", 60.0, false),
        ("h", 3600.0, false),
        ("Ki", 1024.0, true),
        ("Mi", 1_048_576.0, true),
        ("Gi", 1_073_741_824.0, true),
    ];
    let refusal =
        || (format!("{text:?} is no lag"), "write a time such as 30s, or bytes such as 16Mi".to_owned());
    let with = |(suffix, unit, bytes): (&str, f64, bool)| {
        Some((number(text.trim().strip_suffix(suffix)?)? * unit, bytes))
    };
    let found = UNITS.into_iter().find_map(with).ok_or_else(refusal)?;
    if found.0 > 0.0 && found.0 <= 1e15 { Ok(found) } else { Err(refusal()) }
}

/// A plain number, without a unit; 0 is one.
pub(super) fn plain(text: &str) -> Parsed<f64> {
    let refusal = || (format!("{text:?} is no number"), "write one such as 2 or 0.5".to_owned());
    number(text).filter(|number| *number <= 1e15).ok_or_else(refusal)
}

/// `1.5x` as 1.5; between 1 and 100.
pub(super) fn times(text: &str) -> Parsed<f64> {
    let refusal = || (format!("{text:?} is no multiple"), "write it like 1.5x, at least 1x".to_owned());
    let factor = number(text.trim().strip_suffix('x').ok_or_else(refusal)?).ok_or_else(refusal)?;
    if (1.0..=100.0).contains(&factor) { Ok(factor) } else { Err(refusal()) }
}

/// The limit of a signal, in the unit of its kind.
pub(super) fn limit(signal: Signal, text: &str) -> Parsed<f64> {
    match signal.kind() {
        Kind::Ratio => percent(text).map_err(|_| {
            (format!("{text:?} is no limit for {signal}"), "write a share such as 0.1%".to_owned())
        }),
        Kind::Rate => {
            with_unit(signal, text, &[("/min", 1.0), ("/s", 60.0)], "events per time such as 5/min")
        }
        Kind::Latency => with_unit(signal, text, &[("ms", 1.0), ("s", 1000.0)], "a time such as 200ms"),
        Kind::Gauge | Kind::Place => level(signal, text),
    }
}

/// The limit of a level. 0 is one: nothing may be above it.
fn level(signal: Signal, text: &str) -> Parsed<f64> {
    const BINARY: [(&str, f64); 4] =
        [("Ki", 1024.0), ("Mi", 1_048_576.0), ("Gi", 1_073_741_824.0), ("", 1.0)];
    match signal.unit() {
        Unit::Share if ["0", "0%"].contains(&text.trim()) => Ok(0.0),
        Unit::Share => with_unit(signal, text, &[("%", 0.01)], "a share such as 80%"),
        Unit::Seconds => with_unit(
            signal,
            text,
            &[("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)],
            "a time such as 5s",
        ),
        Unit::Number => with_unit(signal, text, &BINARY, "a number such as 200 or 512Mi"),
    }
}

fn with_unit(signal: Signal, text: &str, units: &[(&str, f64)], example: &str) -> Parsed<f64> {
    let refusal = || (format!("{text:?} is no limit for {signal}"), format!("write {example}"));
    let (digits, unit) = units
        .iter()
        .find_map(|(suffix, unit)| text.trim().strip_suffix(suffix).map(|digits| (digits, unit)))
        .ok_or_else(refusal)?;
    let value = number(digits).ok_or_else(refusal)? * unit;
    if value > 0.0 && value <= most(signal) { Ok(value) } else { Err(refusal()) }
}

/// The highest limit that is believed: more is a slip of the pen. Plain numbers may be bytes, of which there are many.
const fn most(signal: Signal) -> f64 {
    match (signal.kind(), signal.unit()) {
        (Kind::Gauge | Kind::Place, Unit::Number) => 1e15,
        (Kind::Gauge | Kind::Place, Unit::Share | Unit::Seconds)
        | (Kind::Ratio | Kind::Rate | Kind::Latency, _) => 1e9,
    }
}

/// Plain decimal digits: no sign, no exponent, no `inf`, which `f64` would all read.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    text.bytes().all(|b| b.is_ascii_digit() || b == b'.').then(|| text.parse().ok()).flatten()
}

/// Seconds in the largest unit of which they are whole: `24h`, `30m`, `90s`, `0.5s`.
pub(super) fn time(s: f64) -> String {
    let units = [("h", 3600.0), ("m", 60.0)];
    let whole = units.into_iter().find(|(_, unit)| s >= *unit && s % unit <= 0.0);
    let (suffix, unit) = whole.unwrap_or(("s", 1.0));
    format!("{}{suffix}", short(s / unit))
}

/// A number without a tail of zeros or rounding noise: `0.1`, `200`, `2.5`.
pub(super) fn short(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::limit_text;

    #[test]
    fn lengths_of_time_are_read_as_written() {
        assert_eq!(span("10m"), Ok(Span::from_min(10)));
        assert_eq!(span("1h30m"), Ok(Span::from_min(90)));
        assert_eq!(span("90s"), Ok(Span::from_s(90)));
        for wrong in
            ["", "0s", "10", "m", "-5m", "1.5h", "10 m", "10m!", "99999999999999999999h", "9000h", "5é"]
        {
            assert!(span(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn limits_carry_the_unit_of_their_signal() {
        assert_eq!(limit(Signal::P99Latency, "200ms"), Ok(200.0));
        assert_eq!(limit(Signal::P99Latency, "0.2s"), Ok(200.0));
        assert_eq!(limit(Signal::ErrorRate, "0.1%"), Ok(0.001));
        assert_eq!(limit(Signal::Http5xx, "5/min"), Ok(5.0));
        for (signal, wrong) in [
            (Signal::P99Latency, "0.1%"),
            (Signal::ErrorRate, "0.001"),
            (Signal::Http5xx, "5"),
            (Signal::ErrorRate, "nan%"),
            (Signal::ErrorRate, "-1%"),
            (Signal::ErrorRate, "100%"),
            (Signal::P99Latency, "infms"),
            (Signal::P99Latency, "1e3ms"),
        ] {
            assert!(limit(signal, wrong).is_err(), "{signal} {wrong}");
        }
    }

    #[test]
    fn only_plain_numbers_are_as_large_as_memory_is() {
        assert_eq!(limit(Signal::QueueDepth, "512Gi"), Ok(512.0 * 1_073_741_824.0));
        for (signal, wrong) in [
            (Signal::P99Latency, "2000000s"),
            (Signal::Http5xx, "2000000000/min"),
            (Signal::Cpu, "200000000000%"),
            (Signal::ReplicationLag, "2000000000s"),
            (Signal::QueueDepth, "2000000Gi"),
        ] {
            assert!(limit(signal, wrong).is_err(), "{signal} {wrong}");
        }
    }

    #[test]
    fn a_limit_reads_back_as_it_is_told() {
        for (signal, told) in [
            (Signal::Freshness, "30m"),
            (Signal::Freshness, "24h"),
            (Signal::ReplicationLag, "90s"),
            (Signal::ReplicationLag, "0.5s"),
            (Signal::RegionUp, "0%"),
            (Signal::Cpu, "80%"),
        ] {
            assert_eq!(limit(signal, told).map(|read| limit_text(signal, read)), Ok(told.to_owned()));
        }
    }

    #[test]
    fn shares_lags_and_numbers_of_guards_are_read_with_their_units() {
        assert_eq!((whole_share("60%", ""), whole_share("100%", "")), (Ok(0.6), Ok(1.0)));
        assert_eq!(
            (lag("500ms"), lag("5m"), lag("16Mi")),
            (Ok((0.5, false)), Ok((300.0, false)), Ok((16_777_216.0, true)))
        );
        assert_eq!((plain("2"), plain("0"), plain("0.5")), (Ok(2.0), Ok(0.0), Ok(0.5)));
        for wrong in ["60", "101%", "-1%", "%", "NaN%"] {
            assert!(whole_share(wrong, "").is_err(), "{wrong:?}");
        }
        for wrong in ["5", "0s", "5B", "Mi", "1e3s", "s"] {
            assert!(lag(wrong).is_err(), "{wrong:?}");
        }
        for wrong in ["", "-1", "2x", "inf", "1e3", "99999999999999999999"] {
            assert!(plain(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn multiples_are_at_least_one() {
        assert_eq!(times("1.5x"), Ok(1.5));
        for wrong in ["0.5x", "x", "1.5", "101x", "1.5.5x"] {
            assert!(times(wrong).is_err(), "{wrong:?}");
        }
    }
}
