//! What asking costs, region by region: what one answer cost is shared out among those it was for.

use haldane_core::increment::Region;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Questions and bytes since the start; an answer that was for several regions is shared out among them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Traffic {
    /// HTTP requests, also repeated ones; parts where one served several regions.
    pub queries: f64,
    /// Requests that brought no usable answer.
    pub failures: f64,
    /// Bodies sent, in bytes.
    pub sent_bytes: u64,
    /// Bodies received, in bytes, also of answers that were given up.
    pub received_bytes: u64,
}

impl Traffic {
    pub(super) fn add(&mut self, other: Self) {
        self.queries += other.queries;
        self.failures += other.failures;
        self.sent_bytes = self.sent_bytes.saturating_add(other.sent_bytes);
        self.received_bytes = self.received_bytes.saturating_add(other.received_bytes);
    }
}

/// How much of something each region has.
pub(super) type Weights = BTreeMap<Region, u64>;

/// The accounts of all regions of a source.
#[derive(Debug, Default)]
pub(crate) struct Books(Mutex<BTreeMap<Region, Traffic>>);

impl Books {
    pub(super) fn read(&self) -> BTreeMap<Region, Traffic> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Charges everything to one region.
    pub(crate) fn charge_one(&self, region: &Region, spent: Traffic) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(region.clone()).or_default().add(spent);
    }

    /// Shares out what was spent by weight, equally where nothing weighs anything; the shares add up to it.
    pub(super) fn charge(&self, weights: &Weights, spent: Traffic) {
        let nothing = weights.values().all(|weight| *weight == 0);
        let weight = |weight: u64| if nothing { 1 } else { weight };
        let whole: u64 = weights.values().map(|w| weight(*w)).sum();
        let (mut reached, mut sent, mut received) = (0, 0, 0);
        for (region, w) in weights {
            reached += weight(*w);
            // Shares end where the next begin, so rounding loses nothing.
            let (sent_to, received_to) =
                (part(spent.sent_bytes, reached, whole), part(spent.received_bytes, reached, whole));
            let share = weight(*w) as f64 / whole as f64;
            let traffic = Traffic {
                queries: spent.queries * share,
                failures: spent.failures * share,
                sent_bytes: sent_to - sent,
                received_bytes: received_to - received,
            };
            (sent, received) = (sent_to, received_to);
            self.charge_one(region, traffic);
        }
    }
}

fn part(bytes: u64, of: u64, whole: u64) -> u64 {
    let part = u128::from(bytes) * u128::from(of) / u128::from(whole.max(1));
    u64::try_from(part).unwrap_or(u64::MAX)
}

/// What one question has spent so far; it is charged even if nobody waits for its answer any more.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Traffic>);

impl Tally {
    pub(crate) fn add(&self, spent: Traffic) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).add(spent);
    }

    pub(super) fn take(&self) -> Traffic {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_what_was_spent() {
        let books = Books::default();
        let weights: Weights = [("a", 1), ("b", 0), ("c", 5)].map(|(r, w)| (Region::from(r), w)).into();
        let spent = Traffic { queries: 1.0, failures: 0.0, sent_bytes: 100, received_bytes: 1001 };
        books.charge(&weights, spent);
        let read = books.read();
        assert_eq!(read.values().map(|t| t.received_bytes).sum::<u64>(), 1001);
        assert_eq!(read.values().map(|t| t.sent_bytes).sum::<u64>(), 100);
        assert_eq!(read[&Region::from("b")], Traffic::default());
        assert_eq!(read[&Region::from("a")].received_bytes, 166);
        books.charge(&[("d", 0), ("e", 0)].map(|(r, w)| (Region::from(r), w)).into(), spent);
        let d = books.read()[&Region::from("d")];
        assert_eq!((d.received_bytes, d.queries), (500, 0.5));
    }
}
