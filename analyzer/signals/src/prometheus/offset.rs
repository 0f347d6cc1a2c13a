//! How far the source's clock is ahead of ours.
//!
//! Samples carry the source's time, increments ours. An offset below two seconds is taken for none: it cannot be told
//! from the time that a question takes. A held offset stays until a measurement contradicts it by more than that,
//! so that its noise does not move the ends of intervals.

use haldane_core::time::{Span, Timestamp};

/// Offsets and changes below this are none.
const INDIFFERENT: Span = Span::from_s(2);

/// The offset in use.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Offset(Option<Span>);

/// What one measurement did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moved {
    /// Nothing: the offset in use still holds.
    No,
    /// It is the first one.
    First,
    /// The offset in use changed: no interval across this moment has a length that can be told.
    Yes,
}

impl Offset {
    /// Source minus us.
    pub(crate) fn get(self) -> Span {
        self.0.unwrap_or(Span::ZERO)
    }

    /// Takes in that the source said `source` to a question sent at `sent` and answered by `received`.
    pub(crate) fn measure(&mut self, sent: Timestamp, received: Timestamp, source: Timestamp) -> Moved {
        let half = Span::from_us((received - sent).as_us() / 2);
        let measured = source - (sent + half);
        let slack = INDIFFERENT + half;
        let near = |a: Span, b: Span| (a - b).as_us().abs() <= slack.as_us();
        match self.0 {
            Some(held) if near(measured, held) => return Moved::No,
            Some(_) | None => {}
        }
        let offset = if near(measured, Span::ZERO) { Span::ZERO } else { measured };
        if self.0.replace(offset).is_some() { Moved::Yes } else { Moved::First }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: f64) -> Timestamp {
        Timestamp::from_us((s * 1e6) as i64)
    }

    #[test]
    fn small_offsets_and_slow_answers_are_none() {
        let mut offset = Offset::default();
        assert_eq!(offset.measure(at(100.0), at(100.0), at(101.9)), Moved::First);
        assert_eq!(offset.get(), Span::ZERO);
        assert_eq!(offset.measure(at(100.0), at(108.0), at(109.0)), Moved::No);
        assert_eq!(offset.get(), Span::ZERO);
    }

    #[test]
    fn an_offset_holds_until_it_is_contradicted() {
        let mut offset = Offset::default();
        assert_eq!(offset.measure(at(100.0), at(100.0), at(70.0)), Moved::First);
        assert_eq!(offset.get(), Span::from_s(-30));
        assert_eq!(offset.measure(at(200.0), at(200.0), at(171.5)), Moved::No);
        assert_eq!(offset.get(), Span::from_s(-30));
        assert_eq!(offset.measure(at(300.0), at(300.0), at(320.0)), Moved::Yes);
        assert_eq!(offset.get(), Span::from_s(20));
        assert_eq!(offset.measure(at(400.0), at(400.0), at(401.0)), Moved::Yes);
        assert_eq!(offset.get(), Span::ZERO);
    }
}
