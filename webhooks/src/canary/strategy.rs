//! How a policy's steps are walked by Flagger: the one place that `render`, `check` and `init` ask.

use haldane_core::cluster::Strategy;
use haldane_core::policy::Policy;

/// The strategy that a policy is written for.
pub const fn of_policy(policy: &Policy) -> Strategy {
    policy.strategy
}

/// Whether all traffic moves at once, so that confirm-traffic-increase is never asked.
pub fn top_only(strategy: Strategy) -> bool {
    match strategy {
        Strategy::Canary => false,
        Strategy::BlueGreen | Strategy::AbTesting => true,
    }
}
