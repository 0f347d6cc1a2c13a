//! One region at one step, for as long as there are polls: how soon is it convicted, how soon might it go on?
//!
//! The polls are given, so that other rules can be judged on the very same counts.

use crate::folded::Folded;
use crate::readings::{Polled, increment, openings, past};
use crate::site::Tally;
use haldane_core::fact::Fact;
use haldane_core::increment::Arms;
use haldane_core::plan;
use haldane_core::policy::Policy;
use haldane_core::reason::{Culprit, Reason, Stratum};
use haldane_core::report::Decision;

/// When and by what a canary was convicted.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Minutes from its first traffic.
    pub minutes: f64,
    /// Whose evidence.
    pub stratum: Stratum,
    /// The heaviest gate.
    pub culprit: Option<Culprit>,
}

/// What a watch saw.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Watched {
    /// The conviction, which ends it.
    pub found: Option<Found>,
    /// Minutes after which the step might first be left.
    pub advance_min: Option<f64>,
}

/// The first region of `policy` at its step `step`: two hours (or whatever is given) of the primary's history, then
/// polls of canary and primary, one per `policy.bin()`. `targets` are the canary's pods.
pub fn watch(policy: &Policy, step: usize, history: &[Tally], polls: &[[Tally; 2]], targets: u32) -> Watched {
    let mut watched = Watched::default();
    let (Some(own), Some(step)) = (policy.regions.first(), policy.steps.get(step)) else {
        return watched;
    };
    let (region, bin) = (&own.name, policy.bin());
    let mut fold = Folded::default();
    let pasts = vec![past(policy, region, history, fold.now())];
    let opened = openings(policy, &pasts, fold.now()).into_iter().map(|o| Fact::Opened(Box::new(o)));
    let region = || region.clone();
    let seen = [
        Fact::Heard { region: region(), said: None },
        Fact::Admitted { region: region() },
        Fact::WeightSeen { region: region(), weight: step.weight },
    ];
    let _ = fold.learn(opened.chain(seen).collect());
    let began = fold.now();
    for [canary, primary] in polls {
        fold.pass(bin);
        let arms = match plan::arms(fold.state(), &own.name) {
            Arms::CanaryOnly => Arms::CanaryOnly,
            Arms::Both | Arms::PrimaryOnly => Arms::Both,
        };
        let (as_of, dt) = (fold.now(), bin);
        let polled = Polled {
            policy,
            region: &own.name,
            as_of,
            dt,
            arms,
            canary: *canary,
            primary: *primary,
            targets,
        };
        let looked = fold.learn(vec![Fact::Polled(increment(&polled))]);
        let minutes = (as_of - began).as_min();
        match looked.region(&own.name).map(|l| &l.decision) {
            Some(Decision::Rollback(reasons)) => {
                watched.found = Some(found(minutes, reasons));
                return watched;
            }
            Some(Decision::Advance) => watched.advance_min = watched.advance_min.or(Some(minutes)),
            Some(Decision::Hold(_)) | None => {}
        }
    }
    watched
}

/// What the reasons of a rollback say about its cause.
pub(crate) fn found(minutes: f64, reasons: &[Reason]) -> Found {
    for reason in reasons {
        if let Reason::Breach { stratum, culprits, .. } = reason {
            return Found { minutes, stratum: *stratum, culprit: culprits.first().copied() };
        }
    }
    Found { minutes, stratum: Stratum::Region, culprit: None }
}
