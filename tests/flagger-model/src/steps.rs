//! The arithmetic of `stepWeights`, surprises included.
//!
//! Weights are absolute, but Flagger looks for the *current* weight in the list to find the next: after an edit
//! that drops it, the search fails and the next step takes all that is left, to 100.

/// All of the traffic, in percent.
pub(crate) const TOTAL: u32 = 100;

/// The weight at which a promotion is asked for. A list is needed: without one nothing ever advances.
pub(crate) fn top(step_weights: &[u32]) -> u32 {
    step_weights.last().copied().unwrap_or(TOTAL).min(TOTAL)
}

/// By how many percent the weight would grow now; at full weight any positive number. 0 or less: never.
pub(crate) fn next_increase(step_weights: &[u32], current: u32) -> i64 {
    let left = i64::from(TOTAL) - i64::from(current);
    let Some(&first) = step_weights.first() else {
        return 0;
    };
    if left == 0 {
        return 1;
    }
    if current == 0 {
        return left.min(i64::from(first));
    }
    let next = step_weights.windows(2).find(|pair| pair[0] == current).map(|pair| i64::from(pair[1]));
    next.map_or(left, |next| left.min(next - i64::from(current)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_are_absolute_and_the_last_is_the_top() {
        let steps = [5, 50, 100];
        assert_eq!([0, 5, 50, 100].map(|w| next_increase(&steps, w)), [5, 45, 50, 1]);
        assert_eq!(top(&steps), 100);
        assert_eq!(top(&[5, 50]), 50);
        assert_eq!(top(&[5, 200]), 100);
    }

    #[test]
    fn a_weight_that_is_not_in_the_list_jumps_to_the_full_weight() {
        assert_eq!(next_increase(&[10, 50, 100], 5), 95);
    }

    #[test]
    fn a_list_that_does_not_rise_or_is_empty_never_advances() {
        assert_eq!(next_increase(&[], 0), 0);
        assert_eq!(next_increase(&[0, 50], 0), 0);
        assert!(next_increase(&[20, 10, 100], 20) < 0);
    }
}
