//! A region polled until it has counted what was served.

use haldane_clock::Clock;
use haldane_core::increment::{Arms, Bracket, Counts, Missing, Reading};
use haldane_core::signal::Signal;
use haldane_core::time::Span;
use haldane_signals::prometheus::PrometheusRegion;
use haldane_world::{WorldError, until};

/// Longer than a machine under load needs for a few scrapes.
const PATIENCE: Span = Span::from_s(60);

/// Everything that one region's polls brought.
pub(crate) struct Reader {
    name: String,
    region: PrometheusRegion,
    clock: Clock,
    pub(crate) seen: Seen,
    /// The last reason for which something was not counted.
    missing: Option<Missing>,
    pub(crate) bracket: Option<Bracket>,
    pub(crate) restarts: u32,
    counted: u32,
}

/// Counts of all increments together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Seen {
    pub(crate) canary: Arm,
    pub(crate) primary: Arm,
}

/// One arm's.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Arm {
    pub(crate) requests: f64,
    pub(crate) failed: f64,
    pub(crate) timed: f64,
    pub(crate) slow: f64,
    pub(crate) slow_at_most: f64,
}

impl Arm {
    fn add(&mut self, signal: Signal, counts: Counts) {
        if signal == Signal::P99Latency {
            self.timed += counts.total;
            self.slow += counts.bad;
            self.slow_at_most += counts.bad_at_most;
        } else {
            self.requests += counts.total;
            self.failed += counts.bad;
        }
    }
}

impl Reader {
    pub(crate) fn new(name: String, region: PrometheusRegion) -> Self {
        Self {
            name,
            region,
            clock: Clock::real(),
            seen: Seen::default(),
            missing: None,
            bracket: None,
            restarts: 0,
            counted: 0,
        }
    }

    async fn poll(&mut self) {
        let Some(increment) = self.region.poll(self.clock.now(), Arms::Both).await else { return };
        self.restarts += increment.canary_restarts;
        let mut all = true;
        for (signal, reading) in increment.signals {
            match reading {
                Reading::Counted { canary, primary, bracket, .. } => {
                    self.seen.canary.add(signal, canary.unwrap());
                    self.seen.primary.add(signal, primary.unwrap());
                    if signal == Signal::P99Latency {
                        self.bracket = bracket;
                    }
                }
                Reading::Gauged { .. } | Reading::Placed { .. } => panic!("nobody asked for a level"),
                Reading::Missing(why) => {
                    all = false;
                    self.missing = Some(why);
                }
            }
        }
        self.counted = if all { self.counted + 1 } else { 0 };
    }

    /// Polls until everything was counted up to a cut behind this moment, twice.
    pub(crate) async fn counts_again(&mut self) {
        self.counted = 0;
        let mut found = Ok(());
        let waited = until("two increments", PATIENCE, async || {
            self.poll().await;
            Ok::<_, WorldError>((self.counted > 1).then_some(()))
        });
        if let Err(error) = waited.await {
            found = Err(error);
        }
        assert!(found.is_ok(), "{}: {found:?}; {:?}", self.name, self.missing);
    }

    /// Polls until `expected` was counted.
    pub(crate) async fn has_seen(&mut self, expected: Seen) {
        let waited = until("what was served", PATIENCE, async || {
            self.poll().await;
            Ok::<_, WorldError>((self.seen == expected).then_some(()))
        });
        let waited = waited.await;
        assert!(
            waited.is_ok(),
            "{} counted {:?}\nwhere {expected:?} was served; missing last: {:?}",
            self.name,
            self.seen,
            self.missing
        );
        // What is counted twice is counted a moment later.
        self.counts_again().await;
        assert_eq!(self.seen, expected, "{}", self.name);
    }
}
