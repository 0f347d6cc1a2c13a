//! The time that a question looks at, in the source's milliseconds.
//!
//! A store keeps milliseconds and counts the end of a range in; whether it counts the beginning in depends on its
//! version. So a longer answer can be cut to a shorter window exactly, unless a sample lies just on its beginning.

use super::super::selector::whole_seconds;
use haldane_core::time::{Span, Timestamp};

/// From just after (or at) one instant to another, which belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) from_ms: i64,
    pub(super) to_ms: i64,
}

/// What of a series lies in a window.
#[derive(Debug, PartialEq)]
pub(super) enum Cut<'a, V> {
    /// These samples; maybe none.
    Samples(&'a [(Timestamp, V)]),
    /// Only the source can say.
    Unsure,
}

impl Window {
    pub(super) fn new(range: Span, at: Timestamp) -> Self {
        let to_ms = ms(at);
        Self { from_ms: to_ms - 1000 * whole_seconds(range), to_ms }
    }

    /// The shortest window of whole seconds that holds all of these and ends with the latest.
    pub(super) fn around(windows: impl Iterator<Item = Self> + Clone) -> Option<Self> {
        let to_ms = windows.clone().map(|w| w.to_ms).max()?;
        let from_ms = windows.map(|w| w.from_ms).min()?;
        let s = (to_ms - from_ms + 999).div_euclid(1000);
        Some(Self { from_ms: to_ms - 1000 * s, to_ms })
    }

    pub(super) fn range(self) -> Span {
        Span::from_us((self.to_ms - self.from_ms) * 1000)
    }

    pub(super) fn at(self) -> Timestamp {
        Timestamp::from_us(self.to_ms * 1000)
    }

    /// What it would have held of samples that were found in `asked`, a longer window.
    pub(super) fn cut<V>(self, samples: &[(Timestamp, V)], asked: Self) -> Cut<'_, V> {
        let [from, to] = [self.from_ms, self.to_ms].map(|ms| Timestamp::from_us(ms * 1000));
        let begin = match asked.from_ms == self.from_ms {
            true => 0,
            false => samples.partition_point(|(at, _)| *at < from),
        };
        let end = samples.partition_point(|(at, _)| *at <= to);
        let kept = samples.get(begin..end).unwrap_or_default();
        match kept.first() {
            Some((at, _)) if *at == from && asked.from_ms != self.from_ms => Cut::Unsure,
            Some(_) | None => Cut::Samples(kept),
        }
    }
}

/// As the source reads the instant of a question.
fn ms(at: Timestamp) -> i64 {
    (at.as_us() + 500).div_euclid(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(ms: &[i64]) -> Vec<(Timestamp, f64)> {
        ms.iter().map(|ms| (Timestamp::from_us(ms * 1000), 1.0)).collect()
    }

    #[test]
    fn a_window_is_cut_from_a_longer_one_unless_a_sample_lies_on_its_beginning() {
        let window = Window::new(Span::from_us(9_500_001), Timestamp::from_us(30_000_400));
        assert_eq!(window, Window { from_ms: 20_000, to_ms: 30_000 });
        let asked = Window::around([window, Window { from_ms: 15_500, to_ms: 31_000 }].into_iter()).unwrap();
        assert_eq!(asked, Window { from_ms: 15_000, to_ms: 31_000 });
        let all = samples(&[16_000, 20_001, 30_000, 30_001]);
        assert_eq!(window.cut(&all, asked), Cut::Samples(&all[1..3]));
        assert_eq!(window.cut(&samples(&[20_000, 25_000]), asked), Cut::Unsure);
        let on = samples(&[20_000, 25_000]);
        assert_eq!(window.cut(&on, window), Cut::Samples(&on));
    }
}
