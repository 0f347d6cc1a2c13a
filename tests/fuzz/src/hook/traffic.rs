//! What a poll brings: two thousand requests a second, split by the weight, healthy or not.

use super::act::Traffic;
use haldane_core::history::PastIncrement;
use haldane_core::increment::{Arm, Arms, Counts, Increment, Missing, Reading, Region};
use haldane_core::signal::Signal;
use haldane_core::time::{Span, Timestamp};

/// The policy's increment.
pub(super) const POLL: Span = Span::from_s(30);

/// Requests of one increment, both arms together: enough for a step to be proved in a few polls.
const REQUESTS: f64 = 60_000.0;

/// The length of what is known of the primary from before the beginning, and of its increments: enough for its noise.
const PAST_POLLS: i64 = 60;
const PAST_POLL: Span = Span::from_min(1);

/// What `region` shows at `at`, `weight` percent of it in the canary.
pub(super) fn increment(
    region: &Region,
    at: Timestamp,
    arms: Arms,
    traffic: Traffic,
    weight: u32,
) -> Increment {
    let canary = REQUESTS * f64::from(weight.min(100)) / 100.0;
    let failed = if traffic == Traffic::Sick { 0.05 } else { 0.0 };
    let count =
        |arm: Arm, all: f64, share: f64| arms.include(arm).then(|| Counts::exact((all * share).round(), all));
    let reading = |signal: Signal| {
        if traffic == Traffic::Silent {
            let (target, detail) = ("10.0.0.1:9797".to_owned(), "connection refused".to_owned());
            return Reading::Missing(Missing::Unreachable { arm: Arm::Canary, target, detail });
        }
        let share = if signal == Signal::P99Latency { 0.002 } else { failed };
        let healthy = if signal == Signal::P99Latency || arms == Arms::PrimaryOnly { share } else { 0.0 };
        Reading::Counted {
            since: at - POLL,
            canary: count(Arm::Canary, canary, share),
            primary: count(Arm::Primary, REQUESTS - canary, healthy),
            bracket: None,
        }
    };
    let signals = Signal::CORE.map(|signal| (signal, reading(signal))).into();
    Increment {
        region: region.clone(),
        as_of: at,
        arms,
        canary_targets: 2,
        primary_targets: 2,
        canary_restarts: 0,
        canary_pods: Default::default(),
        signals,
    }
}

/// A quiet hour of the primary before `now`.
pub(super) fn past(region: &Region, now: Timestamp) -> Vec<PastIncrement> {
    let of = |back: i64| {
        let at = now - Span::from_us(PAST_POLL.as_us() * back);
        let mut increment = increment(region, at, Arms::PrimaryOnly, Traffic::Healthy, 0);
        for reading in increment.signals.values_mut() {
            if let Reading::Counted { since, .. } = reading {
                *since = at - PAST_POLL;
            }
        }
        PastIncrement { increment, synthetic: true }
    };
    (0..PAST_POLLS).rev().map(of).collect()
}
