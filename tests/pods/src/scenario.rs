//! The stories that the demo can tell, by name.

use haldane_core::policy::Role;
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
    /// Every version fails 0.05 % of its requests, the new one 0.3 %.
    Subtle,
    /// The new version fails 1 % of its requests while it carries more than half of them, and is healthy below.
    Late,
    /// The new version's P99 grows by 4 ms a minute.
    SlowLeak,
    /// Two minutes into the rollout every pod of a warm region dies.
    RegionDown,
    /// Nobody calls a cold region.
    NoTraffic,
    /// The new version answers every request as well as the old one, and writes twenty times as many errors into its log.
    ErrorLogs,
    /// While a release is under way, another region is gone for twelve minutes, with all that is in it.
    RegionLost,
    /// While a release is under way, the copy of the data beside it falls behind for twelve minutes.
    Lag,
    /// While a release is under way, the writer of the data moves; where several write, one stops for some minutes.
    Failover,
    /// While a release is under way, what is synchronised into its region is not, for twelve minutes.
    Stale,
}

/// A name that is none of the scenarios'.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown scenario `{0}`: use one of {names}", names = Scenario::ALL.map(Scenario::name).join(", "))]
pub struct UnknownScenario(pub String);

impl Scenario {
    /// All of them, in the order in which people meet them.
    pub const ALL: [Self; 16] = [
        Self::Healthy,
        Self::Errors,
        Self::Latency,
        Self::Bursty,
        Self::Incident,
        Self::Blind,
        Self::Subtle,
        Self::Late,
        Self::SlowLeak,
        Self::RegionDown,
        Self::NoTraffic,
        Self::ErrorLogs,
        Self::RegionLost,
        Self::Lag,
        Self::Failover,
        Self::Stale,
    ];

    /// What befalls a region of `role`. Two of the stories belong to one role, and leave the others healthy.
    pub const fn in_role(self, role: Role) -> Self {
        match (self, role) {
            (Self::RegionDown, Role::Active | Role::Cold) | (Self::NoTraffic, Role::Active | Role::Warm) => {
                Self::Healthy
            }
            (story, _) => story,
        }
    }

    /// The name by which it is asked for.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Errors => "errors",
            Self::Latency => "latency",
            Self::Bursty => "bursty",
            Self::Incident => "incident",
            Self::Blind => "blind",
            Self::Subtle => "subtle",
            Self::Late => "late",
            Self::SlowLeak => "slow-leak",
            Self::RegionDown => "region-down",
            Self::NoTraffic => "no-traffic",
            Self::ErrorLogs => "error-logs",
            Self::RegionLost => "region-lost",
            Self::Lag => "lag",
            Self::Failover => "failover",
            Self::Stale => "stale",
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
    fn a_story_of_one_role_leaves_the_others_healthy() {
        const ROLES: [Role; 3] = [Role::Active, Role::Warm, Role::Cold];
        let told = |story: Scenario| ROLES.map(|role| story.in_role(role));
        let well = Scenario::Healthy;
        assert_eq!(told(Scenario::RegionDown), [well, Scenario::RegionDown, well]);
        assert_eq!(told(Scenario::NoTraffic), [well, well, Scenario::NoTraffic]);
        assert_eq!(told(Scenario::Subtle), [Scenario::Subtle; 3]);
    }

    #[test]
    fn an_unknown_name_is_told_the_known_ones() {
        let refused = "Healthy ".parse::<Scenario>().unwrap_err().to_string();
        for scenario in Scenario::ALL {
            assert!(refused.contains(&scenario.to_string()), "{refused}");
        }
    }
}
