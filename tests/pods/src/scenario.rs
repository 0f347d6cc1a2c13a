//! The stories that the demo can tell, by name.

use std::fmt;
use std::str::FromStr;

/// What goes wrong in a region, if anything; [`crate::Faults::of`] says it in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Nothing goes wrong.
    Healthy,
    /// The new version fails 1 % of its requests.
    Errors,
    /// The new version's P99 is 250 ms.
    Latency,
    /// Both versions are healthy, but their few errors come in bursts.
    Bursty,
    /// Two minutes into the rollout the environment makes both versions fail and slow, for two hours.
    Incident,
    /// Two minutes into the rollout no pod answers `/metrics` any more.
    Blind,
}

/// A name that is none of the scenarios'.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown scenario `{0}`: use healthy, errors, latency, bursty, incident or blind")]
pub struct UnknownScenario(pub String);

impl Scenario {
    /// All of them, in the order in which people meet them.
    pub const ALL: [Self; 6] =
        [Self::Healthy, Self::Errors, Self::Latency, Self::Bursty, Self::Incident, Self::Blind];

    const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Errors => "errors",
            Self::Latency => "latency",
            Self::Bursty => "bursty",
            Self::Incident => "incident",
            Self::Blind => "blind",
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Scenario {
    type Err = UnknownScenario;

    fn from_str(name: &str) -> Result<Self, UnknownScenario> {
        let named = Self::ALL.into_iter().find(|scenario| scenario.name() == name);
        named.ok_or_else(|| UnknownScenario(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_is_found_by_the_name_it_shows() {
        for scenario in Scenario::ALL {
            assert_eq!(scenario.to_string().parse(), Ok(scenario));
        }
    }

    #[test]
    fn an_unknown_name_is_told_the_known_ones() {
        let refused = "Healthy ".parse::<Scenario>().unwrap_err().to_string();
        for scenario in Scenario::ALL {
            assert!(refused.contains(&scenario.to_string()), "{refused}");
        }
    }
}
