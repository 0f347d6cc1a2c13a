//! How many requests each version served in an interval that another signal was counted over.
//!
//! A log line is held against requests, and may be counted over a longer interval than they were: whole increments are added up,
//! and where they do not fill the interval there is no exposure, and so no bet.

use haldane_core::increment::{Arm, Counts, Increment, Reading};
use haldane_core::signal::Signal;
use haldane_core::time::{Span, Timestamp};
use std::collections::VecDeque;

/// How far back it remembers.
const REACH: Span = Span::from_min(10);

/// Requests, increment by increment.
#[derive(Default)]
pub(crate) struct Traffic(VecDeque<Served>);

struct Served {
    since: Timestamp,
    until: Timestamp,
    canary: Option<Counts>,
    primary: Option<Counts>,
}

impl Traffic {
    /// Takes in the requests of `increment`.
    pub(crate) fn note(&mut self, increment: &Increment) {
        let reading = [Signal::ErrorRate, Signal::Http5xx].iter().find_map(|s| increment.signals.get(s));
        if let Some(Reading::Counted { since, canary, primary, .. }) = reading {
            let until = increment.as_of;
            self.0.push_back(Served { since: *since, until, canary: *canary, primary: *primary });
            while self.0.front().is_some_and(|oldest| until - oldest.until > REACH) {
                self.0.pop_front();
            }
        }
    }

    /// The requests of `arm` between two instants; 0 where they were not counted over just that.
    pub(crate) fn requests(&self, arm: Arm, since: Timestamp, until: Timestamp) -> f64 {
        let (mut at, mut requests) = (until, 0.0);
        for served in self.0.iter().rev().skip_while(|served| served.until > until) {
            if served.until != at || served.since < since {
                break;
            }
            let counts = match arm {
                Arm::Canary => served.canary,
                Arm::Primary => served.primary,
            };
            requests += counts.map_or(0.0, |c| c.total);
            at = served.since;
        }
        if at == since { requests } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haldane_core::increment::{Arms, Region};

    fn traffic(intervals: &[(i64, i64)]) -> Traffic {
        let mut traffic = Traffic::default();
        for (since, until) in intervals {
            let counts = Some(Counts::exact(0.0, 100.0));
            let reading = Reading::Counted {
                since: Timestamp::from_s(*since),
                canary: counts,
                primary: counts,
                bracket: None,
            };
            traffic.note(&Increment {
                region: Region::from("us-east"),
                as_of: Timestamp::from_s(*until),
                arms: Arms::Both,
                canary_targets: 1,
                primary_targets: 0,
                canary_restarts: 0,
                canary_pods: [].into(),
                signals: [(Signal::ErrorRate, reading)].into(),
            });
        }
        traffic
    }

    fn requests(traffic: &Traffic, since: i64, until: i64) -> f64 {
        traffic.requests(Arm::Canary, Timestamp::from_s(since), Timestamp::from_s(until))
    }

    #[test]
    fn whole_increments_that_fill_the_interval_add_up() {
        let traffic = traffic(&[(0, 30), (30, 60), (60, 120)]);
        assert_eq!(requests(&traffic, 60, 120), 100.0);
        assert_eq!(requests(&traffic, 30, 120), 200.0);
        assert_eq!(requests(&traffic, 0, 60), 200.0);
    }

    #[test]
    fn an_interval_that_they_do_not_fill_has_no_exposure() {
        let traffic = traffic(&[(0, 30), (60, 90)]);
        for (since, until) in [(0, 90), (45, 90), (60, 80), (90, 120)] {
            assert_eq!(requests(&traffic, since, until), 0.0, "{since}..{until}");
        }
    }
}
