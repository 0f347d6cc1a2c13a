//! What one guard has seen in all regions of a policy: who writes anywhere, and whose load may come here.
//!
//! Only the policy's own regions: what was seen last in a region that was renamed or taken out is never seen anew, and its
//! writer would be one too many for ever.

use super::{Finding, GuardState, Guards, Seen};
use crate::increment::Region;
use crate::policy::Policy;
use crate::time::{Span, Timestamp, is_fresh};

/// One guard, as all regions know it.
pub(crate) struct Elsewhere<'a> {
    pub(crate) guards: &'a Guards,
    /// Whose regions count; all that are known where there is none.
    pub(crate) policy: Option<&'a Policy>,
    pub(crate) here: &'a Region,
    /// The guard's name.
    pub(crate) name: &'a str,
}

impl Elsewhere<'_> {
    /// What is known of the guard, region by region, here too.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Region, &GuardState)> {
        let counts = |region: &Region| self.policy.is_none_or(|policy| policy.region(region).is_some());
        let known = self.guards.iter().filter(move |(region, _)| counts(region));
        known.filter_map(|(region, guards)| Some((region, guards.get(self.name)?)))
    }

    /// The largest load of another region, in pods at full use; what keeps one from being known is no load of 0.
    pub(super) fn largest_load(&self, now: Timestamp, max_age: Span) -> Result<f64, Finding> {
        let mut largest: f64 = 0.0;
        for (region, known) in self.all().filter(|(region, _)| *region != self.here) {
            match &known.seen {
                Seen::Pods(pods) if is_fresh(now - known.as_of, max_age) => {
                    largest = largest.max(pods.load())
                }
                Seen::Pods(_) | Seen::Level { .. } | Seen::Names { .. } | Seen::Unknown { .. } => {
                    return Err(Finding::LoadUnknown { of: region.clone() });
                }
            }
        }
        Ok(largest)
    }
}
