//! Is anything frozen: by the calendar of the policy, or by a person?

use crate::increment::Region;
use crate::policy::Policy;
use crate::reason::Reason;
use crate::state::ServiceState;
use crate::time::Timestamp;

pub(super) fn frozen(state: &ServiceState, policy: &Policy, region: &Region, now: Timestamp) -> Vec<Reason> {
    let by_hand = state
        .frozen
        .get(region)
        .map(|signed| Reason::FrozenBy { by: signed.by.clone(), why: signed.reason.clone() });
    let windows = policy.across.freezes.iter().filter_map(|f| Some((f.until(region, now)?, f)));
    let longest = windows.max_by_key(|(until, _)| *until);
    let by_calendar = longest.map(|(until, f)| Reason::Frozen { why: f.reason.clone(), left: until - now });
    by_hand.into_iter().chain(by_calendar).collect()
}
