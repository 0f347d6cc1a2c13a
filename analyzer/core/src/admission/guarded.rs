//! Do the guards let this region go on: its own, and those of others that reach everywhere?

use crate::guard::{Elsewhere, Finding, GuardHold, GuardState, Reach, Stand};
use crate::increment::Region;
use crate::policy::Policy;
use crate::reason::Reason;
use crate::report::GuardLook;
use crate::state::ServiceState;
use crate::time::{Span, Timestamp};

pub(super) fn guarded(state: &ServiceState, policy: &Policy, region: &Region, now: Timestamp) -> Vec<Reason> {
    let mut all = Vec::new();
    for here in policy.regions.iter().map(|r| &r.name) {
        for guard in policy.guards_in(here) {
            if here != region && guard.reach == Reach::Here {
                continue;
            }
            let known = state.guards.get(here).and_then(|g| g.get(&guard.name));
            let hold = known.map_or_else(
                || Some(hold(&guard.name, here, Span::ZERO, Finding::Unknown { why: None })),
                |known| holds(known, &elsewhere(state, Some(policy), here, known), now, policy.max_age()),
            );
            all.extend(hold);
        }
    }
    // What was found says more than what nobody knows, and the first of the reasons is the one that is told.
    all.sort_by_key(|hold: &GuardHold| hold.finding.is_unknown());
    all.into_iter().map(Reason::Guard).collect()
}

fn hold(guard: &str, region: &Region, stood: Span, finding: Finding) -> GuardHold {
    GuardHold { guard: guard.to_owned(), region: region.clone(), stood, finding }
}

fn elsewhere<'a>(
    state: &'a ServiceState,
    policy: Option<&'a Policy>,
    here: &'a Region,
    known: &'a GuardState,
) -> Elsewhere<'a> {
    Elsewhere { guards: &state.guards, policy, here, name: &known.guard.name }
}

fn holds(known: &GuardState, elsewhere: &Elsewhere<'_>, now: Timestamp, max_age: Span) -> Option<GuardHold> {
    match known.stand(elsewhere, now, max_age) {
        Stand::Holds { stood, finding } => Some(hold(&known.guard.name, elsewhere.here, stood, finding)),
        Stand::Clear | Stand::Pending { .. } => None,
    }
}

/// Every guard that was ever seen, as it stands.
pub(crate) fn looks(state: &ServiceState, now: Timestamp) -> Vec<GuardLook> {
    // What was seen is as old as the slowest policy that still rests on it allows.
    const OLDEST: Span = Span::from_s(90);
    let max_age = state.rollouts.values().map(|r| r.policy.max_age()).max().unwrap_or(OLDEST);
    // The newest policy that is known says which regions there are.
    let policy = state.rollouts.values().max_by_key(|r| r.opened).map(|r| &r.policy);
    let all = state.guards.iter().flat_map(|(region, guards)| guards.values().map(move |g| (region, g)));
    let look = |(region, known): (&Region, &GuardState)| GuardLook {
        region: region.clone(),
        guard: known.guard.clone(),
        seen: known.seen.clone(),
        as_of: known.as_of,
        holds: holds(known, &elsewhere(state, policy, region, known), now, max_age),
    };
    all.map(look).collect()
}
