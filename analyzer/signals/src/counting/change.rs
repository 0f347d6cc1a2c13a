//! How a row of cumulative counts moved between two looks, and so what happened in between.
//!
//! A counter that rose tells the difference; one that fell was reset and tells what it shows now (what it counted
//! before the reset, after the last look, is lost, never guessed).

use haldane_core::increment::Counts;

/// What one look added.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Advance {
    /// The events since the last look.
    pub(crate) counts: Counts,
    /// Some row moved as no histogram can, though no counter fell. Its events of this interval are left out: were
    /// this a reset, the row's own numbers would be right, but if the page was only torn they would be counted twice.
    pub(crate) is_torn: bool,
    /// Some counter fell: the process behind it is a new one.
    pub(crate) is_reset: bool,
}

/// What happened to a row.
pub(crate) enum Change {
    /// It rose by so much, place by place.
    Rise(Vec<f64>),
    /// A counter fell: the process behind it is a new one.
    Reset,
    /// It moved as no histogram can, though no counter fell.
    Torn,
}

/// Compares a row with the one before it.
pub(crate) fn change(last: &[f64], now: &[f64]) -> Change {
    // Other edges come only with another process.
    if last.len() != now.len() || last.iter().zip(now).any(|(last, now)| now < last) {
        return Change::Reset;
    }
    let delta: Vec<f64> = now.iter().zip(last).map(|(now, last)| now - last).collect();
    if delta.windows(2).any(|pair| matches!(pair, [fewer, more] if fewer > more)) {
        return Change::Torn;
    }
    Change::Rise(delta)
}

/// Both together, of one look. What goes on for ever is a [`Tally`](super::tally::Tally).
pub(crate) fn sum(a: Counts, b: Counts) -> Counts {
    Counts { bad: a.bad + b.bad, bad_at_most: a.bad_at_most + b.bad_at_most, total: a.total + b.total }
}
