//! Flagger's own metric analysis: thresholds on the last minute, failures that add up.
//!
//! At each interval (a minute) the first metric outside its range fails the tick and adds one to the failed checks, which
//! are never taken back during an analysis; at `threshold` of them the canary is rolled back.

use crate::stream::Stream;
use haldane_core::signal::{Kind, Signal};
use haldane_lab::site::Tally;

/// Limits in the order of [`Signal::CORE`]: slow share, error share, responses per minute.
const LIMITS: [f64; 3] = [0.01, 0.001, 5.0];

/// The minute in which the canary is rolled back with each of `thresholds`, if it is.
pub fn rolled_back<const N: usize>(stream: &Stream, thresholds: [usize; N]) -> [Option<f64>; N] {
    let mut failed = 0;
    let mut rolled_back = [None; N];
    for (minute, tally) in (1..).zip(stream.by_minute(0)) {
        failed += usize::from(fails(&tally));
        for (at, threshold) in rolled_back.iter_mut().zip(thresholds) {
            if at.is_none() && failed >= threshold {
                *at = Some(f64::from(minute));
            }
        }
    }
    rolled_back
}

fn fails(minute: &Tally) -> bool {
    Signal::CORE.into_iter().enumerate().any(|(i, signal)| {
        // Not "is above": a minute without requests gives no value, and no value fails, too. Five responses in a minute
        // are not "less than 5".
        let within = match signal.kind() {
            Kind::Ratio | Kind::Latency | Kind::Gauge | Kind::Place => {
                minute.bad[i] / minute.total <= LIMITS[i]
            }
            Kind::Rate => minute.bad[i] < LIMITS[i],
        };
        !within
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(errors_by_minute: &[f64]) -> Stream {
        let tally = |e: f64| Tally { total: 750.0, bad: [0.0, e / 4.0, 0.0] };
        let polls = errors_by_minute.iter().flat_map(|e| [[tally(*e); 3]; 4]).collect();
        Stream { history: Vec::new(), polls }
    }

    #[test]
    fn failures_add_up_and_are_never_taken_back() {
        let stream = stream(&[4.0, 0.0, 0.0, 4.0, 0.0, 4.0]);
        assert_eq!(rolled_back(&stream, [1, 3, 5]), [Some(1.0), Some(6.0), None]);
    }

    #[test]
    fn a_canary_without_requests_fails_its_checks() {
        let idle = Stream { history: Vec::new(), polls: vec![[Tally::default(); 3]; 4] };
        assert_eq!(rolled_back(&idle, [1]), [Some(1.0)]);
    }
}
