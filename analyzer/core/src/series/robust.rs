//! Medians and neighbours: the few robust summaries that every test is made of.
//!
//! All sorts are total (`f64::total_cmp`); nothing here sees a NaN, because a case with one is refused before.

/// From a median absolute deviation to the standard deviation of a normal law.
pub(super) const MAD_TO_SD: f64 = 1.482_602_218_505_602;

/// Neighbours on each side that a point is held against.
const REACH: usize = 6;

/// The `share` quantile (0 to 1) of values that will be sorted; 0 for none.
pub(super) fn quantile(values: &mut [f64], share: f64) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    values.sort_unstable_by(f64::total_cmp);
    let at = share * (values.len() - 1) as f64;
    let (low, part) = (at.floor() as usize, at - at.floor());
    let high = (low + 1).min(values.len() - 1);
    values[low] + (values[high] - values[low]) * part
}

/// The median; 0 for none.
pub(super) fn median(values: impl Iterator<Item = f64>) -> f64 {
    middle(&mut values.collect::<Vec<_>>())
}

/// The median of values that will be reordered. Selecting is three times as fast as sorting, and most of the work is medians.
fn middle(values: &mut [f64]) -> f64 {
    let n = values.len();
    if n == 0 {
        return 0.0;
    }
    let (below, high, _) = values.select_nth_unstable_by(n / 2, f64::total_cmp);
    let high = *high;
    if n % 2 == 1 {
        return high;
    }
    let low = below.iter().copied().max_by(f64::total_cmp).unwrap_or(high);
    low + (high - low) * 0.5
}

/// The mean; 0 for none.
pub(super) fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// The range of instants around `i` of `n`: thirteen of them, or all where there are fewer.
fn around(i: usize, n: usize) -> core::ops::Range<usize> {
    let width = (2 * REACH + 1).min(n);
    let from = i.saturating_sub(REACH).min(n - width);
    from..from + width
}

/// The median of both sides around each instant: what they share.
pub(super) fn surroundings(control: &[f64], canary: &[f64]) -> Vec<f64> {
    let mut near = Vec::with_capacity(4 * REACH + 2);
    let at = |i: usize| {
        let range = around(i, control.len());
        near.clear();
        near.extend_from_slice(&control[range.clone()]);
        near.extend_from_slice(&canary[range]);
        middle(&mut near)
    };
    (0..control.len()).map(at).collect()
}
