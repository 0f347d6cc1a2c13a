//! Instants and lengths of time as plain integers, because time is data here.
//!
//! The core never asks what time it is: every instant arrives inside an increment, a fact or an argument.
//! Microseconds in an `i64` are exact, order totally, survive JSON and every database, and reach 290,000 years.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, Sub};

const US_PER_S: i64 = 1_000_000;

/// An instant: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// A length of time in microseconds; negative when the end lies before the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(i64);

impl Timestamp {
    /// The instant `us` microseconds after the epoch.
    pub const fn from_us(us: i64) -> Self {
        Self(us)
    }

    /// The instant `s` seconds after the epoch.
    pub const fn from_s(s: i64) -> Self {
        Self(s.saturating_mul(US_PER_S))
    }

    /// Microseconds since the epoch.
    pub const fn as_us(self) -> i64 {
        self.0
    }

    /// The last instant not after this one that is a whole multiple of `grid` since the epoch.
    ///
    /// Pollers of all regions align on it, so that their increments can be pooled tick by tick.
    pub const fn aligned(self, grid: Span) -> Self {
        if grid.0 <= 0 { self } else { Self(self.0 - self.0.rem_euclid(grid.0)) }
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// `us` microseconds.
    pub const fn from_us(us: i64) -> Self {
        Self(us)
    }

    /// `s` seconds.
    pub const fn from_s(s: i64) -> Self {
        Self(s.saturating_mul(US_PER_S))
    }

    /// `min` minutes.
    pub const fn from_min(min: i64) -> Self {
        Self::from_s(min.saturating_mul(60))
    }

    /// Microseconds.
    pub const fn as_us(self) -> i64 {
        self.0
    }

    /// Seconds, exact for every length below 285 years.
    pub const fn as_s(self) -> f64 {
        self.0 as f64 / US_PER_S as f64
    }

    /// Minutes.
    pub const fn as_min(self) -> f64 {
        self.as_s() / 60.0
    }
}

impl Sub for Timestamp {
    type Output = Span;
    fn sub(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Span> for Timestamp {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Span {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// Whether something of this `age` may be rested on, where the oldest is `most`. What is as far ahead of the clock may not:
/// the clock was set back, and until it is there again nothing newer is learned.
pub fn is_fresh(age: Span, most: Span) -> bool {
    age <= most && Span::ZERO - age <= most
}

impl fmt::Display for Span {
    /// As people write it: `45s`, `10m`, `1h30m`; tenths of a second only below ten seconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let negative = if self.0 < 0 { "-" } else { "" };
        let us = self.0.unsigned_abs();
        let s = us.div_euclid(US_PER_S.unsigned_abs());
        if us < 10_000_000 && !us.is_multiple_of(1_000_000) {
            return write!(f, "{negative}{:.1}s", us as f64 / 1e6);
        }
        let (hours, minutes, seconds) = (s / 3600, s / 60 % 60, s % 60);
        write!(f, "{negative}")?;
        match (hours, minutes, seconds) {
            (0, 0, s) => write!(f, "{s}s"),
            (0, m, 0) => write!(f, "{m}m"),
            (0, m, s) => write!(f, "{m}m{s:02}s"),
            (h, 0, _) => write!(f, "{h}h"),
            (h, m, _) => write!(f, "{h}h{m:02}m"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_as_people_write_them() {
        let read = |s: Span| s.to_string();
        assert_eq!(read(Span::from_s(0)), "0s");
        assert_eq!(read(Span::from_us(1_500_000)), "1.5s");
        assert_eq!(read(Span::from_s(45)), "45s");
        assert_eq!(read(Span::from_min(10)), "10m");
        assert_eq!(read(Span::from_s(90)), "1m30s");
        assert_eq!(read(Span::from_min(90)), "1h30m");
        assert_eq!(read(Span::from_s(-30)), "-30s");
    }

    #[test]
    fn alignment_looks_back_and_never_forward() {
        let grid = Span::from_s(15);
        assert_eq!(Timestamp::from_s(44).aligned(grid), Timestamp::from_s(30));
        assert_eq!(Timestamp::from_s(45).aligned(grid), Timestamp::from_s(45));
        assert_eq!(Timestamp::from_s(-1).aligned(grid), Timestamp::from_s(-15));
    }

    #[test]
    fn extremes_saturate_instead_of_wrapping() {
        let far = Timestamp::from_us(i64::MAX);
        assert_eq!(far + Span::from_s(1), far);
        assert_eq!(far - Timestamp::from_us(i64::MIN), Span::from_us(i64::MAX));
    }
}
