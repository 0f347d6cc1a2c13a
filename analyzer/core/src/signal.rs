//! The signals that this version judges, and how each is counted.
//!
//! A signal is something measured for canary and baseline in one region. Everything is reduced to counts, because
//! a bet needs "how many bad events, out of what": quantiles and rates cannot be added up, counts can.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Something measured for canary and baseline in one region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Signal {
    /// Requests slower than the limit, out of all requests: "P99 < limit" says that at most 1 % may be.
    #[serde(rename = "p99-latency")]
    P99Latency,
    /// Failed requests (HTTP 5xx), out of all requests.
    #[serde(rename = "error-rate")]
    ErrorRate,
    /// HTTP 5xx responses per time.
    #[serde(rename = "http-5xx")]
    Http5xx,
}

/// How a signal's counts relate to its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Bad events out of all events.
    Ratio,
    /// Bad events per time.
    Rate,
    /// Events slower than the limit out of all events; at most 1 % may be (P99).
    Latency,
}

impl Signal {
    /// Every signal, in the order in which reports list them.
    pub const ALL: [Self; 3] = [Self::P99Latency, Self::ErrorRate, Self::Http5xx];

    /// The name in policies, reports and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P99Latency => "p99-latency",
            Self::ErrorRate => "error-rate",
            Self::Http5xx => "http-5xx",
        }
    }

    /// How its counts relate to its limit.
    pub const fn kind(self) -> Kind {
        match self {
            Self::P99Latency => Kind::Latency,
            Self::ErrorRate => Kind::Ratio,
            Self::Http5xx => Kind::Rate,
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
        let refusal = "p95-latency".parse::<Signal>().unwrap_err().to_string();
        assert!(refusal.contains("p95-latency") && refusal.contains("p99-latency"), "{refusal}");
    }
}
