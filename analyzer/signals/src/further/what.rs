//! What a template asks for, rendered for one service: which series are counted, and as what.

use crate::prometheus::LeUnit;

/// How one signal is counted. Selectors are plain: of raw series, without a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Events, of which some are bad.
    Counts {
        /// The canary's counters.
        canary: String,
        /// The primary's counters.
        primary: String,
        /// Label matchers of bad events; without them every event is bad.
        bad: Option<String>,
        /// What all events are.
        exposure: Exposure,
    },
    /// Events slower than a limit.
    Buckets {
        /// The canary's buckets.
        canary: String,
        /// The primary's buckets.
        primary: String,
        /// The unit of `le`.
        le_unit: LeUnit,
    },
    /// A level of each version's pods.
    Gauge {
        /// The canary's.
        canary: GaugeQuery,
        /// The primary's.
        primary: GaugeQuery,
    },
    /// A level of the place: the worst of all series counts.
    Place {
        /// Its series.
        value: String,
        /// What about them.
        of: PlaceOf,
    },
    /// Whatever a query of the author's own gives: one number.
    Scalar {
        /// The query for the canary.
        canary: String,
        /// The query for the primary, where there is one.
        primary: Option<String>,
    },
}

/// What all events of a signal are: what its bad ones are held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// The counter's own events.
    Own,
    /// The requests that the version served in the same time.
    Requests,
    /// Seconds of its pods.
    Pods,
}

/// A level of one version's pods, summed up pod by pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GaugeQuery {
    /// Its series.
    pub value: String,
    /// What about them.
    pub of: Of,
    /// What it is divided by.
    pub per: Option<(String, Of)>,
}

/// What about a series counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Its value.
    Level,
    /// Its rise per second.
    Rate,
}

/// What about a place's series counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceOf {
    /// Its value.
    Level,
    /// The time since the instant (seconds since the epoch) that it holds.
    Age,
    /// 1 less its value: 1 is up, so this is down.
    Down,
}
