//! One signal's counts, as a file says them: four kinds, each with its own words.
//!
//! The kind is looked at first and the rest typed by it, instead of letting serde try one after the other: only so has
//! everything that is wrong a place.

use super::case::Direction;
use schemars::JsonSchema;
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One signal's counts
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum Signal {
    /// Bad events out of all events
    Ratio(RatioSignal),
    /// Bad events per minute
    Rate(RateSignal),
    /// Slow events out of all events
    Latency(LatencySignal),
    /// A value per poll
    Gauge(GaugeSignal),
}

/// The word that names a kind
#[derive(Deserialize, JsonSchema)]
pub enum RatioKind {
    /// Bad events out of all events
    #[serde(rename = "ratio")]
    Ratio,
}

/// The word that names a kind
#[derive(Deserialize, JsonSchema)]
pub enum RateKind {
    /// Bad events per minute
    #[serde(rename = "rate")]
    Rate,
}

/// The word that names a kind
#[derive(Deserialize, JsonSchema)]
pub enum LatencyKind {
    /// Slow events out of all events
    #[serde(rename = "latency")]
    Latency,
}

/// The word that names a kind
#[derive(Deserialize, JsonSchema)]
pub enum GaugeKind {
    /// A value per poll
    #[serde(rename = "gauge")]
    Gauge,
}

/// Bad events out of all events, such as failed requests; needs a limit, a baseline, or both
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RatioSignal {
    /// Its name in the verdict
    pub name: String,
    /// ratio
    pub kind: RatioKind,
    /// Bad events allowed per event: 0.1 % is 0.001
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub limit: Option<f64>,
    /// How many times the baseline's rate is tolerated; 1.5 where there is a baseline
    #[schemars(range(min = 1, max = 100))]
    pub tolerate: Option<f64>,
    /// The new version
    pub canary: CountArm,
    /// The old version beside it, over the same polls
    pub baseline: Option<CountArm>,
    /// The old version before; from an hour on it says how noisy the counts are
    pub history: Option<CountArm>,
}

/// One version's events, poll by poll: what happened since the poll before
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountArm {
    /// Bad events
    #[schemars(length(min = 1), inner(range(min = 0)))]
    pub bad: Vec<f64>,
    /// All events
    #[schemars(length(min = 1), inner(range(min = 0)))]
    pub total: Vec<f64>,
}

/// Bad events per minute, such as 5xx responses; needs a limit, a baseline, or both
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RateSignal {
    /// Its name in the verdict
    pub name: String,
    /// rate
    pub kind: RateKind,
    /// Bad events of the canary allowed per minute
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub limit: Option<f64>,
    /// How many times the baseline's rate is tolerated; 1.5 where there is a baseline
    #[schemars(range(min = 1, max = 100))]
    pub tolerate: Option<f64>,
    /// The new version
    pub canary: RateArm,
    /// The old version beside it, over the same polls; two versions of unequal traffic compare by their `total`
    pub baseline: Option<RateArm>,
    /// The old version before; from an hour on it says how noisy the counts are
    pub history: Option<RateArm>,
}

/// One version's bad events, poll by poll
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateArm {
    /// Bad events
    #[schemars(length(min = 1), inner(range(min = 0)))]
    pub bad: Vec<f64>,
    /// Seconds that each poll covers, of the canary; without a word the case's interval
    #[schemars(inner(range(min = 0)))]
    pub seconds: Option<Vec<f64>>,
    /// All requests: by them versions are compared, else by time. In every arm, or in none
    #[schemars(inner(range(min = 0)))]
    pub total: Option<Vec<f64>>,
}

/// Slow events out of all events: "P99 below 200 ms" says that at most 1 % may be slower than that
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LatencySignal {
    /// Its name in the verdict
    pub name: String,
    /// latency
    pub kind: LatencyKind,
    /// Milliseconds: what takes longer is slow. Needed to read buckets, best where it is one of their edges
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub limit_ms: Option<f64>,
    /// Which quantile the limit is for; 0.99 unless said. With `slow` and `total`, a baseline and neither this nor
    /// `limitMs`, the canary is compared and has no limit
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub quantile: Option<f64>,
    /// How many times the baseline's share of slow events is tolerated; 1.5 where there is a baseline
    #[schemars(range(min = 1, max = 100))]
    pub tolerate: Option<f64>,
    /// The new version
    pub canary: LatencyArm,
    /// The old version beside it, over the same polls
    pub baseline: Option<LatencyArm>,
    /// The old version before; from an hour on it says how noisy the counts are
    pub history: Option<LatencyArm>,
}

/// One version's durations: a histogram, or slow events already counted
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["buckets"]}, {"required": ["native"]}, {"required": ["slow", "total"]}]))]
pub struct LatencyArm {
    /// Cumulative buckets with ascending edges, the last +Inf, as Prometheus has them
    #[schemars(length(min = 1))]
    pub buckets: Option<Vec<LatencyBucket>>,
    /// A native histogram of seconds
    pub native: Option<NativeHistogram>,
    /// Slow events, poll by poll
    #[schemars(length(min = 1), inner(range(min = 0)))]
    pub slow: Option<Vec<f64>>,
    /// All events, poll by poll
    #[schemars(length(min = 1), inner(range(min = 0)))]
    pub total: Option<Vec<f64>>,
}

/// A native histogram with edges at powers of two: bucket `index` ends at 2^(index / 2^schema) seconds
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NativeHistogram {
    /// How fine it is: 3 has eight edges in each octave
    #[schemars(range(min = -4, max = 8))]
    pub schema: i8,
    /// Events of the zero bucket, poll by poll; none without it
    #[schemars(length(min = 1), inner(range(min = 0)))]
    pub zero: Option<Vec<f64>>,
    /// The buckets that hold anything, ascending
    #[schemars(length(min = 1))]
    pub buckets: Vec<NativeBucket>,
}

/// One bucket of a native histogram, not cumulative
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NativeBucket {
    /// Its number
    pub index: i32,
    /// Its events, poll by poll
    #[schemars(length(min = 1), inner(range(min = 0)))]
    pub count: Vec<f64>,
}

/// One cumulative bucket
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LatencyBucket {
    /// Its upper edge in seconds
    pub le: Edge,
    /// Events up to that edge, poll by poll: what was added since the poll before
    #[schemars(length(min = 1), inner(range(min = 0)))]
    pub count: Vec<f64>,
}

/// The edge of a bucket in seconds: a number, or text as in a label of Prometheus
#[derive(Clone, Copy, Debug, PartialEq, JsonSchema)]
#[schemars(with = "EdgeText")]
pub struct Edge(
    /// Seconds; infinite for `+Inf`.
    pub f64,
);

/// What an edge is written as
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it is the schema of what `Edge` reads by itself")]
enum EdgeText {
    /// Seconds
    Number(#[schemars(extend("exclusiveMinimum" = 0))] f64),
    /// "+Inf", or a number in quotes
    Text(String),
}

impl<'de> Deserialize<'de> for Edge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyEdge)
    }
}

struct AnyEdge;

impl Visitor<'_> for AnyEdge {
    type Value = Edge;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an edge in seconds, or \"+Inf\"")
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Edge, E> {
        Ok(Edge(value))
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Edge, E> {
        Ok(Edge(value as f64))
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Edge, E> {
        Ok(Edge(value as f64))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Edge, E> {
        if text == "+Inf" {
            return Ok(Edge(f64::INFINITY));
        }
        let number = text.parse().ok().filter(|n: &f64| n.is_finite());
        number.map(Edge).ok_or_else(|| E::custom(format!("{text:?} is no edge; write seconds, or \"+Inf\"")))
    }
}

/// A value per poll, such as memory. A baseline is compared with as a short series, once; `limit` is what one poll in ten may
/// be beyond; where neither is given, blocks are held against placebo starts in the gauge's own history
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GaugeSignal {
    /// Its name in the verdict
    pub name: String,
    /// gauge
    pub kind: GaugeKind,
    /// Which way is worse; without a word, more is
    #[serde(default)]
    pub direction: Direction,
    /// The value that at most one poll in ten may be beyond
    pub limit: Option<f64>,
    /// The new version
    pub canary: GaugeArm,
    /// The old version beside it, over the same polls
    pub baseline: Option<GaugeArm>,
    /// The old version before: to be held against alone it takes some 200 values more than the canary has
    pub history: Option<GaugeArm>,
}

/// One version's values
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GaugeArm {
    /// The value at each poll
    #[schemars(length(min = 1))]
    pub value: Vec<f64>,
}
