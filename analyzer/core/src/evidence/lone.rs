//! Is it the release, or one pod? Bad events that come from one of several pods alone.
//!
//! A node with a broken disk, a pod with a cold cache or a burst that hits one process looks like a bad release to whoever
//! counts the canary as a whole, and it is rescheduled faster than it is explained. So a pod that carries nearly all of a
//! canary's bad events is left out of the bets against it for a while, and the rollout holds for it; once per gate and
//! rollout, because a release may also be bad in one pod after the other. What a pod is suspected by lies before the
//! interval that it is left out of, so the bets stay valid: leaving out by the past is predictable.
//!
//! The suspicion: among b bad events, s of one of n pods, where a pod of a release that is bad everywhere has a share of at
//! most q = min(3/4, 1.5/n) of them; by Chernoff's bound P(Bin(b, q) ≥ s) ≤ e^{−b·KL(s/b ‖ q)}, and that has to be 1 %.

use crate::math::ln;
use crate::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How long a pod is left out: long enough for a reschedule, short enough for whoever it fails.
const GRACE: Span = Span::from_min(5);

/// Fewer bad events than these of one pod are nobody's pattern.
const LEAST: f64 = 5.0;

/// ln 100.
const LN_CHANCE: f64 = 4.605_170_185_988_091;

/// Pods that are remembered; beyond, the ones with the fewest bad events are forgotten.
const REMEMBERED: usize = 32;

/// Each pod's bad events in a rollout, and the one under suspicion.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Lone {
    bad: BTreeMap<String, f64>,
    suspect: Option<Suspect>,
    /// It has been waited for once.
    spent: bool,
}

/// A pod that carries nearly all bad events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    /// Its name.
    pub pod: String,
    /// Since when it is left out.
    pub since: Timestamp,
    /// Its bad events by then, and all pods'.
    pub bad: f64,
    /// See `bad`.
    pub of: f64,
}

impl Lone {
    /// Whether anything is known of any pod.
    pub fn is_empty(&self) -> bool {
        self.bad.is_empty()
    }

    /// The pod that is left out now.
    pub const fn suspect(&self) -> Option<&Suspect> {
        self.suspect.as_ref()
    }

    /// Ends the patience with a pod that was waited for long enough; tells whether it ended just now.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        let over = self.suspect.as_ref().is_some_and(|s| now - s.since > GRACE);
        if over {
            self.suspect = None;
            self.spent = true;
        }
        over
    }

    /// What an interval's bad events, pod by pod, say of the next one; the canary has `pods` pods.
    pub fn push(&mut self, bad: &BTreeMap<String, f64>, pods: u32, now: Timestamp) {
        for (pod, bad) in bad.iter().filter(|(_, bad)| bad.is_finite() && **bad > 0.0) {
            *self.bad.entry(pod.clone()).or_default() += bad;
        }
        while self.bad.len() > REMEMBERED {
            let fewest = self.bad.iter().min_by(|a, b| a.1.total_cmp(b.1)).map(|(pod, _)| pod.clone());
            fewest.map(|pod| self.bad.remove(&pod));
        }
        if self.suspect.is_none() && !self.spent && pods > 1 {
            self.suspect = self.suspicion(pods, now);
        }
    }

    fn suspicion(&self, pods: u32, now: Timestamp) -> Option<Suspect> {
        let of: f64 = self.bad.values().sum();
        let (pod, bad) = self.bad.iter().max_by(|a, b| a.1.total_cmp(b.1))?;
        let fair = (1.5 / f64::from(pods)).min(0.75);
        let carries = *bad >= LEAST && of.is_finite() && of * divergence(bad / of, fair) >= LN_CHANCE;
        carries.then(|| Suspect { pod: pod.clone(), since: now, bad: *bad, of })
    }
}

/// KL(p ‖ q) of two coins, 0 for p ≤ q.
fn divergence(p: f64, q: f64) -> f64 {
    if p <= q {
        return 0.0;
    }
    let rest = if p < 1.0 { (1.0 - p) * ln((1.0 - p) / (1.0 - q)) } else { 0.0 };
    p * ln(p / q) + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_s(1_800_000_000);

    fn after(bad: &[(&str, f64)], pods: u32) -> Lone {
        let mut lone = Lone::default();
        lone.push(&bad.iter().map(|(pod, bad)| ((*pod).to_owned(), *bad)).collect(), pods, NOW);
        lone
    }

    #[test]
    fn a_pod_that_carries_everything_is_suspected() {
        let suspected = |bad, pods| after(&[("a", bad)], pods).suspect().is_some();
        assert!(suspected(5.0, 5) && suspected(17.0, 2));
        assert!(!suspected(4.0, 5) && !suspected(12.0, 2), "too few to tell from chance");
    }

    #[test]
    fn pods_that_share_the_bad_events_are_not() {
        for (a, b) in [(50.0, 50.0), (60.0, 40.0), (300.0, 200.0)] {
            assert_eq!(after(&[("a", a), ("b", b)], 2).suspect(), None, "{a} {b}");
        }
    }

    #[test]
    fn a_lone_pod_cannot_be_told_from_its_release() {
        assert_eq!(after(&[("a", 1000.0)], 1).suspect(), None);
    }

    #[test]
    fn patience_ends_and_is_not_had_twice() {
        let mut lone = after(&[("a", 50.0)], 5);
        lone.expire(NOW + Span::from_min(5));
        assert!(lone.suspect().is_some());
        lone.expire(NOW + Span::from_min(6));
        lone.push(&[("b".to_owned(), 500.0)].into(), 5, NOW + Span::from_min(6));
        assert_eq!(lone.suspect(), None);
    }

    #[test]
    fn thousands_of_pods_are_not_all_remembered() {
        let mut lone = Lone::default();
        let bad = (0..5000).map(|i| (format!("pod-{i}"), f64::from(i % 7 + 1))).collect();
        lone.push(&bad, 5000, NOW);
        assert!(lone.bad.len() <= REMEMBERED);
    }
}
