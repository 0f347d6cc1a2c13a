//! Whose bad events: those of each target since the last cut.
//!
//! Beside the totals, which decide, and bounded, because it only has to tell one sick pod from a sick release.

use haldane_core::increment::{Counts, Missing, Reading};
use haldane_core::signal::Signal;
use std::collections::BTreeMap;

/// The targets that an increment names at most, and the length of a name.
const MOST: usize = 20;
const LONGEST: usize = 120;

/// Bad events by target.
#[derive(Default)]
pub(crate) struct Pods(BTreeMap<String, f64>);

impl Pods {
    /// Adds what one look at `target` brought.
    pub(crate) fn add(&mut self, target: &impl ToString, counts: Counts) {
        if counts.bad > 0.0 {
            *self.0.entry(target.to_string().chars().take(LONGEST).collect()).or_default() += counts.bad;
        }
    }

    /// What each counted signal of one family is told; begins anew where their cut has moved.
    pub(crate) fn share_out<'a>(
        &mut self,
        family: impl Iterator<Item = (&'a Signal, &'a Reading)>,
    ) -> BTreeMap<Signal, BTreeMap<String, f64>> {
        let family: Vec<(&Signal, &Reading)> = family.collect();
        let counted = |r: &Reading| matches!(r, Reading::Counted { canary: Some(_), .. });
        let moved = |r: &Reading| !matches!(r, Reading::Missing(why) if *why != Missing::FirstReading);
        if !family.iter().any(|(_, r)| moved(r)) {
            return BTreeMap::new();
        }
        let pods = self.take();
        let of = family.into_iter().filter(|(_, r)| counted(r) && !pods.is_empty());
        of.map(|(signal, _)| (*signal, pods.clone())).collect()
    }

    /// The targets with the most bad events, and begins anew.
    fn take(&mut self) -> BTreeMap<String, f64> {
        let mut pods: Vec<(String, f64)> = std::mem::take(&mut self.0).into_iter().collect();
        pods.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        pods.truncate(MOST);
        pods.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_targets_with_bad_events_are_named_and_the_worst_ones_of_many() {
        let mut pods = Pods::default();
        for i in 0..50 {
            pods.add(&format!("pod-{i:02}"), Counts::exact(f64::from(i), 100.0));
        }
        let taken = pods.take();
        assert_eq!((taken.len(), taken.get("pod-49")), (MOST, Some(&49.0)));
        assert!(!taken.contains_key("pod-00") && pods.take().is_empty());
    }
}
