//! The one place where the lab makes increments and openings.

use crate::site::Tally;
use haldane_core::fact::{HeardBy, Opened, RolloutId};
use haldane_core::history::{PastIncrement, pooled_fano, summarise};
use haldane_core::increment::{Arm, Arms, Counts, Gauged, Increment, Reading, Region};
use haldane_core::policy::Policy;
use haldane_core::signal::{Kind, Signal};
use haldane_core::time::{Span, Timestamp};

/// What every release of the lab is called.
pub const RELEASE: &str = "2.0.0";

/// One poll of one region.
#[derive(Clone, Copy, Debug)]
pub struct Polled<'a> {
    /// Whose gates are read: those beyond the core are quiet.
    pub policy: &'a Policy,
    /// Where.
    pub region: &'a Region,
    /// Its end.
    pub as_of: Timestamp,
    /// Its length.
    pub dt: Span,
    /// What was asked for.
    pub arms: Arms,
    /// What the canary counted.
    pub canary: Tally,
    /// What the primary counted.
    pub primary: Tally,
    /// Canary pods.
    pub targets: u32,
}

/// A signal of which nothing bad is ever seen, as it would be read beside these requests.
fn quiet(polled: &Polled<'_>, signal: Signal) -> Reading {
    let since = polled.as_of - polled.dt;
    let of = |arm| polled.arms.include(arm);
    let gauged = Gauged { level: 0.0, samples: f64::from(polled.targets.max(1)), above: 0.0, worse: 0.0 };
    match signal.kind() {
        Kind::Ratio | Kind::Rate | Kind::Latency => Reading::Counted {
            since,
            canary: of(Arm::Canary).then(|| Counts::exact(0.0, polled.canary.total)),
            primary: of(Arm::Primary).then(|| Counts::exact(0.0, polled.primary.total)),
            bracket: None,
        },
        Kind::Gauge => Reading::Gauged {
            since,
            canary: of(Arm::Canary).then_some(gauged),
            primary: of(Arm::Primary).then_some(gauged),
        },
        Kind::Place => Reading::Placed { level: 0.0, what: None },
    }
}

/// What the poller would bring.
pub fn increment(polled: &Polled<'_>) -> Increment {
    let since = polled.as_of - polled.dt;
    let counts = |arm, tally: &Tally, signal: usize| {
        polled.arms.include(arm).then(|| Counts::exact(tally.bad[signal], tally.total))
    };
    let reading = |(index, signal)| {
        let canary = counts(Arm::Canary, &polled.canary, index);
        let primary = counts(Arm::Primary, &polled.primary, index);
        (signal, Reading::Counted { since, canary, primary, bracket: None })
    };
    let further = polled.policy.gates.iter().map(|gate| gate.signal).filter(|signal| !signal.is_core());
    let further = further.map(|signal| (signal, quiet(polled, signal)));
    Increment {
        region: polled.region.clone(),
        as_of: polled.as_of,
        arms: polled.arms,
        canary_targets: polled.targets,
        primary_targets: 0,
        canary_restarts: 0,
        canary_pods: std::collections::BTreeMap::new(),
        signals: Signal::CORE.into_iter().enumerate().map(reading).chain(further).collect(),
    }
}

/// The primary's past, ending at `until`, one tally per increment of `policy`.
pub fn past(policy: &Policy, region: &Region, tallies: &[Tally], until: Timestamp) -> Vec<PastIncrement> {
    let dt = policy.bin();
    let mut as_of = until;
    for _ in tallies {
        as_of = as_of - dt;
    }
    let increments = tallies.iter().map(|primary| {
        as_of = as_of + dt;
        let (arms, canary, targets) = (Arms::PrimaryOnly, Tally::default(), 0);
        let polled = Polled { policy, region, as_of, dt, arms, canary, primary: *primary, targets };
        PastIncrement { increment: increment(&polled), synthetic: true }
    });
    increments.collect()
}

/// The openings of all regions of a policy, in its order, at `at`; `pasts` in the same order.
pub fn openings(policy: &Policy, pasts: &[Vec<PastIncrement>], at: Timestamp) -> Vec<Opened> {
    let pooled = pooled_fano(pasts, policy.bin());
    let opened = |(region, past): (&haldane_core::policy::RegionPolicy, &Vec<PastIncrement>)| Opened {
        rollout: RolloutId::mint(&policy.service, &region.name, at),
        region: region.name.clone(),
        release: Some(RELEASE.to_owned()),
        checksum: None,
        by: HeardBy::ConfirmRollout,
        policy: policy.clone(),
        history: summarise(past),
        pooled_fano: pooled.clone(),
    };
    policy.regions.iter().zip(pasts).map(opened).collect()
}
