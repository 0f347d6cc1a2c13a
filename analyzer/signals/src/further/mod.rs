//! The signals beyond requests and their durations: error logs, restarts, CPU, lag, and whatever a user's template asks for.
//!
//! ```text
//! questions ─► matrices ─► counts | gauge | place | scalar ─► Readings of one increment
//! ```
//!
//! Requests decide where an increment ends, because without them nothing is judged; everything else is read up to the same
//! instant. It does not matter whence the matrices come: a Prometheus, or pods' own pages put together.

pub(crate) mod by_pod;
mod counts;
mod exposure;
mod gauge;
mod place;
pub(crate) mod pods;
pub(crate) mod questions;
mod read;
mod scalar;

pub use crate::templates::{Exposure, GaugeQuery, Of, PlaceOf, What};
pub(crate) use questions::{Part, Questions, Replies};

use crate::prometheus::{ConfigError, Selector, Terms};
use counts::Counted;
use exposure::Traffic;
use gauge::{Bounds, Gauge};
use haldane_core::increment::{Arm, Arms};
use haldane_core::signal::Signal;
use haldane_core::time::{Span, Timestamp};
use place::Place;
use scalar::Scalar;

/// One further signal: how it is counted, and against what.
#[derive(Clone, Debug, PartialEq)]
pub struct Further {
    /// Which.
    pub signal: Signal,
    /// From what.
    pub what: What,
    /// Its limit in this region, in the unit of its kind: milliseconds, or the unit of the query.
    pub limit: Option<f64>,
    /// How many times the primary's is tolerated.
    pub tolerate: Option<f64>,
}

/// The signals that are counted from requests and durations: requests also where nobody gates them, because the ends of
/// increments are theirs, and other events are held against them.
pub(crate) fn counted(signals: &[Signal], further: &[Further]) -> Vec<Signal> {
    let told = signals.iter().any(|s| matches!(s, Signal::ErrorRate | Signal::Http5xx));
    let more = (!told && !further.is_empty()).then_some(Signal::ErrorRate);
    signals.iter().copied().chain(more).collect()
}

/// What one reading is about: instants in the source's time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) arms: Arms,
    /// The end of the increment.
    pub(crate) cut: Timestamp,
    /// Now.
    pub(crate) now: Timestamp,
    /// How far the source's clock is ahead of ours.
    pub(crate) ahead: Span,
    /// The least length of an interval.
    pub(crate) bin: Span,
    /// The time between two scrapes, until it is found.
    pub(crate) interval: Span,
}

/// Every further signal of one region.
pub(crate) struct Reader {
    counted: Vec<Counted>,
    gauges: Vec<Gauge>,
    places: Vec<Place>,
    scalars: Vec<Scalar>,
    traffic: Traffic,
    arms: Option<Arms>,
}

impl Reader {
    pub(crate) fn new(further: &[Further], terms: &Terms) -> Result<Self, ConfigError> {
        let mut reader = Self {
            counted: Vec::new(),
            gauges: Vec::new(),
            places: Vec::new(),
            scalars: Vec::new(),
            traffic: Traffic::default(),
            arms: None,
        };
        for one in further {
            let bounds = Bounds { limit: one.limit, tolerate: one.tolerate };
            reader.counted.extend(Counted::new(one, terms)?);
            match &one.what {
                What::Counts { .. } | What::Buckets { .. } => {}
                What::Gauge { canary, primary } => {
                    let arms = [(Arm::Canary, canary), (Arm::Primary, primary)];
                    reader.gauges.push(Gauge::new(one.signal, arms, bounds)?);
                }
                What::Place { value, of } => reader.places.push(Place::new(one.signal, value, *of)?),
                What::Scalar { canary, primary } => {
                    reader.scalars.push(Scalar::new(one.signal, canary, primary.as_deref(), bounds));
                }
            }
        }
        Ok(reader)
    }

    /// Other arms than last time begin new intervals.
    pub(crate) fn begin(&mut self, arms: Arms) {
        self.counted.iter_mut().for_each(|c| c.ledger.begin(arms));
        if self.arms.replace(arms) != Some(arms) {
            self.drop_levels();
        }
    }

    /// Forgets the intervals begun: nothing may be counted across this moment.
    pub(crate) fn drop_intervals(&mut self) {
        self.counted.iter_mut().for_each(|c| c.ledger.drop_intervals());
        self.drop_levels();
    }

    fn drop_levels(&mut self) {
        self.gauges.iter_mut().for_each(Gauge::drop_interval);
        self.scalars.iter_mut().for_each(Scalar::drop_interval);
        self.traffic = Traffic::default();
    }
}

/// Reads the selector of `arm`; what is wrong with it is told with the signal's name.
fn selector(signal: Signal, arm: Arm, text: &str) -> Result<Selector, ConfigError> {
    Selector::parse(text).map_err(|why| ConfigError::Signal { arm, signal: signal.to_string(), why })
}
