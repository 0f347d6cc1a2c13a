//! What a policy could never have kept, whatever happens: objectives tighter than what it looks at, or how soon it does.

use haldane_core::guard::{Guard, Rule};
use haldane_core::increment::Region;
use haldane_core::policy::Policy;
use haldane_core::time::Span;
use std::fmt;

/// Something that an objective cannot rest on.
#[derive(Clone, Debug, PartialEq)]
pub enum Reserve {
    /// No guard sees that a region is lost.
    NothingSeesALoss {
        /// Whose RTO.
        region: Region,
        /// That.
        rto: Span,
    },
    /// A loss is seen later than the region should have taken over.
    SeenLate {
        /// Whose RTO.
        region: Region,
        /// That.
        rto: Span,
        /// The guard that is soonest.
        guard: String,
        /// How long it may take to hold.
        takes: Span,
    },
    /// No guard holds on the lag.
    NothingSeesTheLag {
        /// Whose RPO.
        region: Region,
        /// That.
        rpo: Span,
    },
    /// The lag may stand above the RPO for longer than a moment before anything holds.
    LagMayStand {
        /// Whose RPO.
        region: Region,
        /// That.
        rpo: Span,
        /// For how long.
        wait: Span,
    },
    /// The lag is looked at less often than the RPO is long.
    LagSeenRarely {
        /// Whose RPO.
        region: Region,
        /// That.
        rpo: Span,
        /// The time between two looks.
        every: Span,
    },
}

impl fmt::Display for Reserve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingSeesALoss { region, rto } => write!(
                f,
                "{region} has an RTO of {rto}, and no guard sees the loss of another region; add the guard region-up"
            ),
            Self::SeenLate { region, rto, guard, takes } => write!(
                f,
                "{region} has an RTO of {rto}, and guard {guard} may take {takes} to hold: until then a release can go on \
                 into the failover; shorten its `for` or scrapeInterval"
            ),
            Self::NothingSeesTheLag { region, rpo } => write!(
                f,
                "{region} has an RPO of {rpo}, and no guard holds while its copy is further behind; add the guard \
                 replication-lag"
            ),
            Self::LagMayStand { region, rpo, wait } => write!(
                f,
                "{region} has an RPO of {rpo}, and its lag may be over that for {wait} before anything holds; shorten the \
                 guard's `for`"
            ),
            Self::LagSeenRarely { region, rpo, every } => write!(
                f,
                "{region} has an RPO of {rpo}, and its lag is looked at every {every}: it can grow past that between two looks"
            ),
        }
    }
}

/// All of them, region by region.
pub fn reserves(policy: &Policy) -> Vec<Reserve> {
    let mut found = Vec::new();
    for region in &policy.regions {
        let guards = policy.guards_in(&region.name);
        let name = || region.name.clone();
        if let Some(rto) = region.aims.rto.filter(|_| policy.regions.len() > 1) {
            found.extend(late(policy, name(), rto));
        }
        let Some(rpo) = region.aims.rpo else { continue };
        let every = policy.scrape_interval;
        match guards.iter().find(|g| matches!(g.rule, Rule::ReplicationLag { .. })) {
            None => found.push(Reserve::NothingSeesTheLag { region: name(), rpo }),
            Some(Guard { wait, .. }) if *wait > rpo => {
                found.push(Reserve::LagMayStand { region: name(), rpo, wait: *wait });
            }
            Some(_) if every > rpo => {
                found.push(Reserve::LagSeenRarely { region: name(), rpo, every });
            }
            Some(_) => {}
        }
    }
    found
}

/// The soonest guard that sees the loss of a region: a scrape sees it, a poll reads that, and it has to stand.
fn late(policy: &Policy, region: Region, rto: Span) -> Option<Reserve> {
    let sees = |g: &&Guard| matches!(g.rule, Rule::RegionUp | Rule::Health);
    let Some(soonest) = policy.across.guards.iter().filter(sees).min_by_key(|g| g.wait) else {
        return Some(Reserve::NothingSeesALoss { region, rto });
    };
    let takes = soonest.wait + policy.scrape_interval + policy.scrape_interval;
    (takes > rto).then(|| Reserve::SeenLate { region, rto, guard: soonest.name.clone(), takes })
}
