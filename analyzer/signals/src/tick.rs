//! When the next poll is due.
//!
//! Ticks lie on a grid counted from the epoch, not from the start of a poller: so all regions are polled at the
//! same instants, and their increments can be pooled tick by tick.

use haldane_core::time::{Span, Timestamp};

/// The first instant after `after` that is a whole multiple of `interval` since the epoch.
///
/// An interval of no length counts as one microsecond, so that a loop over this always moves on.
pub fn next_poll(after: Timestamp, interval: Span) -> Timestamp {
    let grid = interval.max(Span::from_us(1));
    after.aligned(grid) + grid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_lie_on_the_grid_whenever_a_poller_starts() {
        let grid = Span::from_s(15);
        assert_eq!(next_poll(Timestamp::from_us(44_999_999), grid), Timestamp::from_s(45));
        assert_eq!(next_poll(Timestamp::from_s(45), grid), Timestamp::from_s(60));
        assert_eq!(next_poll(Timestamp::from_s(-1), grid), Timestamp::from_s(0));
    }

    #[test]
    fn an_interval_without_length_still_moves_on() {
        let now = Timestamp::from_s(7);
        assert!(next_poll(now, Span::ZERO) > now);
        assert!(next_poll(now, Span::from_s(-5)) > now);
    }
}
