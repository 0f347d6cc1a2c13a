//! Traffic as a poll would have counted it: 400 requests per second, split by the weight.

use crate::world::POLL;
use haldane_core::history::PastIncrement;
use haldane_core::increment::{Arm, Arms, Counts, Increment, Missing, Reading, Region};
use haldane_core::signal::Signal;
use haldane_core::time::Timestamp;

/// Requests in one poll's interval, both arms together.
const REQUESTS: f64 = 12_000.0;
/// Share of requests that is slower than the limit.
const SLOW: f64 = 0.002;
/// Share of requests that fail in a sick canary.
const SICK: f64 = 0.05;

/// What the pods do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Traffic {
    /// No errors.
    Healthy,
    /// Five percent of the new version's requests fail.
    Sick,
    /// The source does not answer.
    Silent,
    /// No errors, but not one request reaches the canary, whatever its weight.
    Unrouted,
    /// No errors, but every request reaches the canary, whatever its weight.
    Misrouted,
}

/// What a poll at `as_of` brings. Only the new version is ever sick: the canary, or the primary after promotion.
pub(crate) fn increment(
    region: &Region,
    as_of: Timestamp,
    arms: Arms,
    traffic: Traffic,
    weight: u32,
) -> Increment {
    let share = match traffic {
        Traffic::Healthy | Traffic::Sick | Traffic::Silent => f64::from(weight) / 100.0,
        Traffic::Unrouted => 0.0,
        Traffic::Misrouted => 1.0,
    };
    let canary_requests = REQUESTS * share;
    let errors = match traffic {
        Traffic::Healthy | Traffic::Silent | Traffic::Unrouted | Traffic::Misrouted => 0.0,
        Traffic::Sick => SICK,
    };
    let counted = |bad_canary: f64, bad_primary: f64| {
        let canary = Counts::exact((bad_canary * canary_requests).round(), canary_requests);
        let primary_requests = REQUESTS - canary_requests;
        let primary = Counts::exact((bad_primary * primary_requests).round(), primary_requests);
        Reading::Counted {
            since: as_of - POLL,
            canary: arms.include(Arm::Canary).then_some(canary),
            primary: arms.include(Arm::Primary).then_some(primary),
            bracket: None,
        }
    };
    let promoted = if arms == Arms::PrimaryOnly { errors } else { 0.0 };
    let reading = |signal: Signal| {
        if traffic == Traffic::Silent {
            let (target, detail) = ("10.0.0.1:9797".to_owned(), "connection refused".to_owned());
            return Reading::Missing(Missing::Unreachable { arm: Arm::Canary, target, detail });
        }
        if signal == Signal::P99Latency { counted(SLOW, SLOW) } else { counted(errors, promoted) }
    };
    Increment {
        region: region.clone(),
        as_of,
        arms,
        canary_targets: 2,
        primary_targets: 2,
        canary_restarts: 0,
        canary_pods: Default::default(),
        signals: Signal::CORE.map(|s| (s, reading(s))).into(),
    }
}

/// A quiet hour and a half before `now`: a fifth of an error per minute.
pub(crate) fn past(region: &Region, now: Timestamp) -> Vec<PastIncrement> {
    let bin = |back: i64| {
        let as_of = now - haldane_core::time::Span::from_s(30 * back);
        let errors = if back % 10 == 0 { 1.0 } else { 0.0 };
        let counted = |bad: f64| Reading::Counted {
            since: as_of - POLL,
            canary: None,
            primary: Some(Counts::exact(bad, REQUESTS)),
            bracket: None,
        };
        let slow = REQUESTS * SLOW + if back % 2 == 0 { 4.0 } else { -4.0 };
        let signals = [
            (Signal::P99Latency, counted(slow)),
            (Signal::ErrorRate, counted(errors)),
            (Signal::Http5xx, counted(errors)),
        ];
        PastIncrement {
            increment: Increment {
                region: region.clone(),
                as_of,
                arms: Arms::PrimaryOnly,
                canary_targets: 0,
                primary_targets: 2,
                canary_restarts: 0,
                canary_pods: Default::default(),
                signals: signals.into(),
            },
            synthetic: true,
        }
    };
    (0..180).rev().map(bin).collect()
}
