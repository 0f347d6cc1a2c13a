//! The signals that can be judged, and how each is counted.
//!
//! A signal is something measured for canary and baseline in one region. Everything is reduced to counts, because
//! a bet needs "how many bad events, out of what": quantiles and rates cannot be added up, counts can. A gauge (CPU,
//! memory) is reduced as a latency is: how many of its samples lie above the limit, of which one in ten may.

mod own;

pub use own::{OwnName, OwnSignal};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// Something measured for canary and baseline in one region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    /// Requests slower than the limit, out of all requests: "P99 < limit" says that at most 1 % may be.
    P99Latency,
    /// Failed requests (HTTP 5xx), out of all requests.
    ErrorRate,
    /// HTTP 5xx responses per time.
    Http5xx,
    /// As P99, with half of the requests that may be slower.
    P50Latency,
    /// As P99, with 5 % that may be slower.
    P95Latency,
    /// HTTP 4xx responses, out of all.
    Http4xx,
    /// Log lines of level error and worse, per time.
    ErrorLogs,
    /// Panics and exceptions that nobody caught, per time.
    Panics,
    /// Restarts of containers, per time.
    Restarts,
    /// Containers killed because they used too much memory, per time.
    OomKills,
    /// Readiness probes that failed, out of all.
    ReadinessFailures,
    /// Calls to other services that failed, out of all.
    DependencyErrors,
    /// Database queries slower than the limit, out of all: at most 1 % may be.
    DbLatency,
    /// CPU used, as a share of what was requested.
    Cpu,
    /// Periods in which the CPU was throttled, as a share of all.
    CpuThrottling,
    /// Memory used, as a share of its limit.
    Memory,
    /// Requests in flight, as a share of the most allowed.
    InFlight,
    /// Entries that wait in queues.
    QueueDepth,
    /// Connections in use, as a share of the database pool.
    DbPool,
    /// How far the region's database is behind its writer.
    ReplicationLag,
    /// Whether the region answers: 1 where it does not.
    RegionUp,
    /// Health probes that fail, out of all.
    Health,
    /// Age of the last success of anything.
    Freshness,
    /// A signal of the user's own template.
    Own(OwnSignal),
}

/// How a signal's counts relate to its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Bad events out of all events.
    Ratio,
    /// Bad events per time.
    Rate,
    /// Events slower than the limit out of all events.
    Latency,
    /// Samples of a level above the limit out of all samples; one in ten may be. They depend on each other.
    Gauge,
    /// The same of the place, which has no canary and no primary: it can hold, and accuses nobody.
    Place,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Ratio, Self::Rate, Self::Latency, Self::Gauge, Self::Place];

    /// Its name in templates and policies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ratio => "ratio",
            Self::Rate => "rate",
            Self::Latency => "latency",
            Self::Gauge => "gauge",
            Self::Place => "place",
        }
    }

    /// Whether it is a level: no events, and no independence from one sample to the next.
    pub const fn is_level(self) -> bool {
        match self {
            Self::Gauge | Self::Place => true,
            Self::Ratio | Self::Rate | Self::Latency => false,
        }
    }
}

/// What a limit of a level is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// `80%`.
    Share,
    /// `5s`.
    Seconds,
    /// `200`, or with a binary prefix: `512Mi`.
    Number,
}

/// The share of requests that may be slower than a limit of the P99.
pub const P99_ALLOWED: f64 = 0.01;

/// The share of a gauge's samples that may lie above its limit.
pub const GAUGE_ALLOWED: f64 = 0.1;

impl Signal {
    /// The signals whose limits are proved, and which share most of the budget.
    pub const CORE: [Self; 3] = [Self::P99Latency, Self::ErrorRate, Self::Http5xx];

    /// Every signal that has a name of its own, in the order in which reports list them.
    pub const ALL: [Self; 23] = [
        Self::P99Latency,
        Self::ErrorRate,
        Self::Http5xx,
        Self::P50Latency,
        Self::P95Latency,
        Self::Http4xx,
        Self::ErrorLogs,
        Self::Panics,
        Self::Restarts,
        Self::OomKills,
        Self::ReadinessFailures,
        Self::DependencyErrors,
        Self::DbLatency,
        Self::Cpu,
        Self::CpuThrottling,
        Self::Memory,
        Self::InFlight,
        Self::QueueDepth,
        Self::DbPool,
        Self::ReplicationLag,
        Self::RegionUp,
        Self::Health,
        Self::Freshness,
    ];

    /// The name in policies, reports and the API.
    pub fn name(&self) -> &str {
        match self {
            Self::P99Latency => "p99-latency",
            Self::ErrorRate => "error-rate",
            Self::Http5xx => "http-5xx",
            Self::P50Latency => "p50-latency",
            Self::P95Latency => "p95-latency",
            Self::Http4xx => "http-4xx",
            Self::ErrorLogs => "error-logs",
            Self::Panics => "panics",
            Self::Restarts => "restarts",
            Self::OomKills => "oom-kills",
            Self::ReadinessFailures => "readiness-failures",
            Self::DependencyErrors => "dependency-errors",
            Self::DbLatency => "db-latency",
            Self::Cpu => "cpu",
            Self::CpuThrottling => "cpu-throttling",
            Self::Memory => "memory",
            Self::InFlight => "in-flight",
            Self::QueueDepth => "queue-depth",
            Self::DbPool => "db-pool",
            Self::ReplicationLag => "replication-lag",
            Self::RegionUp => "region-up",
            Self::Health => "health",
            Self::Freshness => "freshness",
            Self::Own(own) => own.name.as_str(),
        }
    }

    /// How its counts relate to its limit.
    pub const fn kind(self) -> Kind {
        match self {
            Self::P99Latency | Self::P50Latency | Self::P95Latency | Self::DbLatency => Kind::Latency,
            Self::ErrorRate | Self::Http4xx | Self::ReadinessFailures | Self::DependencyErrors => Kind::Ratio,
            Self::Http5xx | Self::ErrorLogs | Self::Panics | Self::Restarts | Self::OomKills => Kind::Rate,
            Self::Cpu
            | Self::CpuThrottling
            | Self::Memory
            | Self::InFlight
            | Self::QueueDepth
            | Self::DbPool => Kind::Gauge,
            Self::ReplicationLag | Self::RegionUp | Self::Health | Self::Freshness => Kind::Place,
            Self::Own(own) => own.kind,
        }
    }

    /// The share of events that may lie above a limit that is a level or a time; nothing where limits are shares or rates.
    pub const fn allowed_above(self) -> Option<f64> {
        match self.kind() {
            Kind::Latency if matches!(self, Self::P50Latency) => Some(0.5),
            Kind::Latency if matches!(self, Self::P95Latency) => Some(0.05),
            Kind::Latency => Some(P99_ALLOWED),
            Kind::Gauge | Kind::Place => Some(GAUGE_ALLOWED),
            Kind::Ratio | Kind::Rate => None,
        }
    }

    /// Whether its events are the requests that the region serves: what tells how much traffic there is, and how it is split.
    pub const fn counts_requests(self) -> bool {
        matches!(
            self,
            Self::P99Latency
                | Self::P95Latency
                | Self::P50Latency
                | Self::ErrorRate
                | Self::Http4xx
                | Self::Http5xx
        )
    }

    /// Whether a limit of it has to be proved before a step is left. The others only have to stay quiet.
    pub const fn is_core(self) -> bool {
        matches!(self, Self::P99Latency | Self::ErrorRate | Self::Http5xx)
    }

    /// What a limit of a level is written in.
    pub const fn unit(self) -> Unit {
        let is_share = matches!(
            self,
            Self::Cpu
                | Self::CpuThrottling
                | Self::Memory
                | Self::InFlight
                | Self::DbPool
                | Self::RegionUp
                | Self::Health
        );
        if is_share {
            Unit::Share
        } else if matches!(self, Self::ReplicationLag | Self::Freshness) {
            Unit::Seconds
        } else {
            Unit::Number
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Signal {
    type Err = UnknownSignal;
    fn from_str(name: &str) -> Result<Self, UnknownSignal> {
        Self::ALL.into_iter().find(|s| s.name() == name).ok_or_else(|| UnknownSignal(name.to_owned()))
    }
}

/// Records say the kind of a user's own signal with its name (`gauge/queue-age`), because nothing else there does.
impl Serialize for Signal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Self::Own(own) = self {
            return serializer.collect_str(own);
        }
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Signal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl de::Visitor<'_> for Name {
            type Value = Signal;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a signal's name")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Signal, E> {
                match text.contains('/') {
                    true => text.parse().map(Signal::Own).map_err(E::custom),
                    false => text.parse().map_err(E::custom),
                }
            }
        }
        deserializer.deserialize_str(Name)
    }
}

/// A name that is no signal of this version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSignal(pub String);

impl fmt::Display for UnknownSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown signal {:?}; this version judges ", self.0)?;
        for (i, signal) in Signal::ALL.into_iter().enumerate() {
            write!(f, "{}{signal}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownSignal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_reads_back_from_its_name() {
        for signal in Signal::ALL {
            assert_eq!(signal.name().parse(), Ok(signal));
        }
    }

    #[test]
    fn an_unknown_signal_is_refused_with_the_names_that_exist() {
        let refusal = "p98-latency".parse::<Signal>().unwrap_err().to_string();
        assert!(refusal.contains("p98-latency") && refusal.contains("p99-latency"), "{refusal}");
    }

    #[test]
    fn the_core_s_signals_are_the_ones_that_are_proved() {
        assert_eq!(Signal::ALL.into_iter().filter(|s| s.is_core()).collect::<Vec<_>>(), Signal::CORE);
        assert!(Signal::CORE.into_iter().all(Signal::counts_requests));
    }
}
