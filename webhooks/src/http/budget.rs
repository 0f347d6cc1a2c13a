//! How many calls of one caller are read: a budget that refills with time, per name.
//!
//! Kept as one instant per name, at which its calls would all be paid for (the generic cell rate algorithm). On
//! Haldane's clock, because Flagger's ticks are, and a test can set it; a library for this would need an adapter to
//! that clock as long as the algorithm is.

use haldane_core::time::{Span, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Names that are told apart; beyond, those without debts are forgotten, and newcomers share one budget.
const MOST_NAMES: usize = 4096;

/// Whose budget newcomers share when there are too many names.
const OTHERS: &str = "";

/// Budgets of one kind, by name.
#[derive(Debug)]
pub(super) struct Budgets {
    /// What one call costs.
    cost: Span,
    /// How much debt is allowed.
    most: Span,
    paid: Mutex<BTreeMap<String, Timestamp>>,
}

impl Budgets {
    /// `per_s` calls a second for each name, and `burst` at once.
    pub(super) fn new(per_s: u32, burst: u32) -> Self {
        Self::every(Span::from_us(1_000_000 / i64::from(per_s.max(1))), burst)
    }

    /// A call in every `cost` for each name, and `burst` at once.
    pub(super) fn every(cost: Span, burst: u32) -> Self {
        let most = Span::from_us(cost.as_us().saturating_mul(i64::from(burst)));
        Self { cost, most, paid: Mutex::default() }
    }

    /// Whether one more call of `name` fits at `now`; it is charged if so.
    pub(super) fn takes(&self, name: &str, now: Timestamp) -> bool {
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        let name = if paid.contains_key(name) || room(&mut paid, now) { name } else { OTHERS };
        // A debt beyond what is allowed can only come from a clock that was set back.
        let debt = paid.get(name).map_or(Span::ZERO, |p| (*p - now).max(Span::ZERO).min(self.most));
        let due = debt + self.cost;
        if due > self.most {
            paid.insert(name.to_owned(), now + debt);
            return false;
        }
        paid.insert(name.to_owned(), now + due);
        true
    }
}

fn room(paid: &mut BTreeMap<String, Timestamp>, now: Timestamp) -> bool {
    if paid.len() >= MOST_NAMES {
        paid.retain(|_, p| *p > now);
    }
    paid.len() < MOST_NAMES
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_s(1_000);

    fn taken(budgets: &Budgets, name: &str, calls: u32, now: Timestamp) -> usize {
        (0..calls).filter(|_| budgets.takes(name, now)).count()
    }

    #[test]
    fn a_burst_is_taken_then_the_rate_and_one_caller_is_not_anothers() {
        let budgets = Budgets::new(10, 30);
        assert_eq!(taken(&budgets, "a", 100, T0), 30);
        assert_eq!(taken(&budgets, "b", 100, T0), 30);
        assert_eq!(taken(&budgets, "a", 100, T0 + Span::from_s(1)), 10);
        assert_eq!(
            taken(&budgets, "a", 100, T0 + Span::from_min(5)),
            30,
            "nothing is saved up beyond a burst"
        );
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let budgets = Budgets::new(10, 30);
        taken(&budgets, "a", 30, T0);
        let before = Timestamp::from_s(10);
        assert_eq!(taken(&budgets, "a", 100, before), 0);
        assert_eq!(taken(&budgets, "a", 100, before + Span::from_s(1)), 10);
    }

    #[test]
    fn endless_names_use_no_endless_memory() {
        let budgets = Budgets::new(10, 1);
        let names: Vec<String> = (0..3 * MOST_NAMES).map(|i| i.to_string()).collect();
        let taken = names.iter().filter(|n| budgets.takes(n, T0)).count();
        assert_eq!(taken, MOST_NAMES + 1, "the last ones share one budget");
        assert!(budgets.paid.lock().unwrap().len() <= MOST_NAMES + 1);
        assert!(budgets.takes("new", T0 + Span::from_s(1)));
    }
}
