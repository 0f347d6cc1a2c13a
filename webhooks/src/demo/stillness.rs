//! Notices that nothing moves any more.
//!
//! A step that stays undecided is held after its longest extension, and says so. Before the first step there is no
//! such bound: a region whose preflight does not pass waits as long as nobody mends it, and a demo must end.

use crate::report::summary::RolloutSummary;
use haldane_core::time::{Span, Timestamp};

/// Longer than any window of the example policy, whose longest is the first step extended to 30 minutes.
const STILL: Span = Span::from_min(35);

/// What was last seen to change, and when.
pub(super) struct Stillness {
    last: Vec<Stand>,
    since: Timestamp,
}

/// Region, standing and weight: what changes when a release gets on.
type Stand = (String, String, Option<u32>);

impl Stillness {
    pub(super) const fn from(now: Timestamp) -> Self {
        Self { last: Vec::new(), since: now }
    }

    /// Takes in the newest summaries; whether nothing has moved for longer than any window.
    pub(super) fn look(&mut self, summaries: &[RolloutSummary], now: Timestamp) -> bool {
        let stand = |s: &RolloutSummary| (s.region.clone(), s.standing.clone(), s.weight_percent);
        let seen: Vec<Stand> = summaries.iter().map(stand).collect();
        if seen != self.last {
            (self.last, self.since) = (seen, now);
        }
        now - self.since > STILL
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::fnp;

    #[test]
    fn no_window_of_the_policy_is_mistaken_for_stillness() {
        let (policy, _) = fnp().unwrap();
        let windows = policy.steps.iter().map(|s| s.extend_up_to);
        assert!(windows.chain(policy.regions.iter().map(|r| r.bake)).all(|window| window < STILL));
    }

    #[test]
    fn stillness_begins_anew_with_every_change_of_a_region() {
        let stands = |weight: u32| {
            let summary = serde_json::json!({
                "id": "", "service": "fnp/api", "region": "apac", "opened_us": 0, "standing": "progressing",
                "headline": "", "reasons": [], "weight_percent": weight, "proved": 0, "to_prove": 3,
            });
            vec![serde_json::from_value(summary).unwrap()]
        };
        let at = |min| Timestamp::from_s(0) + Span::from_min(min);
        let mut stillness = Stillness::from(at(0));
        assert!(!stillness.look(&stands(0), at(30)));
        assert!(!stillness.look(&stands(0), at(65)));
        assert!(!stillness.look(&stands(5), at(66)));
        assert!(!stillness.look(&stands(5), at(101)));
        assert!(stillness.look(&stands(5), at(102)));
    }
}
