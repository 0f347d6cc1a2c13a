//! The order of regions: who comes after whom, and who must not be under way beside whom.

use super::{Policy, Role};
use crate::increment::Region;
use std::collections::BTreeSet;

impl Policy {
    /// Whether `region` comes after `before`, directly or through others.
    pub fn comes_after(&self, region: &Region, before: &Region) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![region];
        while let Some(next) = open.pop() {
            let after = self.region(next).map(|r| r.after.as_slice()).unwrap_or_default();
            if after.contains(before) {
                return true;
            }
            open.extend(after.iter().filter(|a| seen.insert(*a)));
        }
        false
    }

    /// Whether two regions must not have a canary with traffic at the same time: one comes after the other, or one is what
    /// the other fails over to. A standby that changes beside its active region is none.
    pub fn apart(&self, a: &Region, b: &Region) -> bool {
        let active = |region: &Region| self.region(region).map(|r| r.role == Role::Active);
        let standby = active(a).zip(active(b)).is_some_and(|(a, b)| a != b);
        a != b && (standby || self.comes_after(a, b) || self.comes_after(b, a))
    }
}
