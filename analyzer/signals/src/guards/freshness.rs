//! How old something is: the time that a value names, or the newest sample itself; the oldest counts.

use super::fresh::{One, Subject, fresh, newest, place};
use super::level::worst;
use crate::prometheus::Matrix;
use haldane_core::guard::Seen;
use haldane_core::increment::Missing;
use haldane_core::time::{Span, Timestamp};

/// What is held against the clock.
#[derive(Clone, Copy, Debug)]
pub(super) enum Age {
    /// The value: seconds since 1970.
    Value,
    /// The raw sample's own time, whatever its value.
    Sample,
    /// A value that is the time of a sample, from a query that looks far back.
    Stamp,
}

/// How far ahead of the source's clock an instant may be: clocks differ, and what is further off is no instant in seconds.
const AHEAD: Span = Span::from_min(5);

/// From this many raw samples' worth of time on, the source is asked for the times alone.
const RAW: Span = Span::from_min(30);

/// The longest that is looked back for something that fell silent.
const FAR: Span = Span::from_us(24 * 3_600_000_000);

/// How far back to look for a sample that may be `most` old, so that one that fell silent is still seen when it is too old;
/// and whether raw samples of so long are too many.
pub(super) fn reach(most: Span) -> (Span, bool) {
    let plus = |span: Span, min: i64| Span::from_us(span.as_us().saturating_add(min * 60_000_000));
    let twice = plus(Span::from_us(most.as_us().saturating_mul(2)), 5).min(FAR);
    let reach = twice.max(plus(most, 10));
    (reach, reach > RAW)
}

/// The times of the newest samples of `selector`, told by the source: of those that still come as they are, and of those that
/// fell silent as the steps of a subquery found them, which see every sample that is followed by none for a minute.
pub(super) fn stamps(selector: &str, reach: Span) -> String {
    let reach_s = reach.as_us() / 1_000_000;
    format!("timestamp({selector}) or max_over_time(timestamp({selector})[{reach_s}s:60s])")
}

/// The age of the oldest in seconds.
pub(super) fn seen(matrix: Matrix, age: Age, subject: Subject<'_>) -> Result<Seen, Missing> {
    let now_s = subject.at.as_us() as f64 / 1e6;
    let all = match age {
        Age::Value | Age::Stamp => fresh(matrix, subject)?,
        Age::Sample => {
            let all = newest(matrix, subject)?;
            let stamped = |one: One| One { value: seconds(one.at), ..one };
            all.into_iter().map(stamped).collect()
        }
    };
    if let Some(odd) = all.iter().find(|one| one.value - now_s > AHEAD.as_s()) {
        let name = place(&odd.labels).map(|name| format!(" of {name}")).unwrap_or_default();
        return Err(subject.odd(&format!("{}{name}, which is no past time in seconds since 1970", odd.value)));
    }
    worst(&all, subject, |one| now_s - one.value)
}

fn seconds(at: Timestamp) -> f64 {
    at.as_us() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fell_silent_is_looked_for_until_it_is_certainly_too_old() {
        assert_eq!(reach(Span::from_min(5)), (Span::from_min(15), false));
        assert_eq!(reach(Span::from_min(30)), (Span::from_min(65), true));
        let days = Span::from_min(3 * 24 * 60);
        assert_eq!(reach(days), (Span::from_min(3 * 24 * 60 + 10), true));
        let asked = "timestamp(sync) or max_over_time(timestamp(sync)[3900s:60s])";
        assert_eq!(stamps("sync", Span::from_min(65)), asked);
    }
}
